"""Every source shape gives the same event the same row."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from hopwatch.normalise.shape import shape_of, shapes
from tests.support.reading import normalise, normalise_files

SID = "S-1-5-21-2871905614-1380254127-3909182746-1118"
FIELDS = {
    "SubjectUserSid": SID, "SubjectUserName": "adm.keller", "SubjectDomainName": "CORP", "SubjectLogonId": "0x3c51f2",
    "ObjectType": "File", "IpAddress": "::ffff:10.20.1.11", "IpPort": "50211", "ShareName": "\\\\*\\ADMIN$",
    "ShareLocalPath": "\\??\\C:\\Windows", "RelativeTargetName": "tool.exe", "AccessMask": "0x2",
    "AccessList": "%%4417\r\n\t\t\t\t", "AccessReason": "-",
}  # fmt: skip
UTC = "2026-03-10T09:14:02.152000Z"
PROVIDER = "Microsoft-Windows-Security-Auditing"
XML = "<EventData>" + "".join(f'<Data Name="{k}">{v}</Data>' for k, v in FIELDS.items()) + "</EventData>"
PAYLOAD = json.dumps({"EventData": {"Data": [{"@Name": k, "#text": v} for k, v in FIELDS.items()]}})
DETAILS = {"SubjectUserName", "ShareName", "ShareLocalPath", "RelativeTargetName", "IpAddress", "SubjectLogonId"}
BEAT = {
    "winlog_channel": "Security", "winlog_computer_name": "SRV01.corp.example", "winlog_event_id": "5145",
    "winlog_provider_name": PROVIDER, "winlog_record_id": "48215", "winlog_process_pid": 4,
    "winlog_user_identifier": SID, "event_code": "5145", **{f"winlog_event_data_{k}": v for k, v in FIELDS.items()},
}  # fmt: skip
MESSAGE = f"""A network share object was checked to see whether client can be granted desired access.

Subject:
\tSecurity ID:\t\t{SID}
\tAccount Name:\t\tadm.keller
\tAccount Domain:\t\tCORP
\tLogon ID:\t\t0x3C51F2

Network Information:\t
\tObject Type:\t\tFile
\tSource Address:\t\t::ffff:10.20.1.11
\tSource Port:\t\t50211

Share Information:
\tShare Name:\t\t\\\\*\\ADMIN$
\tShare Path:\t\t\\??\\C:\\Windows
\tRelative Target Name:\ttool.exe

Access Request Information:
\tAccess Mask:\t\t0x2
\tAccesses:\t\tWriteData (or AddFile)
\t\t\t\t
Access Check Results:
\t-
"""


def without(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


RECORDS: dict[str, dict[str, Any]] = {
    "evtx": {
        "Event": {
            "#attributes": {"xmlns": "urn:x"},
            "System": {
                "Provider": {"#attributes": {"Name": PROVIDER}}, "EventID": 5145,
                "TimeCreated": {"#attributes": {"SystemTime": UTC}}, "EventRecordID": 48215,
                "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 88}}, "Channel": "Security",
                "Computer": "SRV01.corp.example", "Security": {"#attributes": {"UserID": SID}},
            },
            "EventData": FIELDS,
        }
    },
    "winlogbeat": {
        "@timestamp": "2026-03-10T09:14:02.152Z", "host": {"name": "collector"}, "event": {"code": "5145"},
        "winlog": {
            "channel": "Security", "computer_name": "SRV01.corp.example", "event_id": "5145", "provider_name": PROVIDER,
            "record_id": 48215, "process": {"pid": 4}, "event_data": FIELDS, "user": {"identifier": SID},
        },
    },
    "winlogbeat6": {
        "@timestamp": "2026-03-10T09:14:02.152Z", "computer_name": "SRV01.corp.example", "log_name": "Security",
        "event_id": 5145, "source_name": PROVIDER, "record_number": "48215", "process_id": 4, "event_data": FIELDS,
        "user": {"identifier": SID}, "host": {"name": "collector"}, "type": "wineventlog",
    },
    "nxlog": {
        "@timestamp": "2026-03-10T09:14:05.901Z", "EventReceivedTime": "2026-03-10 10:14:05",
        "EventTime": "2026-03-10 10:14:02", "Hostname": "SRV01.corp.example", "Channel": "security", "EventID": 5145,
        "SourceName": PROVIDER, "RecordNumber": 48215, "UserID": SID, "ExecutionProcessID": 4, "host": "collector",
        "port": 51544, "Message": "A network share object was checked.", **FIELDS,
    },
    "flat": {
        "TimeCreated": "2026-03-10T09:14:02.152Z", "@timestamp": "2026-03-10T09:14:02.152Z", "Channel": "security",
        "Hostname": "SRV01.corp.example", "EventID": "5145", "SourceName": PROVIDER, "RecordNumber": "48215",
        "UserID": SID, "ExecutionProcessID": "4", "Message": "A network share object was checked.", **FIELDS,
    },
    "sentinel": {
        "TenantId": "x", "TimeGenerated": "2026-03-10T09:14:02.152Z", "Computer": "SRV01.corp.example",
        "Channel": "Security", "EventSourceName": PROVIDER, "EventID": 5145, "EventRecordId": "48215",
        "SystemUserId": SID, "SystemProcessId": 4, "Type": "SecurityEvent", **FIELDS,
    },
    "openwec": {
        "System": {
            "Provider": {"Name": PROVIDER, "Guid": "{54849625-5478-4994-a5ba-3e3b0328c30d}"}, "EventID": 5145,
            "TimeCreated": "2026-03-10T09:14:02.152000Z", "EventRecordID": 48215,
            "Execution": {"ProcessID": 4, "ThreadID": 88}, "Channel": "Security",
            "Computer": "SRV01.corp.example", "UserID": SID,
        },
        "EventData": FIELDS, "RenderingInfo": {"Message": "A network share object was checked.", "Channel": "Security"},
        "OpenWEC": {"IpAddress": "10.20.1.9", "TimeReceived": "2026-03-10T10:14:05.9+01:00", "Node": "collector"},
    },
    "winlogbeat_dotted": {
        "@timestamp": ["2026-03-10T09:14:02.152Z"], "host.name": ["collector"], "event.code": ["5145"],
        "winlog.channel": ["Security"], "winlog.computer_name": ["SRV01.corp.example"], "winlog.event_id": ["5145"],
        "winlog.provider_name": [PROVIDER], "winlog.record_id": ["48215"], "winlog.process.pid": [4],
        "winlog.user.identifier": [SID], **{f"winlog.event_data.{k}": [v] for k, v in FIELDS.items()},
    },
    "graylog": {
        "timestamp": "2026-03-10T09:14:02.152Z", "source": "collector", "gl2_message_id": "01H",
        **{f"winlogbeat_{key}": value for key, value in BEAT.items()},
    },
    "graylog_gelf": {
        "version": "1.1", "host": "collector", "short_message": "A network share", "timestamp": 1773134042.152,
        **{f"_winlogbeat_{key}": value for key, value in BEAT.items()},
    },
    "gelf": {
        "version": "1.1", "host": "SRV01.corp.example", "short_message": "A network share", "timestamp": 1773134042.152,
        "_EventTime": "2026-03-10 10:14:02", "_Channel": "Security", "_EventID": 5145, "_SourceName": PROVIDER,
        "_RecordNumber": 48215, "_UserID": SID, "_ExecutionProcessID": 4, **{f"_{k}": v for k, v in FIELDS.items()},
    },
    "evtxecmd": {
        "PayloadData1": "Share: ADMIN$", "MapDescription": "Detailed file share", "ChunkNumber": 3, "Computer":
        "SRV01.corp.example", "Payload": PAYLOAD, "UserId": SID, "Channel": "Security", "Provider": PROVIDER,
        "EventId": 5145, "EventRecordId": "48215", "ProcessId": 4, "ThreadId": 88, "Level": "LogAlways",
        "Keywords": "Audit success", "SourceFile": "C:\\case\\Security.evtx", "ExtraDataOffset": 0,
        "TimeCreated": "2026-03-10T09:14:02.1520000+00:00", "RecordNumber": 7,
    },
    "velociraptor": {
        "System": {
            "Provider": {"Name": PROVIDER, "Guid": "x"}, "EventID": {"Value": 5145}, "EventRecordID": 48215,
            "TimeCreated": {"SystemTime": 1773134042.152}, "Execution": {"ProcessID": 4, "ThreadID": 88},
            "Channel": "Security", "Computer": "SRV01.corp.example", "Security": {"UserID": SID},
        },
        "EventData": FIELDS, "Message": "A network share object was checked.",
    },
    "velociraptor_hunter": {
        "EventTime": "2026-03-10T09:14:02Z", "Computer": "SRV01.corp.example", "Channel": "Security",
        "Provider": PROVIDER, "EventID": 5145, "EventRecordID": 48215, "UserSID": SID, "Username": "",
        "EventData": FIELDS, "Message": "A",
        "OSPath": "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx",
    },
    "hayabusa": {
        "Timestamp": "2026-03-10 10:14:02.152 +01:00", "RuleTitle": "NetShare File Access", "Level": "info",
        "Computer": "SRV01.corp.example", "Channel": "Sec", "EventID": 5145, "RecordID": 48215,
        "Details": {
            "SrcUser": "adm.keller", "ShareName": FIELDS["ShareName"], "SharePath": FIELDS["ShareLocalPath"],
            "Path": "tool.exe", "SrcIP": FIELDS["IpAddress"], "LID": "0x3c51f2",
        },
        "ExtraFieldInfo": {k: v for k, v in FIELDS.items() if k not in DETAILS},
    },
    "fluentbit": {
        "ProviderName": PROVIDER, "ProviderGuid": "{0}", "Qualifiers": "", "EventID": 5145, "Version": 0, "Level": 0,
        "TimeCreated": "2026-03-10 10:14:02 +0100", "EventRecordID": 48215, "ProcessID": 4, "ThreadID": 88,
        "Channel": "Security", "Computer": "SRV01.corp.example", "UserID": SID, "Message": "A network share",
        "StringInserts": list(FIELDS.values()),
    },
    "fluentbit_winlog": {
        "RecordNumber": 48215, "TimeGenerated": "2026-03-10 10:14:02 +0100", "TimeWritten": "2026-03-10 10:14:02 +0100",
        "EventID": 5145, "EventType": "SuccessAudit", "EventCategory": 12811, "Channel": "Security",
        "SourceName": PROVIDER, "ComputerName": "SRV01.corp.example", "Data": "", "Sid": SID, "Message": "A",
        "StringInserts": list(FIELDS.values()),
    },
    "vector": {
        "timestamp": "2026-03-10T09:14:02.152Z", "host": "SRV01.corp.example", "message": "A", "event_id": 5145,
        "record_id": 48215, "level": "Information", "level_value": 0, "channel": "Security", "provider_name": PROVIDER,
        "computer": "SRV01.corp.example", "user_id": SID, "process_id": 4, "thread_id": 88, "event_data": FIELDS,
        "source_type": "windows_event_log",
    },
    "splunk": {
        "_time": "2026-03-10T10:14:02.000+01:00", "EventCode": "5145", "ComputerName": "SRV01.corp.example",
        "LogName": "Security", "SourceName": PROVIDER, "RecordNumber": "48215", "Sid": SID, "Message": MESSAGE,
        "Account_Name": "adm.keller", "host": "collector", "sourcetype": "WinEventLog:Security",
    },
    "splunk_raw": {
        "_time": "2026-03-10T10:14:02.000+01:00", "host": "collector", "source": "WinEventLog:Security",
        "_raw": "03/10/2026 10:14:02 AM\nLogName=Security\nEventCode=5145\nEventType=0\n"
        f"ComputerName=SRV01.corp.example\nSourceName={PROVIDER}\nType=Information\nRecordNumber=48215\nSid={SID}\n"
        "Keywords=Audit Success\nTaskCategory=Detailed File Share\nOpCode=Info\nMessage=" + MESSAGE,
    },
    "get_winevent": {
        "Message": MESSAGE, "Id": 5145, "Version": 0, "ProviderName": PROVIDER, "LogName": "Security", "ProcessId": 4,
        "MachineName": "SRV01.corp.example", "RecordId": 48215, "UserId": {"BinaryLength": 28, "Value": SID},
        "TimeCreated": "/Date(1773134042152)/", "Properties": [{"Value": value} for value in FIELDS.values()],
    },
    "event_viewer": {
        "Keywords": "Audit Success", "Date and Time": "2026-03-10T09:14:02", "Source": PROVIDER, "Event ID": "5145",
        "Task Category": "Detailed File Share", "Message": MESSAGE, "Computer": "SRV01.corp.example",
    },
    "defender": {
        "Timestamp": "2026-03-10T09:14:02.152Z", "DeviceId": "d1", "DeviceName": "srv01.corp.example",
        "ActionType": "LogonSuccess", "AccountDomain": "corp", "AccountName": "adm.keller", "AccountSid": SID,
        "LogonId": 3953138, "LogonType": "Network", "Protocol": "NTLM", "RemoteIP": "10.20.1.11", "RemotePort": 50211,
        "RemoteDeviceName": "ws01", "InitiatingProcessFileName": "lsass.exe", "AdditionalFields": "{}",
    },
}  # fmt: skip
MOVED = {"IpAddress", "IpPort", "SubjectUserName", "SubjectDomainName", "SubjectUserSid"}
VARIANTS: list[tuple[str, str, dict[str, Any]]] = [
    *[(name, name, record) for name, record in RECORDS.items()],
    ("winlogbeat 7 with numbers", "winlogbeat",
     {**RECORDS["winlogbeat"], "winlog": {**RECORDS["winlogbeat"]["winlog"], "event_id": 5145, "record_id": "48215"}}),
    ("an Elastic export", "winlogbeat", {"_index": "x", "_id": "1", "_source": RECORDS["winlogbeat"]}),
    ("a search hit with fields instead of its source", "winlogbeat_dotted",
     {"_index": "x", "_id": "1", "_score": 1, "fields": RECORDS["winlogbeat_dotted"]}),
    ("dotted keys in the source", "winlogbeat_dotted",
     {"_index": "x", "_source": {k: v[0] for k, v in RECORDS["winlogbeat_dotted"].items()}}),
    ("Elastic Agent, its fields moved to ECS", "winlogbeat",
     {**RECORDS["winlogbeat"], "data_stream": {"type": "logs"}, "source": {"ip": "10.20.1.11", "port": 50211},
      "user": {"name": "adm.keller", "domain": "CORP", "id": SID},
      "winlog": {**RECORDS["winlogbeat"]["winlog"], "event_data": without(FIELDS, *MOVED)}}),
    ("evtx_dump with separate attributes", "evtx", {"Event": {
        "Event_attributes": {"xmlns": "x"}, "EventData": FIELDS, "System": {
            "Provider_attributes": {"Name": PROVIDER, "Guid": "x"}, "EventID": 5145, "EventRecordID": 48215,
            "TimeCreated_attributes": {"SystemTime": UTC}, "Execution_attributes": {"ProcessID": 4, "ThreadID": 88},
            "Channel": "Security", "Computer": "SRV01.corp.example", "Security_attributes": {"UserID": SID}}}}),
    ("EvtxECmd's older dates", "evtxecmd", {**RECORDS["evtxecmd"], "TimeCreated": "/Date(1773134042152)/"}),
    ("NXLog with its zone, without Logstash", "nxlog",
     {**without(RECORDS["nxlog"], "@timestamp", "host", "port"),
      "EventTime": "2026-03-10T10:14:02+01:00", "EventReceivedTime": "2026-03-10T10:14:05+01:00", "EventID": "5145"}),
    ("Fluentd windows_eventlog2", "fluentbit",
     {**without(RECORDS["fluentbit"], "StringInserts", "Message"),
      "TimeCreated": "2026-03-10T09:14:02.000000000Z", "EventID": "5145", "Description": "A",
      "EventData": list(FIELDS.values())}),
    ("a Hayabusa row with every field", "hayabusa",
     {**without(RECORDS["hayabusa"], "Details", "ExtraFieldInfo"), "AllFieldInfo": FIELDS}),
    ("a Splunk search result", "splunk", {"preview": False, "offset": 0, "result": RECORDS["splunk"]}),
    ("a Splunk search result, raw", "splunk_raw", {"preview": False, "result": RECORDS["splunk_raw"]}),
    ("Vector's values by position", "vector",
     {**without(RECORDS["vector"], "event_data"), "string_inserts": list(FIELDS.values())}),
    ("a row that Defender streams", "defender",
     {"time": "2026-03-10T09:14:09Z", "tenantId": "t", "category": "AdvancedHunting-DeviceLogonEvents",
      "properties": RECORDS["defender"]}),
    ("a row of Defender's tables in Sentinel", "defender",
     {**without(RECORDS["defender"], "Timestamp"),
      "TimeGenerated": "2026-03-10T09:14:02.152Z", "Type": "DeviceLogonEvents", "TenantId": "t"}),
    ("forwarded events, all text", "evtx", json.loads(json.dumps(RECORDS["evtx"]).replace("48215", '"48215"'))),
    ("sentinel with EventData as JSON", "sentinel",
     {k: v for k, v in RECORDS["sentinel"].items() if k not in FIELDS} | {"EventData": json.dumps(FIELDS)}),
    ("sentinel with EventData as XML", "sentinel",
     {k: v for k, v in RECORDS["sentinel"].items() if k not in FIELDS} | {"EventData": XML}),
]  # fmt: skip
TIME_SOURCES = {
    "nxlog": "EventTime+zone", "flat": "unverified", "sentinel": "unverified", "gelf": "unverified",
    "splunk": "unverified", "splunk_raw": "unverified", "get_winevent": "unverified", "event_viewer": "unverified",
}  # fmt: skip
WHOLE_SECONDS = {
    "nxlog", "fluentbit", "fluentbit_winlog", "velociraptor_hunter", "splunk", "splunk_raw", "event_viewer",
}  # fmt: skip


def test_every_shape_has_a_case_here() -> None:
    assert {shape.name for shape in shapes()} == set(RECORDS)


@pytest.mark.parametrize(("name", "record"), [v[1:] for v in VARIANTS], ids=[v[0] for v in VARIANTS])
def test_a_shape_gives_the_event_its_row(name: str, record: dict[str, Any]) -> None:
    (row,) = normalise(record)
    assert row["time"] == datetime(2026, 3, 10, 9, 14, 2, 0 if name in WHOLE_SECONDS else 152_000)
    expected = EXPECTED | DIFFERENT.get(name, {})
    assert {key: row[key] for key in expected} == expected
    zoned = name == "nxlog" and "+" in str(record["EventTime"])
    assert row["time_source"] == ("unverified" if zoned else TIME_SOURCES.get(name, "SystemTime"))


EXPECTED = {
    "computer": "SRV01.corp.example", "host": "srv01", "channel": "Security", "provider": PROVIDER, "event_id": 5145,
    "record_id": 48215, "user_sid": SID, "process_id": 4, "logon_id": 0x3C51F2, "subject_logon_id": 0x3C51F2,
    "ip": "10.20.1.11", "port": 50211, "access_mask": 2, "share": "ADMIN$", "SubjectUserName": "adm.keller",
    "RelativeTargetName": "tool.exe", "ShareName": "\\\\*\\ADMIN$",
    "AccessList": "%%4417 WriteData (or AddFile)\r\n\t\t\t\t", "event_data": '{"AccessReason":"-"}',
    "source_file": "sample",
}  # fmt: skip
RENDERED = {"AccessList": "WriteData (or AddFile)"}
DIFFERENT: dict[str, dict[str, Any]] = {
    "velociraptor_hunter": {"process_id": None},
    "hayabusa": {"provider": None, "user_sid": None, "process_id": None},
    "fluentbit_winlog": {"process_id": None},
    "splunk": RENDERED | {"process_id": None},
    "splunk_raw": RENDERED | {"process_id": None},
    "event_viewer": RENDERED | {"process_id": None, "user_sid": None, "record_id": None},
    # A logon, for Defender has no counterpart of a share's access.
    "defender": {
        "computer": "srv01.corp.example", "provider": "Microsoft Defender for Endpoint", "event_id": 4624,
        "record_id": None, "user_sid": None, "process_id": None, "subject_logon_id": None, "access_mask": None,
        "share": None, "SubjectUserName": None, "RelativeTargetName": None, "ShareName": None, "AccessList": None,
        "event_data": None, "TargetUserName": "adm.keller", "LogonType": "3", "AuthenticationPackageName": "NTLM",
        "WorkstationName": "ws01", "TargetUserSid": SID, "target_logon_id": 0x3C51F2,
    },
}  # fmt: skip


SUCCESS = "0x8020000000000000"
# Where each shape keeps the keywords of the event's head, what may stand there, and what is stored.
KEYWORDS: dict[str, tuple[tuple[str, ...], Any, str | None]] = {
    "evtx": (("Event", "System", "Keywords"), SUCCESS, SUCCESS),
    "winlogbeat": (("winlog", "keywords"), ["Audit Success"], "Audit Success"),
    "winlogbeat6": (("keywords",), ["Audit Success", "Classic"], "Audit Success\nClassic"),
    "winlogbeat_dotted": (("winlog.keywords",), ["Audit Success"], "Audit Success"),
    "graylog": (("winlogbeat_winlog_keywords",), ["Audit Success"], "Audit Success"),
    "graylog_gelf": (("_winlogbeat_winlog_keywords",), "Audit Success", "Audit Success"),
    "nxlog": (("Keywords",), -9214364837600034816, SUCCESS),
    "gelf": (("_Keywords",), "9232379236109516800", SUCCESS),
    "flat": (("Keywords",), "0x8020000000000000", SUCCESS),
    "sentinel": (("Keywords",), SUCCESS, SUCCESS),
    "openwec": (("System", "Keywords"), SUCCESS, SUCCESS),
    "evtxecmd": (("Keywords",), "Audit success", "Audit success"),
    "velociraptor": (("System", "Keywords"), 9232379236109516800, SUCCESS),
    "fluentbit": (("Keywords",), SUCCESS, SUCCESS),
    "vector": (("keywords",), 0, "0x0"),
    "splunk": (("Keywords",), "Audit Success", "Audit Success"),
    "splunk_raw": (("Keywords",), "Audit Success", "Audit Success"),
    "get_winevent": (("Keywords",), -9218868437227405312, "0x8010000000000000"),
    "event_viewer": (("Keywords",), "Audit Failure", "Audit Failure"),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYWORDS)
def test_the_keywords_of_an_events_head_are_kept(name: str) -> None:
    path, given, stored = KEYWORDS[name]
    record = json.loads(json.dumps(RECORDS[name]))
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = given
    (row,) = normalise(record)
    assert (row["keywords"], row["event_data"]) == (stored, EXPECTED["event_data"])


@pytest.mark.parametrize("written", ["99999999999999999999", "-9999999999999999999", "0xzz", "Überwachung", "-"])
def test_keywords_that_are_no_number_of_windows_do_no_harm(written: str) -> None:
    record = json.loads(json.dumps(RECORDS["evtx"]))
    record["Event"]["System"]["Keywords"] = written
    (row,) = normalise(record)
    assert row["keywords"] in (written, None)


@pytest.mark.parametrize(("name", "record"), [v[1:] for v in VARIANTS], ids=[v[0] for v in VARIANTS])
def test_a_record_with_its_keys_in_another_order_is_the_same(name: str, record: dict[str, Any]) -> None:
    def turned(node: Any) -> Any:
        return {k: turned(v) for k, v in reversed(node.items())} if isinstance(node, dict) else node

    (one,), (other,) = normalise(record), normalise(turned(record))
    assert {**one, "key": 0} == {**other, "key": 0}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"a": 1}, "JSON of a shape that hopwatch does not know"),
        ({"_source": 5}, "JSON of a shape that hopwatch does not know"),
        ({"_source": "winlog"}, "JSON of a shape that hopwatch does not know"),
        ({"Event": 5}, "a record without channel or event id"),
        ({"Event": {"System": {"EventID": "111", "Computer": "DC01"}}}, "a record without channel or event id"),
        ({**RECORDS["flat"], "EventID": "four"}, "a record without channel or event id"),
        ({**RECORDS["flat"], "EventID": "²"}, "a record without channel or event id"),
        ({**RECORDS["flat"], "EventID": -1}, "a record without channel or event id"),
        ({**RECORDS["flat"], "EventID": 10**30}, "a record without channel or event id"),
        ({**RECORDS["flat"], "TimeCreated": "soon", "@timestamp": None}, "a record without a time or a computer"),
        ({**RECORDS["flat"], "Hostname": None}, "a record without a time or a computer"),
        (b'{"EventID": 4624, "Hostn', "not JSON"),
        (b"{" + b'"a":{' * 5_000, "not JSON"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "not JSON"),
        (b'{"a": ' + b"9" * 9_000 + b"}", "not JSON"),
    ],
)
def test_what_cannot_be_an_event_is_counted(record: dict[str, Any] | bytes, reason: str) -> None:
    rows, summary = normalise_files({"odd.json": [record]})
    assert rows == []
    assert [(s.reason, s.count) for s in summary.skips] == [(reason, 1)]


def test_a_shape_is_known_by_its_keys_alone() -> None:
    for name, record in RECORDS.items():
        shape = shape_of(dict.fromkeys(record))
        assert shape is not None
        assert shape.name == name
