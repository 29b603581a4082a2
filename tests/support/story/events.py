"""Short ways to write one event of the sample story, whatever shape a collector will give it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from tests.support.story.forms import ABOUT, FORMS, SECURITY, SYSMON, SYSTEM, WINRM, access_list

DAY = datetime(2026, 3, 10, tzinfo=UTC)
DOMAIN_SID = "S-1-5-21-2871905614-1380254127-3909182746"
PROCESS_OF = {SECURITY: 636, SYSTEM: 620, SYSMON: 2412, WINRM: 1012}
WINDOWS = "C:\\Windows\\System32\\"
Process = tuple[Any, ...]  # (pid, image, command line) or, of a connection, (pid, image, user)


@dataclass(frozen=True)
class Host:
    """A machine of corp.example."""

    name: str
    ip: str
    rid: int

    @property
    def fqdn(self) -> str:
        """Its full name."""
        return f"{self.name}.corp.example"


@dataclass(frozen=True)
class Account:
    """An account of CORP, or a machine's."""

    name: str
    sid: str
    domain: str = "CORP"


@dataclass(frozen=True)
class Session:
    """A logon on one host: the logged-on account, and its logon id there."""

    account: Account
    logon_id: str
    client: Host | None = None
    port: int = 0


@dataclass(frozen=True)
class Event:
    """One event of the story, before it has a shape."""

    time: datetime
    host: Host
    channel: str
    event_id: int
    fields: dict[str, Any]
    user: str | None = None

    @property
    def about(self) -> tuple[int, int, str]:
        """Version, task and text of the event's kind."""
        return ABOUT[self.channel, self.event_id]

    @property
    def pid(self) -> int:
        """The process that logged it: the kernel for shares and processes, else the channel's service."""
        return 4 if self.event_id in (4688, 5140, 5145) else PROCESS_OF[self.channel]


def at(clock: str) -> datetime:
    """A moment of the sample day, from `HH:MM:SS.mmm`."""
    hours, minutes, seconds = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes), milliseconds=round(float(seconds) * 1000))


def user(name: str, rid: int) -> Account:
    """A domain user."""
    return Account(name, f"{DOMAIN_SID}-{rid}")


def machine(host: Host) -> Account:
    """A host's own account."""
    return Account(host.name + "$", f"{DOMAIN_SID}-{host.rid}")


def system_of(host: Host, logon_id: str = "0x3e7") -> Session:
    """The machine itself: SYSTEM, or NETWORK SERVICE with 0x3e4."""
    sid = {"0x3e7": "S-1-5-18", "0x3e4": "S-1-5-20"}[logon_id]
    return Session(Account(host.name + "$", sid), logon_id)


def security(clock: str, host: Host, event_id: int, **fields: Any) -> Event:
    """A Security event with its usual fields, some of them given."""
    return _event(clock, host, SECURITY, event_id, fields)


def logon(clock: str, host: Host, who: Session, **fields: Any) -> list[Event]:
    """A remote logon (4624) and its privileges (4672)."""
    address = {"IpAddress": who.client.ip, "IpPort": str(who.port)} if who.client else {}
    opened = security(clock, host, 4624, **_target(who), **{**address, **fields})
    return [opened, security(clock, host, 4672, **_subject(who))]


def ntlm(workstation: str) -> dict[str, Any]:
    """What a 4624 says of NTLM."""
    return {
        "LogonProcessName": "NtLmSsp ", "AuthenticationPackageName": "NTLM", "LmPackageName": "NTLM V2",
        "KeyLength": 128, "WorkstationName": workstation,
    }  # fmt: skip


def logoff(clock: str, host: Host, who: Session) -> Event:
    """The end of a session (4634)."""
    return security(clock, host, 4634, **_target(who))


def share(clock: str, host: Host, who: Session, name: str, path: str | None = None, mask: str = "0x1") -> Event:
    """A share opened (5140), or a file or pipe in it asked for (5145)."""
    fields = {**_subject(who), "IpAddress": who.client.ip if who.client else "127.0.0.1", "IpPort": str(who.port)}
    local = {"ADMIN$": "\\??\\C:\\Windows", "IPC$": ""}.get(name, f"\\??\\D:\\{name}")
    fields |= {"ShareName": f"\\\\*\\{name}", "ShareLocalPath": local}
    if path is None:
        return security(clock, host, 5140, **fields)
    return security(clock, host, 5145, **fields, RelativeTargetName=path, AccessMask=mask, AccessList=access_list(mask))


def process(clock: str, host: Host, creator: Session, child: Process, parent: Process, **more: Any) -> Event:
    """A process created (4688): child and parent are (pid, image, command line)."""
    return security(
        clock, host, 4688, **_subject(creator), NewProcessId=hex(child[0]), NewProcessName=child[1],
        CommandLine=child[2], ProcessId=hex(parent[0]), ParentProcessName=parent[1], **more,
    )  # fmt: skip


def running_as(who: Session) -> dict[str, str]:
    """The target fields of a 4688 whose child runs in another session than its creator."""
    return {"TargetUserName": who.account.name, "TargetDomainName": who.account.domain, "TargetLogonId": who.logon_id}


def sysmon_process(clock: str, host: Host, who: Session, child: Process, parent: Process) -> Event:
    """A process created (Sysmon 1): child and parent are (pid, image, command line)."""
    fields = {
        "User": f"{who.account.domain}\\{who.account.name}", "LogonId": who.logon_id,
        "ProcessGuid": _guid(host, child[0]), "ProcessId": child[0], "Image": child[1], "CommandLine": child[2],
        "ParentProcessGuid": _guid(host, parent[0]), "ParentProcessId": parent[0], "ParentImage": parent[1],
        "ParentCommandLine": parent[2],
    }  # fmt: skip
    return _sysmon(clock, host, 1, fields)


def connection(clock: str, host: Host, image: Process, source: tuple[Host, int], target: tuple[Host, int]) -> Event:
    """A TCP connection as the host saw it (Sysmon 3): image is (pid, path, user)."""
    fields = {
        "ProcessGuid": _guid(host, image[0]), "ProcessId": image[0], "Image": image[1], "User": image[2],
        "Initiated": source[0] is host, "SourceIp": source[0].ip, "SourcePort": source[1],
        "DestinationIp": target[0].ip, "DestinationPort": target[1],
    }  # fmt: skip
    return _sysmon(clock, host, 3, fields)


def service(clock: str, host: Host, who: Session, name: str, image: str, **kind: str) -> list[Event]:
    """A service installed: 4697 in Security, 7045 in System, whose UserID is the creator."""
    installed = {**_subject(who), "ServiceName": name, "ServiceFileName": image}
    return [
        security(clock, host, 4697, **installed),
        _event(clock, host, SYSTEM, 7045, {"ServiceName": name, "ImagePath": image, **kind}, who.account.sid),
    ]


def state(clock: str, host: Host, name: str, word: str) -> Event:
    """A service running or stopped (7036)."""
    binary = f"{name}/{4 if word == 'running' else 1}".encode("utf-16-le").hex().upper() + "0000"
    return _event(clock, host, SYSTEM, 7036, {"param1": name, "param2": word, "Binary": binary})


def shell(clock: str, host: Host, who: Session) -> Event:
    """A WinRM shell opened (91)."""
    return _event(clock, host, WINRM, 91, {"shellId": _guid(host, 91)}, who.account.sid)


def explicit(clock: str, host: Host, who: Session, target: Host, service_class: str, caller: Process) -> Event:
    """A logon with given credentials for another host (4648), seen on the source: caller is (pid, image)."""
    return security(
        clock, host, 4648, **_subject(who), TargetUserName=who.account.name, TargetDomainName=who.account.domain,
        TargetServerName=target.fqdn, TargetInfo=f"{service_class}/{target.fqdn}", ProcessId=hex(caller[0]),
        ProcessName=caller[1],
    )  # fmt: skip


def ticket(clock: str, controller: Host, who: Account, server: Host, client: Host, port: int) -> Event:
    """A service ticket for a host, asked of the domain controller (4769)."""
    return security(
        clock, controller, 4769, TargetUserName=f"{who.name}@CORP.EXAMPLE", ServiceName=server.name + "$",
        ServiceSid=machine(server).sid, IpAddress=f"::ffff:{client.ip}", IpPort=str(port),
    )  # fmt: skip


def task(clock: str, host: Host, who: Session, name: str, command: tuple[str, str]) -> Event:
    """A scheduled task registered (4698); command is (program, arguments)."""
    content = (
        '<?xml version="1.0" encoding="UTF-16"?>\r\n'
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\r\n'
        "  <Principals><Principal><UserId>S-1-5-18</UserId></Principal></Principals>\r\n"
        f"  <Actions><Exec><Command>{command[0]}</Command><Arguments>{command[1]}</Arguments></Exec></Actions>\r\n"
        "</Task>"
    )
    return security(clock, host, 4698, **_subject(who), TaskName=name, TaskContent=content, FQDN=host.fqdn)


def _event(clock: str, host: Host, channel: str, event_id: int, fields: dict[str, Any], by: str | None = None) -> Event:
    form = FORMS[channel, event_id]
    if unknown := fields.keys() - form.keys():
        raise KeyError(f"{channel} {event_id} has no {sorted(unknown)}")
    return Event(at(clock), host, channel, event_id, {**form, **fields}, by)


def _sysmon(clock: str, host: Host, event_id: int, fields: dict[str, Any]) -> Event:
    written = at(clock) - timedelta(milliseconds=9)
    stamp = written.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return _event(clock, host, SYSMON, event_id, {"UtcTime": stamp, **fields}, "S-1-5-18")


def _subject(who: Session) -> dict[str, str]:
    return {
        "SubjectUserSid": who.account.sid, "SubjectUserName": who.account.name,
        "SubjectDomainName": who.account.domain, "SubjectLogonId": who.logon_id,
    }  # fmt: skip


def _target(who: Session) -> dict[str, str]:
    return {"TargetUserSid": who.account.sid, **running_as(who)}


def _guid(host: Host, number: int) -> str:
    return str(uuid5(NAMESPACE_DNS, f"{number}.{host.fqdn}")).upper()
