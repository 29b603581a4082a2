"""Fields that a source gives without their Windows names get them back, or the event says that they are missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.normalise.test_shapes import MESSAGE, PROVIDER, RECORDS, SID
from tests.support.reading import Row, normalise, normalise_files

SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
NAMELESS = "the fields of an event whose text or values hopwatch has no names for (the event is kept)"


def message(event_id: int, channel: str, text: str) -> Row:
    (row,) = normalise(
        {
            "TimeCreated": "2026-03-10T09:14:02Z", "Id": event_id, "ProviderName": PROVIDER, "LogName": channel,
            "MachineName": "SRV01.corp.example", "RecordId": 7, "Message": text.replace("\n", "\r\n"),
        }
    )  # fmt: skip
    return row


def inserts(event_id: int, channel: str, *values: Any) -> Row:
    record = RECORDS["fluentbit"] | {"EventID": event_id, "Channel": channel, "StringInserts": list(values)}
    return normalise(record)[0]


SUBJECT = f"""Subject:
\tSecurity ID:\t\t{SID}
\tAccount Name:\t\tadm.keller
\tAccount Domain:\t\tCORP
\tLogon ID:\t\t0x3C51F2
"""
LOGON = f"""An account was successfully logged on.

Subject:
\tSecurity ID:\t\tNULL SID
\tAccount Name:\t\t-
\tAccount Domain:\t\t-
\tLogon ID:\t\t0x0

Logon Information:
\tLogon Type:\t\t3
\tRestricted Admin Mode:\t-
\tVirtual Account:\t\tNo
\tElevated Token:\t\tYes

Impersonation Level:\t\tImpersonation

New Logon:
\tSecurity ID:\t\t{SID}
\tAccount Name:\t\tadm.keller
\tAccount Domain:\t\tCORP
\tLogon ID:\t\t0x3C51F2
\tLinked Logon ID:\t\t0x0
\tNetwork Account Name:\t-
\tNetwork Account Domain:\t-
\tLogon GUID:\t\t{{00000000-0000-0000-0000-000000000000}}

Process Information:
\tProcess ID:\t\t0x0
\tProcess Name:\t\t-

Network Information:
\tWorkstation Name:\tWS01
\tSource Network Address:\t10.20.1.11
\tSource Port:\t\t50211

Detailed Authentication Information:
\tLogon Process:\t\tNtLmSsp\x20
\tAuthentication Package:\tNTLM
\tTransited Services:\t-
\tPackage Name (NTLM only):\tNTLM V2
\tKey Length:\t\t128

This event is generated when a logon session is created. It is generated on the computer that was accessed.
"""
NEW_PART = LOGON[LOGON.index("Logon Information:") : LOGON.index("Impersonation Level:")]
OLD_LOGON = LOGON.replace(NEW_PART, "Logon Type:\t\t\t3\n\n")
PROCESS = f"""A new process has been created.

Creator {SUBJECT}
Target Subject:
\tSecurity ID:\t\tNULL SID
\tAccount Name:\t\t-
\tAccount Domain:\t\t-
\tLogon ID:\t\t0x0

Process Information:
\tNew Process ID:\t\t0x1a2c
\tNew Process Name:\tC:\\Windows\\System32\\cmd.exe
\tToken Elevation Type:\t%%1936
\tMandatory Label:\t\tS-1-16-12288
\tCreator Process ID:\t0x2f8
\tCreator Process Name:\tC:\\Windows\\System32\\wbem\\WmiPrvSE.exe
\tProcess Command Line:\tcmd.exe /Q /c whoami: all

Token Elevation Type indicates the type of token.
"""
TASK = f"""A scheduled task was created.

{SUBJECT}
Task Information:
\tTask Name: \t\t\\Inventory
\tTask Content: \t\t<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2">
  <Actions>
    <Exec><Command>C:\\tool.exe</Command></Exec>
  </Actions>
</Task>
\t
Other Information:
\tProcessCreationTime: \t\t1
"""
SERVICE = """A service was installed in the system.

Service Name:  Updater
Service File Name:  %COMSPEC% /c C:\\tool.exe
Service Type:  user mode service
Service Start Type:  demand start
Service Account:  LocalSystem"""
CREATED = """Process Create:
RuleName: -
UtcTime: 2026-03-10 09:14:02.152
ProcessGuid: {1}
ProcessId: 4242
Image: C:\\Windows\\System32\\cmd.exe
CommandLine: cmd.exe /c dir
CurrentDirectory: C:\\Windows\\
User: CORP\\adm.keller
LogonGuid: {2}
LogonId: 0x3C51F2
ParentImage: C:\\Windows\\System32\\wbem\\WmiPrvSE.exe
ParentCommandLine: C:\\Windows\\System32\\wbem\\WmiPrvSE.exe -Embedding"""

MESSAGES: list[tuple[str, int, str, str, Row]] = [
    ("a logon", 4624, "Security", LOGON, {
        "TargetUserName": "adm.keller", "TargetUserSid": SID, "SubjectUserSid": None, "SubjectUserName": "-",
        "port": 50211,
        "LogonType": "3", "ip": "10.20.1.11", "logon_id": 0x3C51F2, "ElevatedToken": "%%1842 Yes",
        "LmPackageName": "NTLM V2",
        "LogonProcessName": "NtLmSsp", "WorkstationName": "WS01"}),
    ("an older logon", 4624, "Security", OLD_LOGON, {"LogonType": "3", "TargetUserName": "adm.keller", "port": 50211}),
    ("a process", 4688, "Security", PROCESS, {
        "NewProcessName": "C:\\Windows\\System32\\cmd.exe", "CommandLine": "cmd.exe /Q /c whoami: all", "pid": 0x1A2C,
        "parent_name": "wmiprvse.exe", "parent_pid": 0x2F8, "SubjectUserName": "adm.keller", "logon_id": 0x3C51F2}),
    ("a task with its XML", 4698, "Security", TASK, {
        "TaskName": "\\Inventory", "SubjectUserName": "adm.keller",
        "TaskContent": '<?xml version="1.0" encoding="UTF-16"?>\n<Task version="1.2">\n<Actions>\n'
        "<Exec><Command>C:\\tool.exe</Command></Exec>\n</Actions>\n</Task>"}),
    ("privileges, one a line", 4672, "Security",
     f"Special privileges assigned.\n\n{SUBJECT}\nPrivileges:\t\tSeSecurityPrivilege\n\t\t\tSeDebugPrivilege", {
         "PrivilegeList": "SeSecurityPrivilege\nSeDebugPrivilege", "logon_id": 0x3C51F2}),
    ("a service", 7045, "System", SERVICE, {
        "ServiceName": "Updater", "ImagePath": "%COMSPEC% /c C:\\tool.exe", "StartType": "demand start",
        "AccountName": "LocalSystem"}),
    ("a service's state", 7036, "System", "The Remote Registry service entered the running state.", {
        "param1": "Remote Registry", "param2": "running"}),
    ("a Sysmon process", 1, SYSMON, CREATED, {
        "Image": "C:\\Windows\\System32\\cmd.exe", "logon_id": 0x3C51F2, "parent_name": "wmiprvse.exe", "pid": 4242}),
    ("a script block", 4104, POWERSHELL,
     "Creating Scriptblock text (1 of 1):\nInvoke-Command SRV02 {\n\nwhoami }\n\nScriptBlock ID: 4f2c\nPath: ", {
         "ScriptBlockText": "Invoke-Command SRV02 {\n\nwhoami }\n", "ScriptBlockId": "4f2c"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("event_id", "channel", "text", "fields"), [m[1:] for m in MESSAGES], ids=[m[0] for m in MESSAGES]
)
def test_a_message_gives_the_fields_of_its_event(event_id: int, channel: str, text: str, fields: Row) -> None:
    row = message(event_id, channel, text)
    assert {name: row[name] for name in fields} == fields


def test_a_label_inside_a_value_does_not_replace_the_events_own() -> None:
    row = message(7045, "System", SERVICE + "\nService Name: Innocent\nService File Name: C:\\ok.exe")
    assert (row["ServiceName"], row["ImagePath"]) == ("Updater", "%COMSPEC% /c C:\\tool.exe")


@pytest.mark.parametrize(
    ("channel", "event_id", "text"),
    [
        ("Security", 4999, MESSAGE),
        ("System", 7036, "Der Dienst befindet sich jetzt im Status."),
        ("Security", 4624, "?"),
    ],
    ids=["of an unknown event", "in another language", "without labels"],
)
def test_an_event_whose_message_cannot_be_read_is_kept_and_counted(channel: str, event_id: int, text: str) -> None:
    record = RECORDS["event_viewer"] | {"Source": channel, "Event ID": str(event_id), "Message": text}
    record["Source"] = "Service Control Manager" if channel == "System" else PROVIDER
    rows, summary = normalise_files({"log.csv": [record]})
    assert [(row["event_id"], row["channel"]) for row in rows] == [(event_id, channel)]
    assert [(s.reason, s.count) for s in summary.skips] == [(NAMELESS, 1)]


FIRST = ["S-1-5-18", "SRV01$", "CORP", "0x3e7"]
NEXT = [
    SID,
    "adm.keller",
    "CORP",
    "0x3c51f2",
    3,
    "Kerberos",
    "Kerberos",
    "-",
    "{0}",
    "-",
    "-",
    0,
    "0x0",
    "-",
    "10.20.1.11",
]


@pytest.mark.parametrize(
    "more", [[50211], [50211, "%%1833"], [50211, "%%1833", "-", "-", "-", "%%1843", "0x0", "%%1842"]]
)
def test_values_get_the_names_of_the_version_that_has_so_many(more: list[Any]) -> None:
    row = inserts(4624, "Security", *FIRST, *NEXT, *more)
    assert (row["TargetUserName"], row["LogonType"], row["ip"], row["port"]) == ("adm.keller", "3", "10.20.1.11", 50211)
    assert row["ElevatedToken"] == ("%%1842 Yes" if len(more) == 8 else None)


def test_what_newer_versions_add_to_the_end_of_an_event_does_not_move_the_rest() -> None:
    known = [
        "m.huber",
        "CORP",
        SID,
        "krbtgt",
        SID,
        "0x40810010",
        "0x0",
        "0x12",
        15,
        "::ffff:10.20.1.11",
        50211,
        "",
        "",
        "",
    ]
    row = inserts(4768, "Security", *known, "new", "newer")
    assert (row["TargetUserName"], row["ip"], row["Status"]) == ("m.huber", "10.20.1.11", "0x0")


def test_an_unknown_number_of_values_is_kept_without_names_and_counted() -> None:
    record = RECORDS["fluentbit"] | {"EventID": 4624, "StringInserts": ["one", "two"], "Message": None}
    rows, summary = normalise_files({"log.json": [record]})
    assert [row["TargetUserName"] for row in rows] == [None]
    assert [s.reason for s in summary.skips] == [NAMELESS]


def test_values_of_an_event_without_names_become_its_data() -> None:
    assert (
        inserts(400, "Windows PowerShell", "Available", "None", "HostName=x")["Data"] == "Available\nNone\nHostName=x"
    )


MOVED: list[tuple[str, str, int, dict[str, Any], dict[str, Any], Row]] = [
    ("a process", SYSMON, 1, {"LogonId": "0x3c51f2"}, {
        "process": {"executable": "C:\\Windows\\cmd.exe", "command_line": "cmd /c dir", "pid": 4242, "parent": {
            "executable": "C:\\Windows\\WmiPrvSE.exe", "command_line": "x", "pid": 900}},
        "user": {"name": "adm.keller", "domain": "CORP", "id": "S-1-5-18"}}, {
        "Image": "C:\\Windows\\cmd.exe", "CommandLine": "cmd /c dir", "User": "CORP\\adm.keller", "pid": 4242,
        "parent_name": "wmiprvse.exe", "logon_id": 0x3C51F2}),
    ("a connection", SYSMON, 3, {"Initiated": "true"}, {
        "source": {"ip": "10.20.1.11", "port": 50211}, "destination": {"ip": "10.20.2.21", "port": 445},
        "network": {"transport": "tcp"}, "process": {"executable": "System", "pid": 4}}, {
        "SourceIp": "10.20.1.11", "SourcePort": "50211", "DestinationIp": "10.20.2.21", "DestinationPort": "445",
        "Protocol": "tcp", "Image": "System"}),
    ("a file", SYSMON, 11, {}, {"file": {"path": "C:\\Windows\\tool.exe"}, "process": {"executable": "System"}}, {
        "TargetFilename": "C:\\Windows\\tool.exe", "Image": "System"}),
    ("a pipe", SYSMON, 18, {}, {"file": {"name": "\\svcctl"}, "process": {"executable": "System"}}, {
        "PipeName": "\\svcctl", "Image": "System"}),
    ("a registry value", SYSMON, 13, {}, {
        "registry": {"path": "HKLM\\System\\x\\ImagePath", "data": {"strings": ["a.exe"]}}, "process": {"pid": 7}}, {
        "TargetObject": "HKLM\\System\\x\\ImagePath", "Details": "a.exe"}),
    ("a logon", "Security", 4624, {"LogonType": "3", "TargetLogonId": "0x3c51f2"}, {
        "source": {"ip": "10.20.1.11", "port": 50211, "domain": "WS01"}, "user": {"name": "adm.keller",
        "domain": "CORP"}}, {
        "TargetUserName": "adm.keller", "ip": "10.20.1.11", "port": 50211, "WorkstationName": "WS01"}),
    ("what event_data has, stays", "Security", 4624, {"IpAddress": "10.20.1.12"}, {"source": {"ip": "10.20.9.9"}}, {
        "ip": "10.20.1.12"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "event_id", "data", "ecs", "fields"), [m[1:] for m in MOVED], ids=[m[0] for m in MOVED]
)
def test_fields_that_a_module_moved_to_ecs_names_come_back(
    channel: str, event_id: int, data: dict[str, Any], ecs: dict[str, Any], fields: Row
) -> None:
    winlog = RECORDS["winlogbeat"]["winlog"] | {"channel": channel, "event_id": event_id, "event_data": data}
    (row,) = normalise({"@timestamp": "2026-03-10T09:14:02Z", "winlog": winlog} | ecs)
    assert {name: row[name] for name in fields} == fields


@pytest.mark.parametrize("lists", [True, False], ids=["of several sections", "of one"])
def test_splunks_extractions_give_the_fields_where_the_message_was_not_exported(lists: bool) -> None:
    names = ["-", "adm.keller"] if lists else "adm.keller"
    base = RECORDS["splunk"] | {"Message": None, "EventCode": "4624" if lists else "4672", "Account_Name": names}
    (row,) = normalise(base | {"Logon_ID": ["0x0", "0x3C51F2"] if lists else "0x3C51F2"})
    assert (row["TargetUserName"] if lists else row["SubjectUserName"], row["logon_id"]) == ("adm.keller", 0x3C51F2)
