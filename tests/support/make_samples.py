"""Writes the sample logs that hopwatch ships: `python -m tests.support.make_samples`. All in them is invented.

The story of 10 March 2026 at corp.example: from WS01 an intruder with the account adm.keller runs PsExec on SRV01, from
there WMI on SRV02, and from SRV02 a scheduled task on the domain controller. WS03 opens a remote PowerShell on SRV05.
Around it, the day's ordinary work.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.support.evtx_writer import write
from tests.support.story.events import (
    WINDOWS,
    Account,
    Event,
    Host,
    Session,
    connection,
    explicit,
    logoff,
    logon,
    machine,
    ntlm,
    process,
    running_as,
    service,
    share,
    shell,
    state,
    sysmon_process,
    system_of,
    task,
    ticket,
    user,
)
from tests.support.story.shapes import evtx, forwarded, lines, nxlog, winlogbeat

FOLDER = Path(__file__).parents[2] / "samples"

WS01, WS03 = Host("WS01", "10.20.1.11", 1601), Host("WS03", "10.20.1.13", 1603)
SRV01, SRV02 = Host("SRV01", "10.20.2.21", 1621), Host("SRV02", "10.20.2.22", 1622)
SRV05, JMP01 = Host("SRV05", "10.20.2.25", 1625), Host("JMP01", "10.20.3.5", 1630)
DC01, WEC01 = Host("DC01", "10.20.0.10", 1000), Host("WEC01", "10.20.0.20", 1640)
KELLER, HUBER, BRANDT = user("adm.keller", 1118), user("m.huber", 1142), user("adm.brandt", 1119)

SERVICES = (620, WINDOWS + "services.exe", WINDOWS + "services.exe")
DCOM = (812, WINDOWS + "svchost.exe", WINDOWS + "svchost.exe -k DcomLaunch -p")
NETSVCS = (1096, WINDOWS + "svchost.exe", WINDOWS + "svchost.exe -k netsvcs -p -s Schedule")
WMI = (3120, WINDOWS + "wbem\\WmiPrvSE.exe", WINDOWS + "wbem\\wmiprvse.exe -secured -Embedding")
POWERSHELL = WINDOWS + "WindowsPowerShell\\v1.0\\powershell.exe"
Shape = Callable[[Event, int], dict[str, Any]]


def psexec() -> list[Event]:
    """PsExec from WS01 on SRV01, as SRV01's Security and System logs show it."""
    who = Session(KELLER, "0x3c51f2", WS01, 50211)
    psexesvc = (4688, "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\PSEXESVC.exe")
    cmd = (4920, WINDOWS + "cmd.exe", '"cmd.exe" /c "whoami /all & ipconfig"')
    pipes = [share(f"09:14:03.4{n}2", SRV01, who, "IPC$", f"PSEXESVC-WS01-1234-{end}", "0x12019f")
             for n, end in enumerate(("stdin", "stdout", "stderr"))]  # fmt: skip
    return [
        *logon("09:14:02.118", SRV01, who, **ntlm("WS01")),
        share("09:14:02.131", SRV01, who, "IPC$"),
        share("09:14:02.140", SRV01, who, "ADMIN$"),
        share("09:14:02.152", SRV01, who, "ADMIN$", "PSEXESVC.exe", "0x120196"),
        share("09:14:02.390", SRV01, who, "IPC$", "svcctl", "0x12019f"),
        *service("09:14:02.471", SRV01, who, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"),
        process("09:14:02.530", SRV01, system_of(SRV01), psexesvc, SERVICES),
        state("09:14:02.581", SRV01, "PSEXESVC", "running"),
        share("09:14:02.702", SRV01, who, "IPC$", "PSEXESVC", "0x12019f"),
        *pipes,
        process("09:14:03.518", SRV01, system_of(SRV01), cmd, psexesvc, **running_as(who)),
        state("09:14:09.220", SRV01, "PSEXESVC", "stopped"),
        share("09:14:09.301", SRV01, who, "ADMIN$", "PSEXESVC.exe", "0x10080"),
        logoff("09:14:19.870", SRV01, who),
    ]


def wmiexec() -> list[Event]:
    """impacket's wmiexec from SRV01 on SRV02: each command's output goes to ADMIN$ and is fetched over SMB."""
    who = Session(KELLER, "0x8f21c4", SRV01, 51850)
    fetch = Session(KELLER, "0x8f2238", SRV01, 51848)
    itself = Session(KELLER, "0x8f23b0", None, 51860)
    rpcss = (912, WINDOWS + "svchost.exe", "NT AUTHORITY\\NETWORK SERVICE")
    winmgmt = (1096, WINDOWS + "svchost.exe", "NT AUTHORITY\\SYSTEM")
    events = [
        connection("09:31:10.020", SRV02, (4, "System", "NT AUTHORITY\\SYSTEM"), (SRV01, 51848), (SRV02, 445)),
        *logon("09:31:10.044", SRV02, fetch, **ntlm("")),
        share("09:31:10.061", SRV02, fetch, "IPC$"),
        connection("09:31:10.212", SRV02, rpcss, (SRV01, 51849), (SRV02, 135)),
        connection("09:31:10.260", SRV02, winmgmt, (SRV01, 51850), (SRV02, 49667)),
        *logon("09:31:10.281", SRV02, who, **ntlm("")),
    ]
    commands = ("cd \\", "whoami", 'net group "Domain Admins" /domain', "nltest /dclist:corp.example")
    for number, command in enumerate(commands):
        second = 11 + 4 * number
        output = "__1773135070.5184622"
        line = f"cmd.exe /Q /c {command} 1> \\\\127.0.0.1\\ADMIN$\\{output} 2>&1"
        child = (5200 + 52 * number, WINDOWS + "cmd.exe", line)
        events += [
            process(f"09:31:{second}.402", SRV02, system_of(SRV02, "0x3e4"), child, WMI, **running_as(who)),
            sysmon_process(f"09:31:{second}.410", SRV02, who, child, WMI),
            share(f"09:31:{second}.455", SRV02, itself, "ADMIN$", output, "0x120196"),
            share(f"09:31:{second + 1}.310", SRV02, fetch, "ADMIN$", output, "0x120089"),
            share(f"09:31:{second + 1}.388", SRV02, fetch, "ADMIN$", output, "0x10080"),
        ]
    return [*events, logoff("09:31:41.005", SRV02, who), logoff("09:31:41.009", SRV02, fetch)]


def remoting() -> list[Event]:
    """Invoke-Command from WS03 on SRV05, both hosts' logs; and the event forwarding that also uses port 5985."""
    here = Session(BRANDT, "0x41a07c")
    there = Session(BRANDT, "0x5b9e13")
    caller = (6104, POWERSHELL, "CORP\\adm.brandt")
    host = (5316, WINDOWS + "wsmprovhost.exe", WINDOWS + "wsmprovhost.exe -Embedding")
    command = (5472, WINDOWS + "HOSTNAME.EXE", '"C:\\Windows\\system32\\HOSTNAME.EXE"')
    winrm = (1180, WINDOWS + "svchost.exe", "NT AUTHORITY\\NETWORK SERVICE")
    forwarding = [
        connection(f"10:0{minute}:12.3{minute}0", sender, winrm, (sender, 49800 + minute), (WEC01, 5985))
        for minute in (0, 4, 8)
        for sender in (WS03, SRV05)
    ]
    story = [
        sysmon_process("10:02:40.120", WS03, here, (6104, POWERSHELL, f'"{POWERSHELL}"'),
                       (5880, "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE")),
        explicit("10:03:05.201", WS03, here, SRV05, "HTTP", (6104, POWERSHELL)),
        connection("10:03:05.233", WS03, caller, (WS03, 50477), (SRV05, 5985)),
        connection("10:03:05.236", SRV05, (4, "System", "NT AUTHORITY\\SYSTEM"), (WS03, 50477), (SRV05, 5985)),
        *logon("10:03:05.290", SRV05, there),
        shell("10:03:05.340", SRV05, there),
        process("10:03:05.420", SRV05, system_of(SRV05), host, DCOM, **running_as(there)),
        sysmon_process("10:03:05.431", SRV05, there, host, DCOM),
        process("10:03:06.377", SRV05, there, command, host),
        sysmon_process("10:03:06.384", SRV05, there, command, host),
        logoff("10:03:07.020", SRV05, there),
    ]  # fmt: skip
    return sorted(forwarding + story, key=lambda event: event.time)


def collected() -> list[Event]:
    """What a collector holds in ForwardedEvents: a task from SRV02 on the domain controller, amid the day's logons."""
    who = Session(KELLER, "0x1d07a55", SRV02, 52034)
    run = ("cmd.exe", "/C whoami > %windir%\\Temp\\kx81.tmp 2>&1")
    child = (7012, WINDOWS + "cmd.exe", " ".join(run))
    update = '"C:\\Program Files (x86)\\Edge\\update.exe" /svc'
    return [
        *_machines(DC01, "09:40", (WS01, WS03, SRV01, SRV05)),
        *logon("09:47:51.310", DC01, who, **ntlm("SRV02")),
        share("09:47:51.322", DC01, who, "IPC$"),
        share("09:47:51.340", DC01, who, "IPC$", "atsvc", "0x12019f"),
        task("09:47:51.402", DC01, who, "\\kx81", run),
        process("09:47:51.633", DC01, system_of(DC01), child, NETSVCS),
        logoff("09:47:54.871", DC01, who),
        ticket("10:03:05.251", DC01, BRANDT, SRV05, WS03, 50470),
        *_files(SRV05, "10:10"),
        *service("10:21:40.117", JMP01, system_of(JMP01), "edgeupdate", update),
        state("10:21:41.020", JMP01, "edgeupdate", "running"),
        *_machines(SRV05, "10:30", (JMP01, WS01)),
    ]


def ordinary() -> list[Event]:
    """A file server's quiet morning: people open their files, machines log on, an update installs its service."""
    backup = Session(Account("svc_backup", user("svc_backup", 1150).sid), "0x77a91f", JMP01, 53310)
    agent = (2980, "C:\\Program Files\\Agent\\agentsvc.exe", '"C:\\Program Files\\Agent\\agentsvc.exe" --service')
    return [
        *_files(SRV05, "08:01"),
        *_machines(SRV05, "08:05", (WS01, WS03, JMP01)),
        *logon("08:20:00.412", SRV05, backup, LogonGuid="5B1E8F60-3E7C-4E53-9B1A-0C5E8A7D2F11"),
        share("08:20:00.430", SRV05, backup, "Backup$"),
        share("08:20:00.466", SRV05, backup, "Backup$", "2026-03-10\\set.vhdx", "0x120196"),
        logoff("08:24:31.600", SRV05, backup),
        *service("08:40:12.050", SRV05, system_of(SRV05), "InventoryAgent", agent[2], StartType="auto start"),
        process("08:40:12.380", SRV05, system_of(SRV05), agent, SERVICES),
        state("08:40:12.410", SRV05, "InventoryAgent", "running"),
        *_files(SRV05, "08:55"),
    ]


def _files(server: Host, clock: str) -> list[Event]:
    """A user reads and saves a document on a share."""
    who = Session(HUBER, f"0x9{clock.replace(':', '')}a", WS03, 51022)
    return [
        *logon(f"{clock}:04.100", server, who),
        share(f"{clock}:04.122", server, who, "Projects"),
        share(f"{clock}:04.140", server, who, "Projects", "plan\\budget.xlsx", "0x120089"),
        share(f"{clock}:31.710", server, who, "Projects", "plan\\budget.xlsx", "0x120196"),
        logoff(f"{clock}:58.301", server, who),
    ]


def _machines(server: Host, clock: str, clients: Iterable[Host]) -> list[Event]:
    """Machine accounts log on over the network, as they do all day."""
    events: list[Event] = []
    for number, client in enumerate(clients):
        who = Session(machine(client), f"0x6{clock.replace(':', '')}{number}", client, 52100 + number)
        opened = f"{clock}:{10 + number}.250"
        events += [*logon(opened, server, who)[:1], logoff(f"{clock}:{20 + number}.250", server, who)]
    return events


def build() -> dict[str, bytes]:
    """The content of every sample by file name."""
    return {
        "psexec-target.evtx": write(_records(psexec(), evtx, 48_211)),
        "wmi-winlogbeat.ndjson": lines(_records(wmiexec(), winlogbeat, 911_400)),
        "winrm-nxlog.json.gz": gzip.compress(lines(_records(remoting(), nxlog, 70_300)), mtime=0),
        "forwarded-events.evtx": write(_records(collected(), forwarded, 1_204_500)),
        "admin-noise.evtx": write(_records(ordinary(), evtx, 30_077)),
    }


def _records(events: list[Event], shape: Shape, first: int) -> list[dict[str, Any]]:
    return [shape(event, number) for number, event in enumerate(events, first)]


if __name__ == "__main__":
    for name, content in build().items():
        (FOLDER / name).write_bytes(content)
