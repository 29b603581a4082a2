"""Administrators at work from jump hosts, and the helpdesk from its own computers."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from hopwatch.lab.auth import Move, tgt
from hopwatch.lab.clock import DAY, HOUR, arrivals, weekday
from hopwatch.lab.forms import table
from hopwatch.lab.processes import SYSTEM32, start
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tools import copy, dcom, psexec, rdp, services, tasks, winrm, wmi
from hopwatch.lab.tools.job import Job
from hopwatch.lab.windows import explicit, logon, network_session, started_by
from hopwatch.lab.world import Account, Host, Organisation, Process

POWERSHELL = SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"
Deed = Callable[[Scene, Move], object]


def commanded(tool: Callable[[Scene, Move, Job], object], commands: str = "admin_commands", names: str = "") -> Deed:
    """Make a deed of a tool and one of the commands that administrators run."""

    def deed(scene: Scene, move: Move) -> object:
        words, dice = table("software"), scene.dice
        name = dice.choice(words[names]) if names else ""
        return tool(scene, move, Job(dice.choice(words[commands]), name, tool=dice.choice(words["admin_tools"])))

    return deed


def copied(scene: Scene, move: Move) -> None:
    """Copy an installer."""
    copy.copy_file(
        scene, move, Job("", program=scene.dice.choice(("hotfix.msu", "agent.msi", "settings.xml", "setup.exe")))
    )


def restarted(scene: Scene, move: Move) -> None:
    """Restart the spooler."""
    services.restart(scene, move, "Spooler")


def visited(scene: Scene, move: Move) -> None:
    """Work at a server's desktop, and sign out."""
    desk = rdp.open_desk(scene, move)
    rdp.sign_out(scene.later(max(1.0, desk.until - scene.time - 1)), desk)


# What an administrator may be in the habit of, with its weight.
DEEDS: tuple[tuple[Deed, int], ...] = (
    (commanded(psexec.psexec), 3), (commanded(winrm.invoke_command, "admin_scripts"), 6), (commanded(wmi.wmic), 2),
    (commanded(tasks.schtasks, names="admin_tasks"), 1), (commanded(psexec.psexec, names="admin_services"), 1),
    (copied, 3), (copy.browse, 4), (services.query, 3),
    (dcom.manage, 3), (restarted, 2), (visited, 3),
)  # fmt: skip
DESK: tuple[tuple[Deed, int], ...] = (
    (commanded(psexec.psexec), 3), (commanded(winrm.invoke_command, "admin_scripts"), 2), (copy.browse, 4),
    (restarted, 2),
    (copied, 2),
)  # fmt: skip


def plan(org: Organisation, dice: random.Random, day: float, noise: float) -> Plan:
    """Plan the day of every administrator and helpdesk worker."""
    share = 0.85 if weekday(day) < 5 else 0.05
    newcomer = org.accounts["admin"][-1] if len(org.accounts["admin"]) > 1 else None
    for account in (*org.accounts["admin"], *org.accounts["helpdesk"]):
        late = account is newcomer and day < org.start + 0.6 * (org.end - org.start)
        if not late and dice.random() < share:
            yield from _day(account, dice, day)
    if dice.random() < 0.15:
        yield from _emergency(org, dice, day)


def _day(account: Account, dice: random.Random, day: float) -> Plan:
    rate = 0.9 if account.kind == "admin" else 0.6
    deed = administer if account.kind == "admin" else help_user
    for time in arrivals(dice, day + 8 * HOUR, day + 17 * HOUR, rate):
        yield time, partial(deed, account=account)


def _emergency(org: Organisation, dice: random.Random, day: float) -> Plan:
    """At night one administrator works on several servers."""
    account = dice.choice(org.accounts["admin"])
    for time in arrivals(dice, day + 1 * HOUR, day + 3 * HOUR, 4):
        yield time, partial(administer, account=account, anywhere=True)


def habits(org: Organisation, account: Account) -> tuple[list[Host], list[tuple[Deed, int]], Host]:
    """What an account usually administers, with what, and from where: fixed by its name."""
    dice = random.Random(f"{org.seed}:habit:{account.name}")
    servers = [host for host in org.servers if host.role != "jump"]
    share = max(3, len(servers) // 3)
    deeds = dice.sample(DEEDS, 5)
    return dice.sample(servers, min(share, len(servers))), deeds, dice.choice(org.role("jump"))


def administer(scene: Scene, account: Account, anywhere: bool = False) -> None:
    """Do something on one of the usual servers, now and then on another, from the jump host."""
    usual, deeds, jump = habits(scene.org, account)
    servers = [host for host in scene.org.servers if host.role != "jump"]
    target = scene.dice.choice(servers if anywhere or scene.dice.random() < 0.05 else usual)
    shell = _console(scene, account, jump)
    if target is jump or scene.time < target.born:
        return
    act(scene, Move(jump, target, account, shell), deeds)


def act(scene: Scene, move: Move, deeds: list[tuple[Deed, int]]) -> None:
    """Do one of several things, by weight."""
    deed = scene.dice.choices([d for d, _ in deeds], [weight for _, weight in deeds])[0]
    deed(scene, move)


def _console(scene: Scene, account: Account, jump: Host) -> Process:
    """Give the administrator's shell on the jump host: over a desktop of today, taken up again where it was left."""
    key, org, home = (account.name, jump.name), scene.org, account.home
    assert home is not None
    move = Move(home, jump, account, home.running.get("explorer") or home.running["winlogon"])
    if key in org.consoles and scene.time < org.expiry[key]:
        if scene.time > org.desks[key].until:
            rdp.reconnect(scene, move, org.desks[key])
        return org.consoles[key]
    org.desks[key] = rdp.open_desk(scene, move)
    console = start(scene, org.desks[key].shell, POWERSHELL, "powershell.exe")
    org.consoles[key] = console
    org.expiry[key] = (scene.time // DAY + 1) * DAY
    rdp.sign_out(scene.later(org.expiry[key] - scene.time), org.desks[key])
    scene.wait(5, 60)
    return console


def _run_as(scene: Scene, home: Host, account: Account) -> Process:
    """Start a shell with another account on the own computer: its logon is made by the secondary logon service."""
    explorer = home.running.get("explorer") or home.running["winlogon"]
    caller = start(
        scene, explorer, SYSTEM32 + "runas.exe", f"runas.exe /user:{account.domain}\\{account.name} powershell.exe"
    )
    explicit(scene, caller, account, "localhost", "localhost")
    tgt(scene, home, account)
    session = network_session(scene, home, account, "::1")
    session.kind = 2
    logon(
        scene,
        session,
        **{**started_by(caller), "LogonProcessName": "seclogo", "AuthenticationPackageName": "Negotiate"},
    )
    return start(scene, caller, POWERSHELL, "powershell.exe", session)


def help_user(scene: Scene, account: Account) -> None:
    """Help a user on his computer, from the helpdesk's own."""
    home = account.home
    assert home is not None
    target = scene.dice.choice(scene.org.workstations)
    if target is home or target.desktop is None:
        return
    key = (account.name, home.name)
    console = scene.org.consoles.get(key)
    if console is None or scene.time > scene.org.expiry.get(key, 0):
        console = _run_as(scene, home, account)
        scene.org.consoles[key] = console
        scene.org.expiry[key] = (scene.time // DAY + 1) * DAY
        scene.wait(2, 20)
    act(scene, Move(home, target, account, console), list(DESK))
