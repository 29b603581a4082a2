"""Users at their computers: logons, programs, file servers, printing, the web."""

from __future__ import annotations

import random
from functools import partial

from hopwatch.lab.auth import Move, authenticate, tgt, ticket
from hopwatch.lab.clock import HOUR, arrivals, weekday
from hopwatch.lab.forms import table
from hopwatch.lab.processes import SYSTEM32, start
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tools.job import READ, finish, mount, touch, use
from hopwatch.lab.windows import explicit, logoff, logon, network_session, started_by, target
from hopwatch.lab.wire import Ends, called, connect, lookup
from hopwatch.lab.world import Account, Host, Organisation, Session

POLICY = "{31B2F340-016D-11D2-945F-00C04FB984F9}"


def plan(org: Organisation, dice: random.Random, day: float, noise: float) -> Plan:
    """Plan the day of every user."""
    share = 0.92 if weekday(day) < 5 else 0.04
    for user in org.accounts["user"]:
        if user.home is not None and dice.random() < share:
            yield from _day(user.home, user, dice, day, noise)


def _day(host: Host, user: Account, dice: random.Random, day: float, noise: float) -> Plan:
    come = day + (7.2 + dice.random() * 2.2) * HOUR
    leave = come + (7.0 + dice.random() * 2.5) * HOUR
    yield come, partial(arrive, host=host, user=user)
    yield leave, partial(depart, host=host)
    rates = ((program, 2.2 * noise), (read_files, 0.9 * noise), (surf, 1.2 * noise), (unlock, 0.35), (printing, 0.15))
    for action, rate in rates:
        for time in arrivals(dice, come + 120, leave - 60, rate):
            yield time, partial(action, host=host)


def arrive(scene: Scene, host: Host, user: Account) -> None:
    """Start the day: perhaps a new address, a logon, policies, drives."""
    lease(scene, host, new=scene.dice.random() < 0.08)
    if scene.dice.random() < 0.06:
        mistyped(scene, host, user)
    host.desktop = interactive(scene, host, user)
    scene.wait(1, 4)
    userinit = start(
        scene, host.running["winlogon"], SYSTEM32 + "userinit.exe", SYSTEM32 + "userinit.exe", host.desktop
    )
    host.running["explorer"] = start(scene, userinit, "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE")
    scene.wait(1, 5)
    policies(scene, host, user)
    scene.wait(1, 5)
    read_files(scene, host)


def lease(scene: Scene, host: Host, new: bool) -> None:
    """Renew the address, or get another, which no host has now but one may have had before (DHCP)."""
    old = host.ip
    if new:
        taken = {other.ip for other in scene.org.hosts}
        free = [ip for n in range(20, 226) if (ip := f"{host.segment.prefix}.{n}") not in taken]
        host.ip = scene.dice.choice(free)
    server = scene.org.role("dc")[0]
    ends = Ends(host, server, 67, proto="udp", service="dhcp")
    flow = connect(scene, ends, 0.01, (300, 300))
    flow.orig = (old, 68)
    kinds = ["DISCOVER", "OFFER", "REQUEST", "ACK"] if new else ["REQUEST", "ACK"]
    about = {
        "client_addr": None if new else old, "server_addr": server.ip, "mac": host.mac, "host_name": host.name,
        "client_fqdn": host.fqdn, "domain": host.domain, "requested_addr": old, "assigned_addr": host.ip,
        "lease_time": 28800.0, "msg_types": kinds, "duration": 0.01,
    }  # fmt: skip
    flow.note("dhcp", scene.time, **about)


def interactive(scene: Scene, host: Host, user: Account, kind: int = 2) -> Session:
    """Log a user on at the console."""
    tgt(scene, host, user)
    ticket(scene, Move(host, host, user), "host")
    winlogon = host.running["winlogon"]
    explicit(scene, winlogon, user, "localhost", "localhost")
    session = network_session(scene, host, user, "127.0.0.1")
    session.kind = kind
    package = {
        "LogonProcessName": "User32 ",
        "AuthenticationPackageName": "Negotiate",
        "WorkstationName": host.name.upper(),
    }
    session.opened = logon(scene, session, **started_by(winlogon), **package)
    return session


def mistyped(scene: Scene, host: Host, user: Account) -> None:
    """Mistype a password: the controller notes it (4771), and so does the computer (4625)."""
    controller, winlogon = scene.org.controller(host), host.running["winlogon"]
    ends = Ends(host, controller, 88, host.running["lsass"], controller.running["lsass"], "krb_tcp")
    flow = connect(scene, ends, 0.004, (1639, 200))
    asked = {"TargetUserName": user.name, "TargetSid": user.sid, "IpAddress": f"::ffff:{flow.orig[0]}"}
    scene.log(controller, "security.4771", {**asked, "IpPort": str(flow.orig[1])})
    name = {"TargetUserName": user.name, "TargetDomainName": user.domain, "WorkstationName": host.name.upper()}
    how = {"LogonType": "2", "LogonProcessName": "User32 ", "AuthenticationPackageName": "Negotiate"}
    where = {"IpAddress": "127.0.0.1", "IpPort": "0"}
    scene.log(host, "security.4625", {**started_by(winlogon), **name, **how, **where})
    scene.wait(3, 15)


def policies(scene: Scene, host: Host, account: Account) -> None:
    """Read group policy from SYSVOL of a controller."""
    link = mount(scene, Move(host, scene.org.controller(host), account))
    use(scene, link, "SYSVOL")
    for path in ("\\", f"{scene.org.domain}\\Policies\\{POLICY}\\gpt.ini"):
        touch(scene, link, "SYSVOL", path, READ if path != "\\" else 0x100080)
    finish(scene, link.session)


def depart(scene: Scene, host: Host) -> None:
    """End the day."""
    if host.desktop is None:
        return
    scene.log(host, "security.4647", target(host.desktop))
    scene.wait(0.5, 3)
    logoff(scene, host.desktop)
    host.desktop = None


def program(scene: Scene, host: Host) -> None:
    """Start a program, which ends some time later."""
    explorer = host.running.get("explorer")
    if host.desktop is None or explorer is None:
        return
    image, command = scene.dice.choice(table("software")["workstation"])
    process = start(scene, explorer, image, command)
    scene.later(scene.dice.uniform(5, 1500)).sysmon(process, "sysmon.5", {})


def read_files(scene: Scene, host: Host) -> None:
    """Open some files on a file server, from the wireless address now and then."""
    if host.desktop is None:
        return
    servers = scene.org.role("files")
    server = servers[host.rid % len(servers)]
    move = Move(host, server, host.desktop.account)
    link = mount(scene, _roaming(scene, move))
    name = ("Data", "Teams", "Projects")[host.rid % 3]
    use(scene, link, name)
    for _ in range(scene.step(2, 6)):
        scene.wait(0.2, 20)
        path = scene.dice.choice(table("software")["file_paths"])
        touch(scene, link, name, path, scene.dice.choice((READ, READ, READ, 0x12019F)))
    finish(scene, link.session)


def _roaming(scene: Scene, move: Move) -> Move:
    """A host with two addresses sometimes comes from the other one, and then may fall back to NTLM."""
    host = move.source
    if host.other_ip and scene.dice.random() < 0.15:
        package = scene.dice.choice(("NTLM", "Kerberos"))
        name = host.name.upper() if package == "NTLM" else "-"
        return Move(host, move.target, move.account, None, package, name, source_ip=host.other_ip)
    return move


def surf(scene: Scene, host: Host) -> None:
    """Open a web page through the proxy-less gateway."""
    if host.desktop is None:
        return
    browser = scene.org.one("gateway")
    explorer = host.running.get("explorer")
    lookup(scene, host, explorer, scene.dice.choice(table("software")["web"]), f"203.0.113.{scene.step(1, 250)}")
    ends = Ends(host, browser, 443, explorer, None, "ssl")
    connect(scene, ends, scene.dice.uniform(0.5, 60), (2500, 40000))


def unlock(scene: Scene, host: Host) -> None:
    """Unlock the screen (type 7)."""
    if host.desktop is None:
        return
    session = interactive(scene, host, host.desktop.account, 7)
    scene.wait(0.01, 0.1)
    logoff(scene, session)


def printing(scene: Scene, host: Host) -> None:
    """Print over a print server's spooler pipe; a server that is asked to tell of changes calls back."""
    if host.desktop is None:
        return
    server = scene.org.one("print", "files")
    link = mount(scene, Move(host, server, host.desktop.account))
    touch(scene, link, "IPC$", "spoolss", 0x12019F)
    calls = ["RpcOpenPrinter", "RpcGetPrinter", "RpcStartDocPrinter", "RpcClosePrinter"]
    watched = scene.dice.random() < 0.15
    if watched:
        calls.insert(1, "RpcRemoteFindFirstPrinterChangeNotificationEx")
    called(scene, link.flow, "\\pipe\\spoolss", "spoolss", *calls)
    if watched:
        scene.wait(0.05, 0.4)
        back = mount(scene, Move(server, host, server.me))
        touch(scene, back, "IPC$", "spoolss", 0x12019F)
        called(scene, back.flow, "\\pipe\\spoolss", "spoolss", "RpcReplyOpenPrinter", "RpcRouterReplyPrinterEx")
        finish(scene, back.session)
    finish(scene, link.session)


def directory(scene: Scene, host: Host, account: Account) -> None:
    """Ask a controller's directory: a logon that no share follows."""
    controller = scene.org.controller(host)
    if controller is host:
        return
    ends = Ends(host, controller, 389, host.running["lsass"], controller.running["lsass"], "ldap_tcp")
    flow = connect(scene, ends, scene.dice.uniform(0.1, 120), (2000, 6000))
    finish(scene, authenticate(scene, Move(host, controller, account), flow, "ldap"))
