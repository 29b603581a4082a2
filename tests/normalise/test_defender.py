"""Defender's advanced hunting: each row becomes the Windows event that would have recorded the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.reading import Row, normalise

SYSMON = "Microsoft-Windows-Sysmon/Operational"
ACTOR = {
    "InitiatingProcessFolderPath": "C:\\Windows\\System32\\services.exe", "InitiatingProcessFileName": "services.exe",
    "InitiatingProcessId": 700, "InitiatingProcessAccountDomain": "corp", "InitiatingProcessAccountName": "adm.keller",
    "InitiatingProcessAccountSid": "S-1-5-21-1-2-3-1118", "InitiatingProcessLogonId": 3953138,
    "InitiatingProcessCommandLine": "services.exe",
}  # fmt: skip
PIPE = {"FileOperation": "File created", "PipeName": "\\Device\\NamedPipe\\svcctl"}
CASES: list[tuple[str, dict[str, Any], str, int, Row]] = [
    ("ProcessCreated", {
        "FolderPath": "C:\\Windows\\System32\\cmd.exe", "FileName": "cmd.exe", "ProcessId": 4242, "LogonId": 3953138,
        "ProcessCommandLine": "cmd /c dir", "AccountDomain": "corp", "AccountName": "adm.keller"}, SYSMON, 1, {
        "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": "cmd /c dir", "User": "corp\\adm.keller", "pid": 4242,
        "logon_id": 0x3C51F2, "parent_name": "services.exe", "parent_pid": 700}),
    ("ConnectionSuccess", {
        "LocalIP": "10.20.1.11", "LocalPort": 50211, "RemoteIP": "10.20.2.21", "RemotePort": 445, "Protocol": "Tcp"},
        SYSMON, 3, {"SourceIp": "10.20.1.11", "DestinationIp": "10.20.2.21", "DestinationPort": "445",
        "Initiated": "true",
        "Protocol": "tcp", "image_name": "services.exe"}),
    ("InboundConnectionAccepted", {
        "LocalIP": "10.20.2.21", "LocalPort": 445, "RemoteIP": "::ffff:10.20.1.11", "RemotePort": 50211}, SYSMON, 3, {
        "SourceIp": "10.20.1.11", "SourcePort": "50211", "DestinationIp": "10.20.2.21", "Initiated": "false"}),
    ("FileCreated", {"FolderPath": "C:\\Windows\\", "FileName": "tool.exe"}, SYSMON, 11, {
        "TargetFilename": "C:\\Windows\\tool.exe", "Image": "C:\\Windows\\System32\\services.exe"}),
    ("FileCreated", {
        "FolderPath": "C:\\Windows\\tool.exe", "FileName": "tool.exe", "InitiatingProcessFileName": "ntoskrnl.exe",
        "InitiatingProcessFolderPath": None, "InitiatingProcessId": 4}, SYSMON, 11, {"Image": "System", "pid": 4}),
    ("RegistryValueSet", {
        "RegistryKey": "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\x", "RegistryValueName": "ImagePath",
        "RegistryValueData": "a.exe"}, SYSMON, 13, {
        "TargetObject": "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x\\ImagePath", "Details": "a.exe"}),
    ("NamedPipeEvent", {"AdditionalFields": json.dumps(PIPE)}, SYSMON, 17, {"PipeName": "\\svcctl"}),
    ("NamedPipeEvent", {"AdditionalFields": PIPE | {"FileOperation": "File opened"}}, SYSMON, 18,
    {"PipeName": "\\svcctl"}),
    ("LogonSuccess", {"LogonType": "RemoteInteractive", "RemoteIP": "10.20.1.11", "AccountName": "m.huber"},
    "Security", 4624,
     {"LogonType": "10", "ip": "10.20.1.11", "TargetUserName": "m.huber"}),
    ("LogonFailed", {"LogonType": "Network", "FailureReason": "InvalidUserNameOrPassword"}, "Security", 4625, {
        "LogonType": "3", "FailureReason": "InvalidUserNameOrPassword"}),
    ("ServiceInstalled", {
        "FolderPath": "C:\\Windows\\tool.exe", "FileName": "tool.exe",
        "AdditionalFields": '{"ServiceName": "Updater", "ServiceAccount": "LocalSystem"}'}, "Security", 4697, {
        "ServiceName": "Updater", "ServiceFileName": "C:\\Windows\\tool.exe", "SubjectUserName": "adm.keller",
        "logon_id": 0x3C51F2}),
    ("ScheduledTaskCreated", {"AdditionalFields": '{"TaskName": "\\\\x", "TaskContent": "<Task/>"}'}, "Security",
    4698, {
        "TaskName": "\\x", "TaskContent": "<Task/>"}),
    ("AntivirusScanCompleted", {"Type": "DeviceEvents"}, "Defender DeviceEvents", 0,
    {"computer": "srv01.corp.example"}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "row", "channel", "event_id", "fields"), CASES)
def test_a_row_becomes_its_windows_event(
    action: str, row: dict[str, Any], channel: str, event_id: int, fields: Row
) -> None:
    head = {"Timestamp": "2026-03-10T09:14:02.152Z", "DeviceName": "srv01.corp.example", "ActionType": action}
    (event,) = normalise(head | ACTOR | row)
    assert (event["channel"], event["event_id"], event["record_id"]) == (channel, event_id, None)
    assert {name: event[name] for name in fields} == fields


@pytest.mark.parametrize("more", ["{", "[1]", "5", None, 7, {"FileOperation": ["x"], "PipeName": {"a": 1}}])
def test_additional_fields_that_are_none_do_no_harm(more: object) -> None:
    head = {"Timestamp": "2026-03-10T09:14:02Z", "DeviceName": "SRV01", "ActionType": "NamedPipeEvent"}
    assert len(normalise(head | {"AdditionalFields": more, "InitiatingProcessFolderPath": 5})) == 1


def test_an_action_that_is_no_text_is_none() -> None:
    head = {"Timestamp": "2026-03-10T09:14:02Z", "DeviceName": "SRV01", "ActionType": ["ProcessCreated"]}
    assert normalise(head | {"Type": {"a": []}})[0]["event_id"] in (0, 1)
