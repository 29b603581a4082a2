"""Remote desktop: a logon of type 10, as administrators use it to reach their jump host."""

from __future__ import annotations

from hopwatch.lab.auth import Move, tgt, ticket
from hopwatch.lab.processes import SYSTEM32, start
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import client_program, lookup_target
from hopwatch.lab.windows import explicit, logon, network_session, started_by
from hopwatch.lab.wire import Ends, connect
from hopwatch.lab.world import Process, Session


def rdp(scene: Scene, move: Move) -> tuple[Session, Process]:
    """Log on to a desktop of another host; give the session and its shell."""
    client = client_program(scene, move, SYSTEM32 + "mstsc.exe", f'"{SYSTEM32}mstsc.exe" /v:{move.asked}')
    lookup_target(scene, move, client)
    host = move.target
    ends = Ends(move.source, host, 3389, client, host.running["rdp"], "ssl")
    flow = connect(scene, ends, scene.dice.uniform(600, 9000), (400000, 4000000))
    if client and client.session.account is not move.account:
        explicit(scene, client, move.account, host.fqdn, f"TERMSRV/{host.fqdn}")
        tgt(scene, move.source, move.account)
    scene.wait(1, 4)
    network = network_session(scene, host, move.account, flow.orig[0])
    ticket(scene, move, "TERMSRV")
    logon(scene, network, LogonGuid=network.guid)
    tgt(scene, host, move.account)
    session = network_session(scene, host, move.account, flow.orig[0])
    session.kind = 10
    fields = {
        "LogonProcessName": "User32 ",
        "AuthenticationPackageName": "Negotiate",
        "WorkstationName": host.name.upper(),
    }
    logon(scene, session, **started_by(host.running["rdp"]), **fields)
    scene.wait(0.5, 2)
    shell = start(scene, host.running["winlogon"], "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE", session)
    return session, shell
