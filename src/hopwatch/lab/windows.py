"""Logons, shares, services and tasks as a Windows host logs them."""

from __future__ import annotations

from hopwatch.lab.event import Event
from hopwatch.lab.scene import Scene
from hopwatch.lab.world import LOCAL_ID, NETWORK_ID, SYSTEM_ID, Account, Host, Process, Session

# The codes beside an access mask (Windows security event 5145).
ACCESS = {
    0x1: "%%4416", 0x2: "%%4417", 0x3: "%%4416 %%4417", 0x80: "%%4423", 0x10080: "%%1537 %%4423",
    0x100080: "%%1541 %%4423",
    0x100081: "%%1541 %%4416 %%4423", 0x120089: "%%1538 %%1541 %%4416 %%4419 %%4423",
    0x120196: "%%1538 %%1541 %%4417 %%4418 %%4420 %%4423 %%4424",
    0x12019F: "%%1538 %%1541 %%4416 %%4417 %%4418 %%4419 %%4420 %%4423 %%4424",
    0x17019F: "%%1537 %%1538 %%1539 %%1540 %%1541 %%4416 %%4417 %%4418 %%4419 %%4420 %%4423 %%4424",
}  # fmt: skip
STATES = {"running": 4, "stopped": 1}
SHARES = {"ADMIN$": "\\??\\C:\\Windows", "C$": "\\??\\C:\\", "IPC$": "", "SYSVOL": "\\??\\C:\\Windows\\SYSVOL\\sysvol"}
WORDS = {mask: "".join(f"{code}\r\n\t\t\t\t" for code in codes.split()) for mask, codes in ACCESS.items()}


def subject(session: Session) -> dict[str, str]:
    """The fields that say who acted."""
    account = session.account
    return {
        "SubjectUserSid": account.sid, "SubjectUserName": account.name, "SubjectDomainName": account.domain,
        "SubjectLogonId": session.hex_id,
    }  # fmt: skip


def target(session: Session) -> dict[str, str]:
    """The fields that say whose session it is; the machine's own is named SYSTEM here."""
    account = session.account
    if account.sid == "S-1-5-18" and account.kind == "system":
        return {
            "TargetUserSid": account.sid, "TargetUserName": "SYSTEM", "TargetDomainName": "NT AUTHORITY",
            "TargetLogonId": session.hex_id,
        }  # fmt: skip
    return {
        "TargetUserSid": account.sid, "TargetUserName": account.name, "TargetDomainName": account.domain,
        "TargetLogonId": session.hex_id,
    }  # fmt: skip


def logon(scene: Scene, session: Session, **fields: str) -> Event | None:
    """Write a logon (4624), and its privileges (4672) just before it."""
    strong = session.account.privileged or session.account is session.host.account
    if strong:
        scene.log(session.host, "security.4672", _strong(session))
    nowhere = "-" if session.ip == "-" else "0"
    address = {"IpAddress": session.ip, "IpPort": str(session.port) if session.port else nowhere}
    level = {"ElevatedToken": "%%1842" if strong else "%%1843", "LogonType": str(session.kind)}
    return scene.log(session.host, "security.4624", {**target(session), **level, **address, **fields})


def started_by(process: Process) -> dict[str, str]:
    """The fields of a logon that a process of the host itself asked for."""
    return {**subject(process.session), "ProcessId": hex(process.pid), "ProcessName": process.image}


def logoff(scene: Scene, session: Session) -> None:
    """Write the end of a session (4634)."""
    scene.log(session.host, "security.4634", {**target(session), "LogonType": str(session.kind)})


def service_logon(scene: Scene, host: Host, name: str = "SYSTEM") -> None:
    """Write the logon of a service account of the machine (4624 type 5)."""
    session = host.own[name]
    kind = {"LogonType": "5", "LogonProcessName": "Advapi  ", "AuthenticationPackageName": "Negotiate"}
    fields = {**started_by(host.running["services"]), **target(session), **kind, "ElevatedToken": "%%1842"}
    scene.log(host, "security.4624", fields)
    scene.log(host, "security.4672", _strong(session))


def _strong(session: Session) -> dict[str, str]:
    return {key.replace("Target", "Subject"): value for key, value in target(session).items()}


def share(scene: Scene, session: Session, name: str) -> None:
    """Write that a share was opened (5140)."""
    scene.log(session.host, "security.5140", _share(session, name))


def access(scene: Scene, session: Session, name: str, path: str, mask: int) -> None:
    """Write that a file or pipe in a share was asked for (5145)."""
    asked = {"RelativeTargetName": path, "AccessMask": hex(mask), "AccessList": WORDS[mask]}
    scene.log(session.host, "security.5145", {**_share(session, name), **asked})


def _share(session: Session, name: str) -> dict[str, str]:
    local = SHARES.get(name, f"\\??\\D:\\Shares\\{name}")
    return {
        **subject(session), "IpAddress": session.ip, "IpPort": str(session.port), "ShareName": f"\\\\*\\{name}",
        "ShareLocalPath": local,
    }  # fmt: skip


def explicit(scene: Scene, process: Process, account: Account, server: str, info: str) -> None:
    """Write that a process used explicit credentials (4648)."""
    fields = {
        **subject(process.session), "TargetUserName": account.name, "TargetDomainName": account.domain,
        "TargetLogonGuid": scene.guid(), "TargetServerName": server, "TargetInfo": info,
        "ProcessId": hex(process.pid), "ProcessName": process.image,
    }  # fmt: skip
    scene.log(process.host, "security.4648", fields)


def installed(scene: Scene, session: Session, name: str, image: str, start: str = "demand start") -> None:
    """Write that a service was installed: 4697, 7045 whose UserID is the creator, and the registry values."""
    host = session.host
    audit = {"ServiceName": name, "ServiceFileName": image, "ServiceStartType": "2" if start == "auto start" else "3"}
    scene.log(host, "security.4697", {**subject(session), **audit})
    event = scene.log(host, "system.7045", {"ServiceName": name, "ImagePath": image, "StartType": start})
    if event is not None:
        event.user = session.account.sid
    key = f"HKLM\\System\\CurrentControlSet\\Services\\{name}\\"
    number = "DWORD (0x00000002)" if start == "auto start" else "DWORD (0x00000003)"
    services = host.running["services"]
    scene.sysmon(services, "sysmon.13", {"TargetObject": key + "Start", "Details": number})
    scene.sysmon(services, "sysmon.13", {"TargetObject": key + "ImagePath", "Details": image})


def removed(scene: Scene, host: Host, name: str) -> None:
    """Write that a service was marked for deletion (Sysmon 13: Start becomes 4)."""
    key = f"HKLM\\System\\CurrentControlSet\\Services\\{name}\\Start"
    scene.sysmon(host.running["services"], "sysmon.13", {"TargetObject": key, "Details": "DWORD (0x00000004)"})


def state(scene: Scene, host: Host, name: str, now: str) -> None:
    """Write a service's new state (7036)."""
    binary = f"{name}/{STATES[now]}".encode("utf-16-le").hex().upper() + "0000"
    scene.log(host, "system.7036", {"param1": name, "param2": now, "Binary": binary})


def network_session(scene: Scene, host: Host, account: Account, ip: str = "-", port: int = 0) -> Session:
    """Open a session of a logon over the network, not yet written."""
    return Session(host, account, host.logon_id(scene.step(23, 900)), 3, ip, port, scene.guid())


def own_sessions(host: Host, netbios: str) -> dict[str, Session]:
    """The sessions of the machine itself, as it names them when they act."""
    named = (("SYSTEM", "S-1-5-18", SYSTEM_ID), ("NETWORK", "S-1-5-20", NETWORK_ID), ("LOCAL", "S-1-5-19", LOCAL_ID))
    return {
        short: Session(host, Account(host.name.upper() + "$", sid, netbios, "system"), number, 5)
        for short, sid, number in named
    }
