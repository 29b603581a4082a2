"""Clients that make judging hard: printers and tools with NTLM and odd names, remote workers behind one address."""

from __future__ import annotations

import random
from functools import partial

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.clock import DAY, HOUR, arrivals, weekday
from hopwatch.lab.forms import table
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tools.job import READ, WRITE, Link, finish, mount, touch, use
from hopwatch.lab.wire import Ends, connect
from hopwatch.lab.world import Account, Host, Organisation


def plan(org: Organisation, dice: random.Random, day: float, noise: float) -> Plan:
    """Plan a day of devices and remote workers."""
    busy = 1.0 if weekday(day) < 5 else 0.1
    for user in org.accounts["user"][::7]:
        if dice.random() < 0.3 * busy:
            for time in arrivals(dice, day + 8 * HOUR, day + 18 * HOUR, 0.5):
                yield time, partial(work_remotely, user=user)
    for time in arrivals(dice, day + 8 * HOUR, day + 18 * HOUR, busy * len(org.workstations) / 60):
        yield time, partial(by_address, user=dice.choice(org.accounts["user"]))
    yield from _devices(org, dice, day, busy)


def _devices(org: Organisation, dice: random.Random, day: float, busy: float) -> Plan:
    for device in org.role("device"):
        for time in arrivals(dice, day + 7 * HOUR, day + 18 * HOUR, 0.8 * busy):
            yield time, partial(scan_to_folder, device=device)
    for action, rate in ((odd_client, 0.5 * busy), (stale_password, 0.3)):
        for time in arrivals(dice, day, day + DAY, rate):
            yield time, action
    for host in (host for host in org.servers if host.other_ip):
        for time in arrivals(dice, day, day + DAY, 0.15):
            yield time, partial(second_card, host=host)


def by_address(scene: Scene, user: Account) -> None:
    """Open a share by the server's address: no name, no ticket, so NTLM from an ordinary computer."""
    host, server = user.home, scene.org.one("files")
    if host is None or host.desktop is None:
        return
    move = Move(host, server, host.desktop.account, None, "NTLM", host.name.upper(), by_ip=True)
    link = mount(scene, move)
    use(scene, link, "Data")
    touch(scene, link, "Data", scene.dice.choice(table("software")["file_paths"]), READ)
    finish(scene, link.session)


def second_card(scene: Scene, host: Host) -> None:
    """Let a server with two cards reach a share from the second one as itself, with NTLM (cluster networks)."""
    server = scene.org.role("files")[-1]
    if host is server or scene.time < host.born:
        return
    move = Move(host, server, host.me, None, "NTLM", host.name.upper(), by_ip=True, source_ip=host.other_ip)
    link = mount(scene, move)
    use(scene, link, "Witness")
    touch(scene, link, "Witness", "quorum.dat", READ)
    finish(scene, link.session)


def scan_to_folder(scene: Scene, device: Host) -> None:
    """Store a scanned page: NTLM with the device's own idea of its name."""
    server, account = scene.org.one("files"), scene.org.service("print")
    link = mount(scene, Move(device, server, account, None, "NTLM", device.name, by_ip=True))
    scene.log(server, "smbaudit.3021", {"ClientName": f"\\\\{device.ip}"})
    use(scene, link, "Scans")
    touch(scene, link, "Scans", f"scan{scene.step(1000, 9999)}.pdf", WRITE)
    finish(scene, link.session)


def stale_password(scene: Scene) -> None:
    """Let a tool knock with a password that was changed: a failed NTLM logon (4776, 4625)."""
    device, server = scene.dice.choice(scene.org.role("device")), scene.org.one("files")
    user, name = scene.dice.choice(scene.org.accounts["user"]), device.name
    flow = connect(scene, Ends(device, server, 445, None, server.running["kernel"], "gssapi,smb"), 0.3, (900, 700))
    asked = {"TargetUserName": user.name, "Workstation": name, "Status": "0xc000006a"}
    scene.log(scene.org.controller(server), "security.4776", asked)
    who = {"TargetUserName": user.name, "TargetDomainName": user.domain, "WorkstationName": name}
    scene.log(server, "security.4625", {**who, "IpAddress": flow.orig[0], "IpPort": str(flow.orig[1])})


def work_remotely(scene: Scene, user: Account) -> None:
    """Open files from home: every remote worker comes from the gateway's address."""
    gateway, server, home = scene.org.one("gateway"), scene.org.one("files"), user.home
    assert home is not None
    flow = connect(scene, Ends(gateway, server, 445, None, server.running["kernel"], "gssapi,smb"), 60.0, (9000, 4200))
    move = Move(gateway, server, user, None, "NTLM", home.name.upper())
    link = Link(authenticate(scene, move, flow), flow)
    use(scene, link, "Teams")
    touch(scene, link, "Teams", scene.dice.choice(table("software")["file_paths"]), READ)
    finish(scene, link.session)


def odd_client(scene: Scene) -> None:
    """Open a share with a client whose name is random, empty or not its own."""
    device, server = scene.dice.choice(scene.org.role("device")), scene.org.one("files")
    random_name = "".join(scene.dice.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=8))
    name = scene.dice.choice((*table("names")["vendor"]["clients"], random_name, "", "-"))
    link = mount(
        scene, Move(device, server, scene.dice.choice(scene.org.accounts["user"]), None, "NTLM", name, by_ip=True)
    )
    use(scene, link, "Data")
    touch(scene, link, "Data", scene.dice.choice(table("software")["file_paths"]), READ)
    finish(scene, link.session)
