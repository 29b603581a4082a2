"""The organisation: hosts, accounts, segments and sensors, and what is running and logged on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SYSTEM_ID, NETWORK_ID, LOCAL_ID = 0x3E7, 0x3E4, 0x3E5
DYNAMIC_PORTS = (49152, 65535)


@dataclass(eq=False)
class Account:
    """A domain user, a service account, a host's own account, or a local user (then `host` is set)."""

    name: str
    sid: str
    domain: str
    kind: str = "user"  # user, admin, helpdesk, service, machine, local, system
    host: Host | None = None
    home: Host | None = None  # where its owner works
    purpose: str = ""  # what a service account is for
    strong: bool = False  # a machine whose own account administers others

    @property
    def privileged(self) -> bool:
        """Whether a logon gets special privileges on the hosts that it administers."""
        return self.strong or self.kind in ("admin", "helpdesk", "service", "local", "system")


@dataclass(eq=False)
class Session:
    """A logon on a host; the three of the machine itself have fixed ids."""

    host: Host
    account: Account
    logon_id: int
    kind: int = 3
    ip: str = "-"
    port: int = 0
    guid: str = "{00000000-0000-0000-0000-000000000000}"
    opened: Any = None  # the event of an interactive logon

    @property
    def hex_id(self) -> str:
        """The logon id as events have it."""
        return hex(self.logon_id)


@dataclass(eq=False)
class Process:
    """A running process: the session it runs in, and its parent."""

    host: Host
    pid: int
    image: str
    command: str
    session: Session
    guid: str
    parent: Process | None = None


@dataclass(frozen=True)
class Segment:
    """A network of the organisation."""

    name: str
    prefix: str  # the first three octets
    kind: str  # clients, servers, management, remote


@dataclass(frozen=True)
class Sensor:
    """A network sensor: the segments whose traffic to others it sees, and whether it sees the traffic within them."""

    name: str
    segments: frozenset[str]
    inside: bool = False
    blind: str = ""  # it loses what goes to this segment


@dataclass(eq=False)
class Host:
    """A machine: who it is, what it logs, and counters that only go up."""

    name: str
    domain: str
    role: str
    segment: Segment
    ip: str
    rid: int
    os: str = "10"  # 10, 11, 2016, 2019, 2022; other: no Windows, no logs
    muted: frozenset[str] = frozenset()  # kinds of event that are not collected from it
    forwards: bool = True
    command_lines: bool = True
    offset: float = 0.0  # its clock against true time, seconds
    lag: float = 5.0  # seconds between two batches that it forwards
    other_ip: str | None = None  # a second address: wireless, or a second card
    records: dict[str, int] = field(default_factory=dict)
    next_logon: int = 0x10000
    next_port: int = 49152
    next_pid: int = 4000
    next_desktop: int = 1
    rpc: dict[str, int] = field(default_factory=dict)
    running: dict[str, Process] = field(default_factory=dict)
    own: dict[str, Session] = field(default_factory=dict)
    desktop: Session | None = None
    account: Account | None = None
    born: float = 0.0  # not there before this time
    idle_at: float = 0.0  # when the WMI provider host ends

    @property
    def fqdn(self) -> str:
        """Its full name."""
        return f"{self.name}.{self.domain}"

    @property
    def windows(self) -> bool:
        """Whether it runs Windows."""
        return self.os != "other"

    @property
    def modern(self) -> bool:
        """Whether it writes the newer form of task events."""
        return self.os in ("11", "2022")

    @property
    def me(self) -> Account:
        """Its own account in the domain."""
        assert self.account is not None
        return self.account

    def port(self) -> int:
        """Take the next client port."""
        low, high = DYNAMIC_PORTS
        self.next_port = self.next_port + 1 if self.next_port < high else low
        return self.next_port

    def desktop_id(self) -> int:
        """Take the next number of a desktop session: 1 is the console."""
        self.next_desktop += 1
        return self.next_desktop

    @property
    def mac(self) -> str:
        """The address of its network card."""
        return f"00:50:56:{self.rid >> 16 & 255:02x}:{self.rid >> 8 & 255:02x}:{self.rid & 255:02x}"

    def pid(self, step: int) -> int:
        """Take a process id: a multiple of four, not in use."""
        self.next_pid = 4000 + (self.next_pid + 4 * step) % 28000
        return self.next_pid - self.next_pid % 4

    def logon_id(self, step: int) -> int:
        """Take the next logon id."""
        self.next_logon += step
        return self.next_logon


@dataclass(eq=False)
class Organisation:
    """Everything there is; the lists keep their order, so that a seed gives one world."""

    domain: str  # DNS name
    netbios: str
    domain_sid: str
    hosts: list[Host] = field(default_factory=list)
    accounts: dict[str, list[Account]] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    sensors: list[Sensor] = field(default_factory=list)
    roles: dict[str, tuple[int, list[Host]]] = field(default_factory=dict)
    seed: int = 0
    start: float = 0.0
    end: float = 0.0
    tickets: dict[tuple[str, ...], float] = field(default_factory=dict)  # service tickets in caches, until when
    consoles: dict[tuple[str, str], Process] = field(default_factory=dict)  # an account's shell on a host
    expiry: dict[tuple[str, str], float] = field(default_factory=dict)  # until when it is open
    desks: dict[tuple[str, str], Any] = field(default_factory=dict)  # the remote desktop that it is in

    def role(self, name: str) -> list[Host]:
        """Hosts of a role, in order; remembered while no host is added."""
        count, found = self.roles.get(name, (-1, []))
        if count != len(self.hosts):
            found = [host for host in self.hosts if host.role == name]
            self.roles[name] = (len(self.hosts), found)
        return found

    @property
    def workstations(self) -> list[Host]:
        """The users' computers."""
        return self.role("workstation")

    @property
    def servers(self) -> list[Host]:
        """The Windows servers, controllers and jump hosts included."""
        return [host for host in self.hosts if host.windows and host.role != "workstation"]

    def one(self, *roles: str) -> Host:
        """The first host of the first of these roles that there is."""
        return next(hosts[0] for role in roles if (hosts := self.role(role)))

    def controller(self, host: Host) -> Host:
        """The domain controller that a host asks."""
        controllers = self.role("dc")
        return controllers[host.rid % len(controllers)]

    def service(self, name: str) -> Account:
        """The service account for a purpose."""
        return next(account for account in self.accounts["service"] if account.purpose == name)
