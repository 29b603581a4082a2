"""The intruder: a program on a foothold, what it steals, and what it does once it has moved."""

from __future__ import annotations

import random

from hopwatch.lab.auth import tgt
from hopwatch.lab.benign import people
from hopwatch.lab.forms import table
from hopwatch.lab.processes import SYSTEM32, opened, start, wrote
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import shell_child
from hopwatch.lab.windows import logon, network_session, started_by, subject
from hopwatch.lab.world import Account, Process


class Intruder:
    """Where the intruder is: the process that acts there."""

    def __init__(self, user: Account) -> None:
        self.user = user
        assert user.home is not None
        self.place = user.home
        self._beacon: Process | None = None

    @property
    def beacon(self) -> Process:
        """The process that acts for the intruder."""
        assert self._beacon is not None
        return self._beacon

    def arrive(self, scene: Scene) -> None:
        """Get a foothold: the user opens a program."""
        host = self.place
        if host.desktop is None:
            people.arrive(scene, host, self.user)
            scene.wait(60, 600)
        explorer = host.running["explorer"]
        lure = f"C:\\Users\\{self.user.name}\\Downloads\\{scene.dice.choice(table('software')['lures'])}"
        wrote(scene, explorer, lure)
        self._beacon = start(scene, explorer, lure, f'"{lure}"')
        for command in ("cmd.exe /c whoami /all", 'cmd.exe /c net group "Domain Admins" /domain'):
            scene.wait(20, 200)
            shell_child(scene, self._beacon, command)

    def land(self, process: Process) -> None:
        """Act from now on through what was run on the target."""
        self.place, self._beacon = process.host, process

    def acting_as(self, scene: Scene, account: Account) -> Process:
        """Take on a stolen account on this host with a logon of its own (make_token: type 9), where it is not its."""
        if self.beacon.session.account is account:
            return self.beacon
        process = overlay(scene, self.beacon, account)
        tgt(scene, self.place, account)
        return process

    def steal(self, scene: Scene, account: Account, dice: random.Random) -> str:
        """Take an account's credentials from this host, and say how: from memory (Sysmon 10), the SAM, or a file."""
        if account.kind == "local":
            shell_child(scene, self.beacon, "cmd.exe /c reg save HKLM\\SAM C:\\Windows\\Temp\\s.tmp /y")
            return "hash from the SAM"
        how: str = dice.choice(("memory of lsass", "memory of lsass", "dump of lsass", "password in a script"))
        lsass = self.place.running["lsass"]
        if how == "memory of lsass":
            opened(scene, self.beacon, lsass, dice.choice(("0x1010", "0x1410", "0x1438")))
        elif how == "dump of lsass":
            line = (
                f"rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump {lsass.pid} C:\\Windows\\Temp\\d.bin full"
            )
            dumper = shell_child(scene, self.beacon, f"cmd.exe /c {line}")
            opened(scene, dumper, lsass, "0x1fffff")
        else:
            shell_child(scene, self.beacon, "cmd.exe /c findstr /si password C:\\Scripts\\*.ps1")
        return how

    def clear_logs(self, scene: Scene) -> None:
        """Clear the Security log (1102)."""
        shell_child(scene, self.beacon, "cmd.exe /c wevtutil cl Security")
        scene.wait(0.1, 0.5)
        scene.log(self.place, "eventlog.1102", subject(self.beacon.session))

    def create_account(self, scene: Scene, dice: random.Random) -> None:
        """Create a local administrator (4720, 4732)."""
        host, name = self.place, dice.choice(table("software")["intruder_accounts"])
        shell_child(scene, self.beacon, f"cmd.exe /c net user {name} Summer2026! /add")
        sid = f"S-1-5-21-{host.rid}-884213-1009"
        who = subject(self.beacon.session)
        made = {"TargetUserName": name, "TargetDomainName": host.name.upper(), "TargetSid": sid, "SamAccountName": name}
        scene.log(host, "security.4720", {**made, **who})
        scene.wait(1, 4)
        shell_child(scene, self.beacon, f"cmd.exe /c net localgroup Administrators {name} /add")
        scene.log(host, "security.4732", {"MemberSid": sid, **who})


def overlay(scene: Scene, process: Process, account: Account) -> Process:
    """Start a program with other credentials for the network: a logon of type 9, whose own user stays the same."""
    host = process.host
    session = network_session(scene, host, process.session.account, "::1")
    session.kind = 9
    fields = {
        "LogonProcessName": "seclogo", "AuthenticationPackageName": "Negotiate", "IpPort": "0",
        "TargetOutboundUserName": account.name, "TargetOutboundDomainName": account.domain,
    }  # fmt: skip
    logon(scene, session, **started_by(_caller(process)), **fields)
    return start(scene, process, SYSTEM32 + "cmd.exe", "cmd.exe", session)


def _caller(process: Process) -> Process:
    """The secondary logon service logs on for the caller."""
    host = process.host
    service = Process(host, host.running["schedule"].pid, SYSTEM32 + "svchost.exe", "", process.session, process.guid)
    return service
