"""Work that runs by itself with service accounts: deployment, backup, scanner, Ansible, monitoring."""

from __future__ import annotations

import base64
import random
from functools import partial

from hopwatch.lab.auth import Move
from hopwatch.lab.clock import DAY, HOUR, arrivals, weekday
from hopwatch.lab.processes import start
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tools import copy, service_push, winrm, wmi
from hopwatch.lab.tools.job import Job, finish, mount, touch
from hopwatch.lab.world import Account, Host, Organisation, Process

SCCM = "C:\\Program Files\\Microsoft Configuration Manager\\bin\\X64\\smsexec.exe"
BACKUP = "C:\\Program Files\\Veeam\\Backup and Replication\\Backup\\Veeam.Backup.Manager.exe"
MONITOR = "C:\\Program Files (x86)\\PRTG Network Monitor\\PRTG Probe.exe"
CCMSETUP = Job("C:\\Windows\\ccmsetup\\ccmsetup.exe /install", "ccmsetup", "ccmsetup.exe", "ccmsetup\\")
GUEST = Job("", "VeeamVssSupport", "VeeamVssSupport2019_X64.exe", "VeeamVssSupport\\")
AGENT = Job("", "EndpointAgent", "agentsetup.exe", "Temp\\Rollout\\")
PLAYBOOK = (
    "Get-Service W3SVC",
    "Test-Path C:\\inetpub",
    "Get-WindowsFeature Web-Server",
    "Set-ItemProperty HKLM:\\Software\\Ansible Facts 1",
)


def plan(org: Organisation, dice: random.Random, day: float, noise: float) -> Plan:
    """Plan what runs by itself on a day."""
    yield from _deployment(org, dice, day)
    yield from _backup(org, dice, day)
    yield from _ansible(org, dice, day)
    yield from _monitoring(org, dice, day, noise)
    if weekday(day) == 5:
        yield from _scan(org, dice, day)


def _deployment(org: Organisation, dice: random.Random, day: float) -> Plan:
    """In the evening the agent is pushed to some computers; on one day of the week a new agent to all of a segment."""
    source, account = org.one("management"), org.service("sccm")
    for host in org.workstations:
        if dice.random() < 0.03:
            yield (
                day + dice.uniform(18, 22) * HOUR,
                partial(_push, source=source, target=host, account=account, job=CCMSETUP),
            )
    if weekday(day) == 2:
        wave = f"clients{1 + int(day // (7 * DAY)) % 2}"
        for i, host in enumerate(h for h in org.workstations if h.segment.name == wave):
            yield day + 19 * HOUR + 40 * i, partial(_push, source=source, target=host, account=account, job=AGENT)


def _push(scene: Scene, source: Host, target: Host, account: Account, job: Job) -> None:
    client = service(scene, source, SCCM)
    service_push.push(scene, Move(source, target, account, client), job)


def service(scene: Scene, host: Host, image: str) -> Process:
    """Give a program that runs as a service of a host, started where it is not running yet."""
    if image not in host.running:
        host.running[image] = start(scene, host.running["services"], image, f'"{image}"')
    return host.running[image]


def _backup(org: Organisation, dice: random.Random, day: float) -> Plan:
    source = org.one("backup", "management")
    for i, host in enumerate(h for h in org.servers if h is not source):
        yield day + 22 * HOUR + 90 * i + dice.uniform(0, 30), partial(_save, source=source, target=host)


def _save(scene: Scene, source: Host, target: Host) -> None:
    if scene.time >= target.born:
        second = source.other_ip if scene.dice.random() < 0.5 else None
        move = Move(source, target, scene.org.service("backup"), service(scene, source, BACKUP), source_ip=second)
        service_push.push(scene, move, GUEST, keep=False)


def _ansible(org: Organisation, dice: random.Random, day: float) -> Plan:
    managed = [h for h in org.servers if h.role in ("web", "app")]
    for hour in range(24):
        for i, host in enumerate(managed):
            yield day + hour * HOUR + 300 + 7 * i + dice.uniform(0, 4), partial(_play, target=host)


def _play(scene: Scene, target: Host) -> None:
    """Run two tasks of a playbook in remote shells, from a node that logs nothing."""
    if scene.time < target.born:
        return
    move = Move(scene.org.one("ansible"), target, scene.org.service("ansible"))
    for _ in range(2):
        code = base64.b64encode(scene.dice.choice(PLAYBOOK).encode("utf-16-le")).decode()
        options = "-NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand"
        winrm.winrs(scene, move, Job(f"PowerShell {options} {code}"))
        scene.wait(0.5, 3)


def _monitoring(org: Organisation, dice: random.Random, day: float, noise: float) -> Plan:
    source = org.one("monitor", "management")
    for host in org.servers:
        if host is not source:
            for time in arrivals(dice, day, day + DAY, 1.0 * noise):
                yield time, partial(_poll, source=source, target=host)


def _poll(scene: Scene, source: Host, target: Host) -> None:
    if scene.time >= target.born:
        wmi.query(scene, Move(source, target, scene.org.service("monitor"), service(scene, source, MONITOR)))


def _scan(org: Organisation, dice: random.Random, day: float) -> Plan:
    """Scan every Windows host in the night of Saturday, with credentials."""
    for i, host in enumerate(h for h in org.hosts if h.windows):
        yield day + 2 * HOUR + 25 * i + dice.uniform(0, 10), partial(_examine, target=host)


def _examine(scene: Scene, target: Host) -> None:
    if scene.time < target.born:
        return
    source = scene.org.one("scanner")
    name = "".join(scene.dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", k=8))
    move = Move(source, target, scene.org.service("scan"), None, "NTLM", name, remote_tool=True, by_ip=True)
    link = mount(scene, move)
    for pipe in ("srvsvc", "winreg", "svcctl", "wkssvc", "samr"):
        scene.wait(0.05, 0.4)
        touch(scene, link, "IPC$", pipe, link.both)
    finish(scene, link.session)
    copy.browse(scene, move, "Windows\\System32")
    wmi.query(scene, move)
