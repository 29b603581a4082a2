"""Processes: what starts them, in whose session they run, and the files, pipes and values that they touch."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from hopwatch.lab.clock import iso
from hopwatch.lab.scene import Scene
from hopwatch.lab.windows import subject, target
from hopwatch.lab.world import Host, Process, Session

SYSTEM32 = "C:\\Windows\\System32\\"
NAMES = {
    "SYSTEM": "NT AUTHORITY\\SYSTEM",
    "NETWORK": "NT AUTHORITY\\NETWORK SERVICE",
    "LOCAL": "NT AUTHORITY\\LOCAL SERVICE",
}
OWN = {"S-1-5-18": "SYSTEM", "S-1-5-20": "NETWORK", "S-1-5-19": "LOCAL"}
CONHOST = "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1"
# What runs on every Windows host from its start: name, session, image, command line.
ALWAYS = (
    ("services", "SYSTEM", SYSTEM32 + "services.exe", SYSTEM32 + "services.exe"),
    ("lsass", "SYSTEM", SYSTEM32 + "lsass.exe", SYSTEM32 + "lsass.exe"),
    ("winlogon", "SYSTEM", SYSTEM32 + "winlogon.exe", "winlogon.exe"),
    ("dcom", "SYSTEM", SYSTEM32 + "svchost.exe", "C:\\Windows\\system32\\svchost.exe -k DcomLaunch -p"),
    ("rpcss", "NETWORK", SYSTEM32 + "svchost.exe", "C:\\Windows\\system32\\svchost.exe -k RPCSS -p"),
    ("schedule", "SYSTEM", SYSTEM32 + "svchost.exe", "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule"),
    ("wmi", "SYSTEM", SYSTEM32 + "svchost.exe", "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Winmgmt"),
    ("winrm", "NETWORK", SYSTEM32 + "svchost.exe", "C:\\Windows\\System32\\svchost.exe -k NetworkService -p -s WinRM"),
    (
        "eventlog",
        "LOCAL",
        SYSTEM32 + "svchost.exe",
        "C:\\Windows\\System32\\svchost.exe -k LocalServiceNetworkRestricted -p -s EventLog",
    ),
    ("rdp", "NETWORK", SYSTEM32 + "svchost.exe", "C:\\Windows\\System32\\svchost.exe -k termsvcs -s TermService"),
    ("dns", "NETWORK", SYSTEM32 + "svchost.exe", "C:\\Windows\\system32\\svchost.exe -k NetworkService -p -s Dnscache"),
)


def boot(scene: Scene, host: Host) -> None:
    """Set up what always runs, without events: the host was started before the lab began."""
    host.running["kernel"] = Process(host, 4, "System", "", host.own["SYSTEM"], scene.guid())
    for name, session, image, command in ALWAYS:
        pid = 600 + 4 * scene.step(1, 700)
        host.running[name] = Process(host, pid, image, command, host.own[session], scene.guid())


def start(scene: Scene, parent: Process, image: str, command: str, session: Session | None = None) -> Process:
    """Start a process (4688 and Sysmon 1) in its parent's session, or in another."""
    session = session or parent.session
    host = parent.host
    process = Process(host, host.pid(scene.step(3, 60)), image, command, session, scene.guid(), parent)
    scene.log(host, "security.4688", _audit(process, parent))
    scene.sysmon(process, "sysmon.1", _sysmon(process, parent), delay=0.004)
    return process


def console(scene: Scene, parent: Process) -> None:
    """Start the console host of a command-line program."""
    start(scene, parent, SYSTEM32 + "conhost.exe", CONHOST)


def _audit(process: Process, parent: Process) -> dict[str, str]:
    """A 4688 names the creator's session as subject, and the child's as target only where it is another."""
    other = target(process.session) if process.session is not parent.session else {}
    return {
        **subject(parent.session), "NewProcessId": hex(process.pid), "NewProcessName": process.image,
        "ProcessId": hex(parent.pid), "CommandLine": process.command if process.host.command_lines else "", **other,
        "ParentProcessName": parent.image, "MandatoryLabel": f"S-1-16-{_level(process.session)[1]}",
    }  # fmt: skip


def _sysmon(process: Process, parent: Process) -> dict[str, str]:
    name = process.image.rsplit("\\", 1)[-1]
    return {
        "OriginalFileName": name, "CommandLine": process.command, "User": user_of(process.session),
        "LogonGuid": process.session.guid, "LogonId": process.session.hex_id, "Hashes": hashes(process.image),
        "TerminalSessionId": _terminal(process.session, parent.session),
        "IntegrityLevel": _level(process.session)[0], "ParentProcessGuid": parent.guid,
        "ParentProcessId": str(parent.pid), "ParentImage": parent.image, "ParentCommandLine": parent.command,
    }  # fmt: skip


def _terminal(session: Session, creator: Session) -> str:
    """Desktops are in a session of their own; other credentials for the network (type 9) leave it as it is."""
    kind = creator.kind if session.kind == 9 else session.kind
    return "1" if kind in (2, 9, 10, 11) else "0"


def _level(session: Session) -> tuple[str, str]:
    if session.account.kind == "system":
        return "System", "16384"
    return ("High", "12288") if session.account.privileged else ("Medium", "8192")


def user_of(session: Session) -> str:
    """The user of a session as Sysmon names it."""
    own = OWN.get(session.account.sid)
    return NAMES[own] if own else f"{session.account.domain}\\{session.account.name}"


@lru_cache(maxsize=4096)
def hashes(image: str) -> str:
    """Hashes of a program: of its path, as there is no file."""
    text = image.lower().encode()
    md5, sha = hashlib.md5(text, usedforsecurity=False), hashlib.sha256(text)
    return f"MD5={md5.hexdigest().upper()},SHA256={sha.hexdigest().upper()}"


def wrote(scene: Scene, process: Process, path: str) -> None:
    """Write that a process created a file (Sysmon 11)."""
    fields = {"TargetFilename": path, "CreationUtcTime": iso(scene.time).replace("T", " ")}
    scene.sysmon(process, "sysmon.11", fields)


def value_set(scene: Scene, process: Process, key: str, details: str) -> None:
    """Write that a process set a registry value (Sysmon 13)."""
    scene.sysmon(process, "sysmon.13", {"TargetObject": key, "Details": details})


def pipe(scene: Scene, process: Process, name: str, created: bool = True) -> None:
    """Write that a process created a named pipe, or connected to one (Sysmon 17, 18)."""
    scene.sysmon(process, "sysmon.17" if created else "sysmon.18", {"PipeName": "\\" + name})


def opened(scene: Scene, process: Process, other: Process, rights: str) -> None:
    """Write that a process opened another one (Sysmon 10)."""
    fields = {
        "SourceProcessGUID": process.guid, "SourceProcessId": str(process.pid),
        "SourceThreadId": str(4 * scene.step(200, 2000)), "SourceImage": process.image,
        "TargetProcessGUID": other.guid, "TargetProcessId": str(other.pid), "TargetImage": other.image,
        "GrantedAccess": rights,
    }  # fmt: skip
    event = scene.log(process.host, "sysmon.10", {"UtcTime": iso(scene.time).replace("T", " "), **fields})
    if event is not None:
        event.user = "S-1-5-18"


def loaded(scene: Scene, process: Process, library: str) -> None:
    """Write that a process loaded a library (Sysmon 7)."""
    path = SYSTEM32 + library
    fields = {
        "ImageLoaded": path,
        "OriginalFileName": library,
        "Hashes": hashes(path),
        "User": user_of(process.session),
    }
    scene.sysmon(process, "sysmon.7", fields)


def provider_host(scene: Scene, host: Host) -> Process:
    """Give the WMI provider host, started where it is not running (it ends after some idle minutes)."""
    known = host.running.get("wmiprvse")
    if known is None or scene.time > host.idle_at:
        command = "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding"
        known = start(scene, host.running["dcom"], SYSTEM32 + "wbem\\WmiPrvSE.exe", command, host.own["NETWORK"])
        host.running["wmiprvse"] = known
        fields = {
            "ProviderName": "CIMWin32", "ProcessID": str(known.pid),
            "ProviderPath": "%systemroot%\\system32\\wbem\\cimwin32.dll",
        }  # fmt: skip
        scene.log(host, "wmi.5857", fields)
    host.idle_at = scene.time + 300
    return known
