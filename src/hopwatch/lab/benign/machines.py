"""What hosts do by themselves: policy, directory, tasks, services, updates, loopback logons, event forwarding."""

from __future__ import annotations

import random
from functools import partial

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.benign.people import directory, policies
from hopwatch.lab.clock import DAY, HOUR, arrivals
from hopwatch.lab.forms import table
from hopwatch.lab.processes import loaded, opened, start, value_set, wrote
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tools.tasks import content
from hopwatch.lab.tools.winrm import requests
from hopwatch.lab.windows import access, installed, logoff, logon, network_session, service_logon, share, state, subject
from hopwatch.lab.wire import Ends, connect
from hopwatch.lab.world import Host, Organisation

# Programs that open lsass in everyday work, and with which rights.
INSPECTORS = (
    ("C:\\Windows\\System32\\wbem\\WmiPrvSE.exe", "0x1410"),
    ("C:\\Program Files\\EndpointAgent\\sensor.exe", "0x1010"),
    ("C:\\Windows\\System32\\svchost.exe", "0x1000"),
)


def plan(org: Organisation, dice: random.Random, day: float, noise: float) -> Plan:
    """Plan a day of every Windows host."""
    for host in org.hosts:
        if host.windows:
            yield from _host(host, dice, day, noise)


def _host(host: Host, dice: random.Random, day: float, noise: float) -> Plan:
    server = host.role != "workstation"
    begin, end = (day, day + DAY) if server else (day + 7 * HOUR, day + 18 * HOUR)
    rates = [(refresh, 0.6), (background, (3.0 if server else 1.2) * noise), (update_task, 0.15), (install, 0.01)]
    rates += [(registry, 2.0 * noise), (forwarding, 1.0), (inspect, 0.1 * noise)]
    if host.role == "dc":
        rates += [(loopback, 6.0 * noise), (own_address, 2.0)]
    elif server:
        rates += [(loopback, 0.4)]
    for action, rate in rates:
        for time in arrivals(dice, max(begin, host.born), end, rate):
            yield time, partial(action, host=host)


def refresh(scene: Scene, host: Host) -> None:
    """Refresh group policy as the machine: the directory, then SYSVOL."""
    if scene.org.controller(host) is host:
        own_address(scene, host)
        return
    directory(scene, host, host.me)
    scene.wait(0.1, 1)
    policies(scene, host, host.me)


def background(scene: Scene, host: Host) -> None:
    """Let the host run something of its own."""
    _, image, command, parent = scene.dice.choice(table("software")["background"])
    session = host.own["NETWORK"] if "wmiprvse" in command else None
    process = start(scene, host.running[parent], image, command, session)
    if parent == "services":
        service_logon(scene, host)
    wrote(
        scene,
        process,
        f"C:\\Windows\\Prefetch\\{image.rsplit(chr(92), 1)[-1].upper()}-{scene.dice.getrandbits(32):08X}.pf",
    )
    scene.later(scene.dice.uniform(1, 300)).sysmon(process, "sysmon.5", {})


def registry(scene: Scene, host: Host) -> None:
    """Let a service note its state in the registry."""
    key = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Diagnostics\\DiagTrack\\HeartBeats\\Default\\"
    value_set(scene, host.running["schedule"], key + "EventsPersistedCounter", f"DWORD (0x{scene.step(0, 9999):08x})")


def inspect(scene: Scene, host: Host) -> None:
    """Let a service look at lsass, as monitoring and protection do, or load the library of tasks."""
    image, rights = scene.dice.choice(INSPECTORS)
    process = start(scene, host.running["services"], image, f'"{image}"')
    if scene.dice.random() < 0.5:
        opened(scene, process, host.running["lsass"], rights)
    else:
        loaded(scene, process, "taskschd.dll")


def update_task(scene: Scene, host: Host) -> None:
    """Let an updater change its own scheduled task, as SYSTEM."""
    name, system = scene.dice.choice(table("software")["tasks"]), host.own["SYSTEM"]
    text = content(scene, name, "NT AUTHORITY\\SYSTEM", "C:\\Windows\\system32\\usoclient.exe StartScan")
    scene.log(host, "security.4702", {**subject(system), "TaskName": name, "TaskContentNew": text})
    scene.log(host, "task.140", {"TaskName": name, "UserName": "NT AUTHORITY\\SYSTEM"})


def install(scene: Scene, host: Host) -> None:
    """Install a service locally, as an updater does."""
    name, image, begin = scene.dice.choice(table("software")["services"])
    installed(scene, host.own["SYSTEM"], name, image, begin)
    scene.wait(0.1, 2)
    state(scene, host, name, "running")


def loopback(scene: Scene, host: Host) -> None:
    """Let the machine log on to itself over ::1."""
    session = network_session(scene, host, host.me, "::1", host.port())
    logon(scene, session, LogonGuid=session.guid)
    scene.wait(0.01, 0.2)
    logoff(scene, session)


def own_address(scene: Scene, host: Host) -> None:
    """Let the machine read its own SYSVOL or administrative share over its own address."""
    session = network_session(scene, host, host.me, host.ip, host.port())
    logon(scene, session, LogonGuid=session.guid)
    name = "SYSVOL" if host.role == "dc" else "ADMIN$"
    share(scene, session, name)
    access(scene, session, name, "\\", 0x100080)
    logoff(scene.later(5), session)


def forwarding(scene: Scene, host: Host) -> None:
    """Forward events to the collector over WinRM, as NETWORK SERVICE."""
    target = scene.org.one("collector", "management")
    if target is host or not host.forwards:
        return
    ends = Ends(host, target, 5985, host.running["winrm"], target.running["kernel"], "http")
    flow = connect(scene, ends, scene.dice.uniform(60, 900), (60000, 4000))
    requests(scene, flow, target.fqdn, f"/wsman/subscriptions/{scene.guid()[1:-1]}/1", "Microsoft WinRM Client")
    if scene.dice.random() < 0.3:
        session = authenticate(scene, Move(host, target, host.me), None, "HTTP")
        logoff(scene.later(scene.dice.uniform(60, 900)), session)
