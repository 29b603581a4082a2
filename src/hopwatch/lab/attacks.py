"""Intrusions by name: a foothold, stolen credentials, and two to four movements with one tool."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hopwatch.lab.auth import Move
from hopwatch.lab.build import local_admin
from hopwatch.lab.clock import DAY, HOUR, weekday
from hopwatch.lab.forms import table
from hopwatch.lab.intruder import Intruder, overlay
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tools import copy, dcom, psexec, rdp, service_push, services, smbexec, tasks, winrm, wmi
from hopwatch.lab.tools.job import Job
from hopwatch.lab.truth import Campaign, TrueHop
from hopwatch.lab.world import Account, Host, Organisation, Process, Segment
from hopwatch.model.errors import InputError

SOON = (0.1 * HOUR, 1.5 * HOUR)  # between two movements
Tool = Callable[[Scene, Move, Job], Process]


@dataclass(frozen=True)
class Way:
    """How an intrusion goes."""

    tool: Tool
    technique: str
    also: tuple[str, ...] = ()
    impacket: bool = False  # spoken by a program of the intruder's own, with NTLM
    steal: str = "admin"  # kind of the stolen account
    purpose: str = ""
    gap: tuple[float, float] = SOON
    name: str = ""  # of service or task
    twist: str = ""


def _desktop(scene: Scene, move: Move, job: Job) -> Process:
    return rdp.rdp(scene, move)[1]


WAYS: dict[str, Way] = {
    "psexec": Way(psexec.psexec, "psexec"),
    "psexec_renamed": Way(psexec.psexec, "psexec_like", ("psexec",), name="WinDefUpd"),
    "smbexec": Way(smbexec.smbexec, "smbexec", impacket=True),
    "impacket_psexec": Way(service_push.impacket_psexec, "psexec_like", ("remote_service", "psexec"), impacket=True),
    "wmiexec": Way(wmi.wmiexec, "wmi_exec", impacket=True),
    "wmic": Way(wmi.wmic, "wmi_exec"),
    "winrm": Way(winrm.invoke_command, "winrm_exec"),
    "atexec": Way(tasks.atexec, "remote_task", impacket=True),
    "schtasks": Way(tasks.schtasks, "remote_task", name="GoogleUpdateTaskMachineCore2"),
    "sc": Way(services.sc, "remote_service", name="WinHealthSvc"),
    "scshell": Way(services.scshell, "remote_service"),
    "dcom": Way(dcom.mmc20, "dcom_exec"),
    "share_copy": Way(copy.copy_and_run, "wmi_exec", ("admin_share_copy",)),
    "pass_the_hash": Way(psexec.psexec, "psexec", ("pass_the_hash",), steal="local", twist="hash"),
    "relay": Way(smbexec.smbexec, "smbexec", ("ntlm_relay",), impacket=True, twist="relay"),
    "jump_host": Way(winrm.invoke_command, "winrm_exec", twist="jump"),
    "service_account": Way(wmi.wmiexec, "wmi_exec", impacket=True, steal="service", purpose="backup"),
    "slow": Way(wmi.wmic, "wmi_exec", gap=(20 * HOUR, 30 * HOUR)),
    "dark_target": Way(psexec.psexec, "psexec", twist="dark"),
    "logs_cleared": Way(services.sc, "remote_service", name="SvcPerf", twist="clear"),
    "account_created": Way(wmi.wmic, "wmi_exec", twist="account"),
}


def check(names: list[str]) -> None:
    """Raise InputError for a name that is not an attack's."""
    for name in names:
        if name not in WAYS:
            raise InputError(f"--attacks {name!r} is not known; it is one of {', '.join(WAYS)}")


class Attack:
    """One intrusion in an organisation, planned from the seed and its name."""

    def __init__(self, org: Organisation, name: str) -> None:
        self.org = org
        self.way = WAYS[name]
        self.dice = random.Random(f"{org.seed}:attack:{name}")
        users = [user for user in org.accounts["user"] if user.home is not None]
        self.user = self.dice.choice(users)
        assert self.user.home is not None
        self.campaign = Campaign(name, self.user.home, self.user)
        self.intruder = Intruder(self.user)
        self.account = self._steal()
        self.targets = self._choose()

    def _steal(self) -> Account:
        if self.way.steal == "service":
            return self.org.service(self.way.purpose)
        if self.way.steal == "local":
            return local_admin(self.campaign.origin)
        return self.dice.choice([*self.org.accounts["admin"], *self.org.accounts["helpdesk"]])

    def _choose(self) -> list[Host]:
        """Two to four hosts: mostly servers, a workstation now and then; none twice."""
        servers = [h for h in self.org.servers if h.role not in ("jump", "dc", "management") and h.forwards]
        stations = [h for h in self.org.workstations if h is not self.campaign.origin and h.forwards]
        count = self.dice.randint(2, 4)
        pool = self.dice.sample(servers, min(len(servers), count))
        if stations and (self.dice.random() < 0.4 or len(pool) < 2):
            pool.insert(0, self.dice.choice(stations))
        if self.way.twist == "dark":
            pool.insert(0, next(h for h in self.org.servers if not h.forwards and h.role != "jump"))
        return pool[:count]

    def plan(self) -> Plan:
        """Plan when the intruder acts: in the last part of the simulated time, on a working day where there is one."""
        time = self._begin()
        self.campaign.begun = time
        yield time, self.intruder.arrive
        for i, target in enumerate(self.targets):
            time += self.dice.uniform(*(self.way.gap if i else SOON))
            if time > self.org.end - 900:
                break
            yield time, partial(self._hop, target=target)

    def _begin(self) -> float:
        days = int((self.org.end - self.org.start) // DAY)
        first = self.org.start + DAY * max(0, int(days * 0.7))
        if self.way.gap[1] > DAY:
            first = self.org.start + DAY * max(0, min(int(days * 0.7), days - 4))
        working = [day for day in _days(first, self.org.end) if weekday(day) < 5] or [self.org.start]
        day = working[0] if self.way.gap[1] > DAY else self.dice.choice(working)
        return day + self.dice.uniform(9.6, 14) * HOUR

    def _hop(self, scene: Scene, target: Host) -> None:
        source = self.intruder.place
        if source is target:
            return
        hops = (
            self._through(scene, target)
            if self.way.twist == "jump" and not self.campaign.hops
            else [(target, self.way.tool)]
        )
        for goal, tool in hops:
            self._move(scene, goal, tool)
            scene.wait(60, 400)
        if target in self.targets[1:2] or target is self.targets[-1]:
            self._after(scene, target)

    def _through(self, scene: Scene, target: Host) -> list[tuple[Host, Tool]]:
        return [(self.dice.choice(self.org.role("jump")), _desktop), (target, self.way.tool)]

    def _move(self, scene: Scene, target: Host, tool: Tool) -> None:
        way, origin = self.way, self.intruder.place
        account = local_admin(target) if way.steal == "local" else self.account
        source = self._rogue(scene) if way.twist == "relay" else origin
        technique = "rdp" if tool is _desktop else way.technique
        hop = TrueHop(self.campaign.name, source, target, account, technique, way.also, self.campaign.name)
        hop.source_ip, hop.target_ip = source.ip, target.ip
        scene.seen = hop.seen
        landed = tool(scene, self._as(scene, source, target, account), Job(self._command(), way.name, self._program()))
        hop.close()
        scene.seen = None
        self.campaign.hops.append(hop)
        self.intruder.land(scene, landed)

    def _as(self, scene: Scene, source: Host, target: Host, account: Account) -> Move:
        """Who moves, and how it authenticates."""
        way, client = self.way, self.intruder.beacon
        if way.twist == "relay":
            victim = (account.home or self.campaign.origin).name.upper()
            return Move(source, target, account, None, "NTLM", victim, remote_tool=True, by_ip=True, relayed=True)
        if way.twist == "hash":
            client = overlay(scene, self.intruder.beacon, account)
            return Move(source, target, account, client, "NTLM", source.name.upper(), by_ip=True)
        if way.impacket:
            return Move(source, target, account, client, "NTLM", self.dice.choice(("", "-")), True, True)
        return Move(source, target, account, self.intruder.acting_as(scene, account))

    def _rogue(self, scene: Scene) -> Host:
        """The intruder's own machine on the client network, to which an administrator's host is lured first."""
        where = self.org.segments[0]
        rogue = next((h for h in self.org.hosts if h.role == "rogue"), None) or _plug(self.org, where)
        self.intruder.lure(scene, rogue, self.account)
        return rogue

    def _command(self) -> str:
        text: str = self.dice.choice(table("software")["intruder_commands"])
        name = self._program()
        return text.replace("{p}", name).replace("{d}", name.replace(".exe", ".dll")).replace("{c2}", "198.51.100.23")

    def _program(self) -> str:
        program: str = self.dice.choice(table("software")["intruder_programs"])
        return program

    def _after(self, scene: Scene, target: Host) -> None:
        scene.wait(30, 200)
        if self.way.twist == "clear":
            self.intruder.clear_logs(scene)
        if self.way.twist == "account":
            self.intruder.create_account(scene)


def _plug(org: Organisation, where: Segment) -> Host:
    rogue = Host("kali", org.domain, "rogue", where, f"{where.prefix}.247", 4247, os="other")
    rogue.account = Account("KALI$", f"{org.domain_sid}-4247", org.netbios, "machine", rogue)
    org.hosts.append(rogue)
    return rogue


def _days(start: float, end: float) -> list[float]:
    return [start + DAY * i for i in range(int((end - start) // DAY))]
