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
}  # fmt: skip
VARIANTS: list[tuple[str, str, dict[str, Any]]] = [
    *[(name, name, record) for name, record in RECORDS.items()],
    ("winlogbeat 7 with numbers", "winlogbeat",
     {**RECORDS["winlogbeat"], "winlog": {**RECORDS["winlogbeat"]["winlog"], "event_id": 5145, "record_id": "48215"}}),
    ("an Elastic export", "winlogbeat", {"_index": "x", "_id": "1", "_source": RECORDS["winlogbeat"]}),
    ("forwarded events, all text", "evtx", json.loads(json.dumps(RECORDS["evtx"]).replace("48215", '"48215"'))),
    ("sentinel with EventData as JSON", "sentinel",
     {k: v for k, v in RECORDS["sentinel"].items() if k not in FIELDS} | {"EventData": json.dumps(FIELDS)}),
    ("sentinel with EventData as XML", "sentinel",
     {k: v for k, v in RECORDS["sentinel"].items() if k not in FIELDS} | {"EventData": XML}),
]  # fmt: skip
TIME_SOURCES = {"nxlog": "EventTime+zone", "flat": "unverified", "sentinel": "unverified"}


def test_every_shape_has_a_case_here() -> None:
    assert {shape.name for shape in shapes()} == set(RECORDS)


@pytest.mark.parametrize(("name", "record"), [v[1:] for v in VARIANTS], ids=[v[0] for v in VARIANTS])
def test_a_shape_gives_the_event_its_row(name: str, record: dict[str, Any]) -> None:
    (row,) = normalise(record)
    whole_seconds = name == "nxlog"
    assert row["time"] == datetime(2026, 3, 10, 9, 14, 2, 0 if whole_seconds else 152_000)
    assert {key: row[key] for key in EXPECTED} == EXPECTED
    assert row["time_source"] == TIME_SOURCES.get(name, "SystemTime")


EXPECTED = {
    "computer": "SRV01.corp.example", "host": "srv01", "channel": "Security", "provider": PROVIDER, "event_id": 5145,
    "record_id": 48215, "user_sid": SID, "process_id": 4, "logon_id": 0x3C51F2, "subject_logon_id": 0x3C51F2,
    "ip": "10.20.1.11", "port": 50211, "access_mask": 2, "share": "ADMIN$", "SubjectUserName": "adm.keller",
    "RelativeTargetName": "tool.exe", "ShareName": "\\\\*\\ADMIN$",
    "AccessList": "%%4417 WriteData (or AddFile)\r\n\t\t\t\t", "event_data": '{"AccessReason":"-"}',
    "source_file": "sample",
}  # fmt: skip


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
