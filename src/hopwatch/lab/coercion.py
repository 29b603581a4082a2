"""Logons that an intruder is given: a host made to authenticate to it (spooler, EFS, DFS), or lured by a wrong name."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hopwatch.lab.auth import Move
from hopwatch.lab.event import Flow
from hopwatch.lab.intruder import Intruder
from hopwatch.lab.processes import pipe
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import finish, mount, touch
from hopwatch.lab.wire import Ends, called, connect
from hopwatch.lab.world import Account, Host, Process

# Pipe that is opened, interface and operations on it: PrinterBug, PetitPotam, DFSCoerce.
COERCIONS = (
    ("spoolss", "spoolss", ("RpcOpenPrinter", "RpcRemoteFindFirstPrinterChangeNotificationEx")),
    ("lsarpc", "efsrpc", ("EfsRpcOpenFileRaw",)),
    ("efsrpc", "efsrpc", ("EfsRpcOpenFileRaw", "EfsRpcEncryptFileSrv")),
    ("netdfs", "netdfs", ("NetrDfsAddStdRoot",)),
)


@dataclass(frozen=True)
class Lured:
    """A host that logs on to the intruder, and the account that it does it with."""

    host: Host
    account: Account
    flow: Flow
    how: str


def coerced(scene: Scene, intruder: Intruder, victim: Host, dice: random.Random) -> Lured:
    """Ask a host over one of its pipes to open a path on the intruder's host: it comes with its own account."""
    name, endpoint, operations = dice.choice(COERCIONS)
    place, beacon = intruder.place, intruder.beacon
    move = Move(place, victim, intruder.user, beacon, "NTLM", "-", remote_tool=True, by_ip=True)
    if dice.random() < 0.4:  # a Windows program such as SpoolSample
        own = beacon.session.account
        move = Move(place, victim, place.me if own.kind == "system" else own, beacon)
    link = mount(scene, move, beacon)
    touch(scene, link, "IPC$", name, link.both)
    pipe(scene, victim.running["kernel"], name, created=False)
    called(scene, link.flow, f"\\pipe\\{name}", endpoint, *operations)
    scene.wait(0.02, 0.3)
    by_web = dice.random() < 0.25
    flow = _come(scene, victim, beacon, 80 if by_web else 445)
    finish(scene, link.session)
    return Lured(victim, victim.me, flow, f"coerced over {endpoint}")


def lured(scene: Scene, beacon: Process, account: Account) -> Lured:
    """Answer for a name that does not exist: an administrator's computer comes with its user's account."""
    host = account.home
    assert host is not None
    return Lured(host, account, _come(scene, host, beacon, 445), "lured by a wrong name")


def _come(scene: Scene, victim: Host, beacon: Process, port: int) -> Flow:
    """The victim connects to the intruder, whose program passes its logon on."""
    service = "gssapi,smb,ntlm" if port == 445 else "http,ntlm"
    ends = Ends(victim, beacon.host, port, victim.running.get("kernel"), beacon, service)
    flow = connect(scene, ends, scene.dice.uniform(1, 20), (1400, 1100))
    scene.wait(0.01, 0.1)
    return flow
