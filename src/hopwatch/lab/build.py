"""Builds an organisation from a seed: names, networks, hosts, people, and what each host logs."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hopwatch.lab.forms import forms, table
from hopwatch.lab.windows import own_sessions
from hopwatch.lab.world import Account, Host, Organisation, Segment, Sensor

# Servers in the order in which an organisation of few gets them; the rest are application servers.
ROLES = (
    "dc", "files", "jump", "management", "app", "sql", "backup", "monitor", "dc", "web", "collector", "print", "app",
    "jump", "files", "sql", "web",
)  # fmt: skip
SHORT = {
    "dc": "DC", "files": "FS", "jump": "JMP", "management": "SCCM", "app": "APP", "sql": "SQL", "backup": "BKP",
    "monitor": "MON", "web": "WEB", "collector": "WEC", "print": "PRN",
}  # fmt: skip
PER_SEGMENT = 100
QUIET_KINDS = frozenset({"security.4674", "security.5156"})


@dataclass(frozen=True)
class Size:
    """How large the organisation is."""

    workstations: int
    servers: int


def build(size: Size, seed: int, start: float, end: float) -> Organisation:
    """Build the organisation; the same seed gives the same one."""
    dice = random.Random(f"{seed}:organisation")
    company = dice.choice(table("names")["company"])
    sid = "S-1-5-21-" + "-".join(str(dice.randrange(10**8, 4 * 10**9)) for _ in range(3))
    domain = f"{company}.{dice.choice(table('names')['top'])}"
    org = Organisation(domain, company.upper(), sid, seed=seed, start=start, end=end)
    _networks(org, size, dice)
    style = {key: dice.choice(value) for key, value in table("names")["style"].items()}
    _servers(org, size.servers, style["server"], dice)
    _workstations(org, size.workstations, style["workstation"], dice)
    _appliances(org, dice)
    for host in org.hosts:
        _complete(org, host, dice)
    _audit_smb(org)
    _darken(org, dice)
    _grow(org)
    org.one("management").me.strong = True
    _people(org, style, dice)
    return org


def _networks(org: Organisation, size: Size, dice: random.Random) -> None:
    site = dice.randrange(10, 60)
    clients = range(max(2, -(-size.workstations // PER_SEGMENT)))
    org.segments = [Segment(f"clients{i + 1}", f"10.{site}.{10 + i}", "clients") for i in clients]
    org.segments += [
        Segment("servers", f"10.{site}.100", "servers"),
        Segment("management", f"10.{site}.110", "management"),
        Segment("wireless", f"10.{site}.120", "clients"),
        Segment("storage", f"10.{site}.130", "servers"),
        Segment("remote", f"10.{site}.200", "remote"),
    ]
    seen = frozenset({"clients1", "servers", "wireless"})  # the last client segment only where it meets these
    blind = dice.choice(("", "clients2", "clients2", "wireless"))  # of the core's mirror port
    org.sensors = [Sensor("core", seen, blind=blind), Sensor("datacentre", frozenset({"servers"}), inside=True)]


def segment(org: Organisation, name: str) -> Segment:
    """Give a segment by name."""
    return next(s for s in org.segments if s.name == name)


def _servers(org: Organisation, count: int, pattern: str, dice: random.Random) -> None:
    numbers: dict[str, int] = {}
    for i in range(count):
        role = ROLES[i] if i < len(ROLES) else dice.choice(("app", "app", "app", "sql", "web", "files"))
        numbers[role] = numbers.get(role, 0) + 1
        name = pattern.format(numbers[role], SHORT[role])
        where = segment(org, "management" if role in ("jump", "monitor") else "servers")
        host = Host(name, org.domain, role, where, f"{where.prefix}.{10 + i % 240}", 1100 + i)
        host.os = dice.choice(("2016", "2019", "2019", "2022"))
        if role == "backup" or (role in ("sql", "management", "app") and dice.random() < 0.3):
            host.other_ip = f"{segment(org, 'storage').prefix}.{10 + i % 240}"
        org.hosts.append(host)


def _workstations(org: Organisation, count: int, pattern: str, dice: random.Random) -> None:
    clients = [s for s in org.segments if s.name.startswith("clients")]
    first = dice.randrange(1, 40)
    for i in range(count):
        where = clients[i % len(clients)]
        ip = f"{where.prefix}.{20 + i // len(clients)}"
        host = Host(pattern.format(first + i), org.domain, "workstation", where, ip, 2000 + i)
        host.os = dice.choice(("10", "10", "11"))
        if dice.random() < 0.25 and i < 230:
            host.other_ip = f"{segment(org, 'wireless').prefix}.{20 + i % 230}"
        org.hosts.append(host)


def _appliances(org: Organisation, dice: random.Random) -> None:
    """Machines without Windows: the Ansible node, the scanner, printers, a NAT gateway for remote workers."""
    plan = (
        ("ansible01", "ansible", "management", 40),
        ("scan01", "scanner", "management", 41),
        ("vpn01", "gateway", "remote", 1),
    )
    for name, role, where, last in plan:
        net = segment(org, where)
        org.hosts.append(Host(name, org.domain, role, net, f"{net.prefix}.{last}", 4000 + last, os="other"))
    for i, name in enumerate(table("names")["vendor"]["printers"]):
        net = segment(org, "clients1")
        org.hosts.append(Host(name, org.domain, "device", net, f"{net.prefix}.{230 + i}", 4100 + i, os="other"))


def _complete(org: Organisation, host: Host, dice: random.Random) -> None:
    """Give a host its account, ports, clock and telemetry."""
    host.account = Account(host.name.upper() + "$", f"{org.domain_sid}-{host.rid}", org.netbios, "machine", host)
    host.own = own_sessions(host, org.netbios)
    host.next_logon = dice.randrange(0x20000, 0x3000000)
    host.next_port = dice.randrange(49152, 65000)
    base = 49664 + dice.randrange(0, 4)
    host.rpc = {"services": base + 1, "schedule": base + 2, "eventlog": base + 3, "wmi": dice.randrange(50000, 62000)}
    host.offset = dice.choice((0.0, dice.uniform(-0.4, 0.4), dice.uniform(-2, 2)))
    if host.role != "dc" and dice.random() < 0.06:
        host.offset = dice.uniform(-60, 60)
    host.lag = dice.choice((2.0, 5.0, 10.0, 10.0, 30.0, 30.0, 30.0, 300.0))
    _telemetry(host, dice)


def _telemetry(host: Host, dice: random.Random) -> None:
    kinds = forms()
    muted = set(QUIET_KINDS)
    if dice.random() < 0.3:
        muted |= {kind for kind in kinds if kind.startswith("sysmon.")}
    if dice.random() < 0.25:
        muted.add("security.4688")
    if dice.random() < 0.2:
        muted.add("security.5145")
    if dice.random() < 0.5:
        muted |= {kind for kind in kinds if kind.split(".")[0] in ("winrm", "task", "powershell", "wmi")}
    if dice.random() < 0.4:
        muted |= {kind for kind in kinds if kind.split(".")[0] in ("lsm", "rcm", "rdpcore")}
    if dice.random() < 0.6:
        muted.add("ntlm.8004")  # needs a policy that is not set by itself
    if dice.random() < 0.7:
        muted.add("sysmon.7")
    if dice.random() < 0.1:
        muted.discard("security.5156")
    if dice.random() < 0.3:
        muted.discard("security.4674")
    host.muted = frozenset(muted)
    host.command_lines = dice.random() < 0.8
    host.forwards = host.role == "dc" or dice.random() >= 0.05


def _audit_smb(org: Organisation) -> None:
    """Let few hosts audit what their SMB server does: it is off by itself."""
    dice = random.Random(f"{org.seed}:smb audit")
    quiet = {kind for kind in forms() if kind.startswith("smb")}
    for host in org.hosts:
        if not host.windows or dice.random() < 0.85:
            host.muted |= quiet


def _darken(org: Organisation, dice: random.Random) -> None:
    """See to it that at least one application server forwards nothing."""
    servers = [host for host in org.servers if host.role in ("app", "sql", "web", "files")]
    if all(host.forwards for host in servers):
        dice.choice(servers).forwards = False


def _grow(org: Organisation) -> None:
    """See to it that one server is new: it comes in the middle of the time."""
    added = [host for host in org.servers if host.role in ("app", "sql", "web")]
    if len(added) > 2:
        added[-1].born = org.start + 0.5 * (org.end - org.start)


def _people(org: Organisation, style: dict[str, str], dice: random.Random) -> None:
    names = _names(len(org.workstations), style["user"], dice)
    rid = iter(range(5000, 9999))

    def account(name: str, kind: str, home: Host | None = None, purpose: str = "") -> Account:
        return Account(name, f"{org.domain_sid}-{next(rid)}", org.netbios, kind, home=home, purpose=purpose)

    pairs = list(zip(names, org.workstations, strict=True))
    org.accounts["user"] = [account(name, "user", host) for name, host in pairs]
    staff = pairs[: max(2, len(pairs) // 40)]
    desk = pairs[len(staff) : len(staff) + max(1, len(pairs) // 60)]
    org.accounts["admin"] = [account(style["admin"].format(u=name), "admin", host) for name, host in staff]
    org.accounts["helpdesk"] = [account(style["helpdesk"].format(u=name), "helpdesk", host) for name, host in desk]
    purposes = ("sccm", "backup", "monitor", "scan", "ansible", "sql", "print")
    org.accounts["service"] = [account(style["service"].format(p), "service", purpose=p) for p in purposes]


def _names(count: int, pattern: str, dice: random.Random) -> list[str]:
    names = table("names")
    pairs = [(f, last) for f in names["first"] for last in names["last"]]
    dice.shuffle(pairs)
    made = dict.fromkeys(pattern.format(f=f, l=last, f1=f[0]) for f, last in pairs)
    more = (f"{name}{n}" for n in range(2, 99) for name in list(made))
    return [*made, *(next(more) for _ in range(count - len(made)))][:count]


def local_admin(host: Host) -> Account:
    """The local administrator of a host, whose password is the same everywhere."""
    return Account("Administrator", f"S-1-5-21-{host.rid}-884213-500", host.name.upper(), "local", host)
