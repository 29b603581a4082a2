"""Small random worlds: a few hosts, what happens on them, as raw records of the EVTX shape."""

# ruff: noqa: E501, PLR0913 - events are tables, and read best on one line each
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

SYSMON = "Microsoft-Windows-Sysmon/Operational"
HOSTS = ("ws01", "srv02", "srv03", "dc01")
ADDRESS = {host: f"10.20.0.{i + 1}" for i, host in enumerate(HOSTS)}
STRANGERS = ("10.20.9.9", "10.20.9.10")
USERS = ("alice", "bob", "svc-app", "SRV02$")
BEGIN = datetime(2026, 1, 5, 10, 50)
ODD_TEXT = st.sampled_from(
    ["", "-", "'; DROP TABLE x", "\x1b[2J", "\u202egpj.exe", "%COMSPEC%", "{Image}", "a" * 400, "\\\\", "$"]
)

Event = dict[str, Any]


def sid(user: str) -> str:
    """A made-up SID for an account."""
    return f"S-1-5-21-1-2-3-{1000 + USERS.index(user) if user in USERS else 999}"


def event(host: str, channel: str, event_id: int, seconds: float, fields: Event, user_sid: str | None = None) -> Event:
    """One event as the EVTX shape has it, without a record id yet."""
    time = (BEGIN + timedelta(seconds=seconds)).isoformat(timespec="microseconds") + "Z"
    return {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": "test"}},
                "EventID": event_id,
                "TimeCreated": {"#attributes": {"SystemTime": time}},
                "EventRecordID": None,
                "Channel": channel,
                "Computer": f"{host.upper()}.corp.example",
                "Security": {"#attributes": {"UserID": user_sid}},
            },
            "EventData": fields,
        }
    }


def logon(
    host: str, t: float, user: str, ip: str, logon_id: int, kind: int = 3, package: str = "NTLM", pid: str = "0x0"
) -> Event:
    """A 4624."""
    fields = {
        "SubjectUserSid": "S-1-0-0", "SubjectUserName": "-", "SubjectLogonId": "0x0", "TargetUserSid": sid(user),
        "TargetUserName": user, "TargetDomainName": "CORP", "TargetLogonId": hex(logon_id), "LogonType": kind,
        "LogonProcessName": "NtLmSsp ", "AuthenticationPackageName": package, "WorkstationName": "-", "KeyLength": 128,
        "ProcessId": pid, "ProcessName": "-", "IpAddress": ip, "IpPort": str(50000 + logon_id % 9000),
    }  # fmt: skip
    return event(host, "Security", 4624, t, fields)


def share(host: str, t: float, user: str, ip: str, logon_id: int, name: str, path: str) -> Event:
    """A 5145 that writes."""
    fields = {
        "SubjectUserSid": sid(user), "SubjectUserName": user, "SubjectDomainName": "CORP", "SubjectLogonId": hex(logon_id),
        "ObjectType": "File", "IpAddress": ip, "IpPort": str(50000 + logon_id % 9000), "ShareName": f"\\\\*\\{name}",
        "ShareLocalPath": "\\??\\C:\\Windows", "RelativeTargetName": path, "AccessMask": "0x12019f",
        "AccessList": "%%4416\r\n\t\t\t\t%%4417\r\n\t\t\t\t",
    }  # fmt: skip
    return event(host, "Security", 5145, t, fields)


def service(host: str, t: float, name: str, path: str, user_sid: str | None) -> Event:
    """A 7045."""
    fields = {"ServiceName": name, "ImagePath": path, "ServiceType": "user mode service", "StartType": "demand start",
              "AccountName": "LocalSystem"}  # fmt: skip
    return event(host, "System", 7045, t, fields, user_sid)


def process(
    host: str,
    t: float,
    image: str,
    parent: str,
    command: str,
    pids: tuple[int, int],
    user: str = "NT AUTHORITY\\SYSTEM",
    logon_id: int = 0x3E7,
) -> Event:
    """A Sysmon 1."""
    fields = {
        "RuleName": "-", "UtcTime": "2026-01-05 10:50:00.000", "ProcessId": str(pids[0]), "Image": image, "CommandLine": command,
        "User": user, "LogonId": hex(logon_id), "TerminalSessionId": "0", "IntegrityLevel": "High",
        "ParentProcessId": str(pids[1]), "ParentImage": parent, "ParentCommandLine": parent,
    }  # fmt: skip
    return event(host, SYSMON, 1, t, fields)


def created(host: str, t: float, image: str, user: str, logon_id: int, pids: tuple[int, int]) -> Event:
    """A 4688 without a parent's name."""
    fields = {
        "SubjectUserSid": "S-1-5-18", "SubjectUserName": f"{host.upper()}$", "SubjectLogonId": "0x3e7",
        "NewProcessId": hex(pids[0]), "NewProcessName": image, "TokenElevationType": "%%1936", "ProcessId": hex(pids[1]),
        "CommandLine": "", "TargetUserName": user, "TargetLogonId": hex(logon_id), "ParentProcessName": "",
    }  # fmt: skip
    return event(host, "Security", 4688, t, fields)


def flow(host: str, t: float, ends: tuple[str, int, str, int], initiated: bool, image: str = "System") -> Event:
    """A Sysmon 3."""
    fields = {
        "RuleName": "-", "UtcTime": "2026-01-05 10:50:00.000", "ProcessId": "4", "Image": image, "User": "NT AUTHORITY\\SYSTEM",
        "Protocol": "tcp", "Initiated": str(initiated).lower(), "SourceIp": ends[0], "SourceHostname": "-",
        "SourcePort": str(ends[1]), "DestinationIp": ends[2], "DestinationHostname": "-", "DestinationPort": str(ends[3]),
    }  # fmt: skip
    return event(host, SYSMON, 3, t, fields)


def explicit(host: str, t: float, user: str, server: str) -> Event:
    """A 4648 to another server."""
    fields = {
        "SubjectUserSid": sid("alice"), "SubjectUserName": "alice", "SubjectDomainName": "CORP", "SubjectLogonId": "0x77",
        "TargetUserName": user, "TargetDomainName": "CORP", "TargetServerName": server, "TargetInfo": f"RPCSS/{server}",
        "ProcessId": "0x10", "ProcessName": "C:\\Windows\\System32\\wbem\\WMIC.exe", "IpAddress": "-", "IpPort": "-",
    }  # fmt: skip
    return event(host, "Security", 4648, t, fields)


@st.composite
def events(draw: st.DrawFn, span: int, hosts: tuple[str, ...]) -> Event:
    """One event of any kind that the kernel reasons about, within `span` seconds."""
    host = draw(st.sampled_from(hosts))
    t = draw(st.integers(0, span)) + draw(st.sampled_from([0.0, 0.25, 0.5]))
    user = draw(st.sampled_from(USERS))
    ip = draw(st.sampled_from([*ADDRESS.values(), *STRANGERS, "-", "::1", "127.0.0.1"]))
    logon_id = draw(st.integers(0x1001, 0x1006))
    pids = (draw(st.integers(100, 104)), draw(st.integers(100, 104)))
    odd = draw(ODD_TEXT)
    other = draw(st.sampled_from([h for h in HOSTS if h != host]))
    builders = [
        lambda: logon(host, t, user, ip, logon_id, draw(st.sampled_from([2, 3, 3, 3, 8, 10]))),
        lambda: logon(host, t, "SRV02$", ADDRESS["srv02"], logon_id, 3, "Kerberos"),
        lambda: share(host, t, user, ip, logon_id, "ADMIN$", draw(st.sampled_from(["PSEXESVC.exe", "tool.exe", odd]))),
        lambda: share(host, t, user, ip, logon_id, "IPC$", draw(st.sampled_from(["svcctl", "atsvc", "PSEXESVC-WS01-7-stdin"]))),
        lambda: service(host, t, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe", draw(st.sampled_from([sid(user), "S-1-5-18", None]))),
        lambda: service(host, t, odd or "x", "%COMSPEC% /C start " + odd, sid(user)),
        lambda: process(host, t, "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\System32\\services.exe", odd, pids),
        lambda: process(host, t, "C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\PSEXESVC.exe", odd, pids),
        lambda: process(host, t, "C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe",
                        "cmd.exe /Q /c cd 1> \\\\127.0.0.1\\ADMIN$\\__1 2>&1", pids, "CORP\\" + user, logon_id),
        lambda: process(host, t, "C:\\Windows\\System32\\whoami.exe", "C:\\Windows\\System32\\wsmprovhost.exe", odd, pids,
                        "CORP\\" + user, logon_id),
        lambda: created(host, t, "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe", "-", 0, pids),
        lambda: created(host, t, "C:\\Windows\\System32\\cmd.exe", user, logon_id, pids),
        lambda: flow(host, t, (ADDRESS[host], 51000, ADDRESS[other], draw(st.sampled_from([445, 135, 5985, 49700]))), True),
        lambda: flow(host, t, (ADDRESS[other], 51000, ADDRESS[host], draw(st.sampled_from([445, 135, 5985, 49700]))), False),
        lambda: explicit(host, t, user, draw(st.sampled_from([other, f"{other}.corp.example", ADDRESS[other], "localhost", odd]))),
    ]  # fmt: skip
    return draw(st.sampled_from(builders))()


@st.composite
def worlds(draw: st.DrawFn) -> list[Event]:
    """A list of events with distinct record ids."""
    span, hosts = draw(st.sampled_from([(20, HOSTS[:2]), (240, HOSTS[:2]), (2400, HOSTS), (9000, HOSTS)]))
    found = draw(st.lists(events(span, hosts), min_size=8, max_size=50))
    for i, one in enumerate(found, 1):
        one["Event"]["System"]["EventRecordID"] = i
    return found
