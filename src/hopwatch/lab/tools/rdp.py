"""Remote desktop: a logon of type 10, as administrators use it to reach their jump host; left and taken up again."""

from __future__ import annotations

from dataclasses import dataclass

from hopwatch.lab.auth import Move, tgt, ticket
from hopwatch.lab.event import Flow
from hopwatch.lab.processes import SYSTEM32, start
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import client_program, lookup_target
from hopwatch.lab.windows import explicit, logoff, logon, network_session, started_by, target
from hopwatch.lab.wire import Ends, connect
from hopwatch.lab.world import Process, Session


@dataclass
class Desk:
    """A remote desktop: its session on the host, the number of that, its shell, and until when it is connected."""

    session: Session
    number: int
    shell: Process
    until: float


def rdp(scene: Scene, move: Move) -> tuple[Session, Process]:
    """Log on to a desktop of another host; give the session and its shell."""
    desk = open_desk(scene, move)
    return desk.session, desk.shell


def open_desk(scene: Scene, move: Move) -> Desk:
    """Log on to a desktop of another host; some time later the connection ends."""
    host = move.target
    flow = _connect(scene, move)
    tgt(scene, host, move.account)
    session = network_session(scene, host, move.account, flow.orig[0])
    session.kind = 10
    fields = {
        "LogonProcessName": "User32 ", "AuthenticationPackageName": "Negotiate", "WorkstationName": host.name.upper(),
    }  # fmt: skip
    logon(scene, session, **started_by(host.running["rdp"]), **fields)
    number = host.desktop_id()
    told(scene, session, number, 21)
    scene.wait(0.5, 2)
    shell = start(scene, host.running["winlogon"], "C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE", session)
    told(scene, session, number, 22)
    desk = Desk(session, number, shell, flow.time + flow.seconds)
    _leave(scene, move, desk)
    return desk


def reconnect(scene: Scene, move: Move, desk: Desk) -> None:
    """Take a desktop up again that was left (4778, 25)."""
    flow = _connect(scene, move)
    desk.session.ip = flow.orig[0]
    scene.log(move.target, "security.4778", _station(move, desk))
    told(scene, desk.session, desk.number, 25)
    desk.until = flow.time + flow.seconds
    _leave(scene, move, desk)


def sign_out(scene: Scene, desk: Desk) -> None:
    """End a desktop: by its user, or by the time limit of desktops that were left (4647, 4634, 23)."""
    scene.log(desk.session.host, "security.4647", target(desk.session))
    told(scene, desk.session, desk.number, 23)
    scene.wait(0.5, 2)
    logoff(scene, desk.session)


def told(scene: Scene, session: Session, number: int, event: int) -> None:
    """Write what the session manager says (21 to 25)."""
    user = f"{session.account.domain}\\{session.account.name}"
    where = {} if event == 23 else {"Address": session.ip}
    found = scene.log(session.host, f"lsm.{event}", {"User": user, "SessionID": str(number), **where})
    if found is not None:
        found.user = "S-1-5-18"


def _connect(scene: Scene, move: Move) -> Flow:
    """Connect, authenticate over the network (type 3, 1149), and give the connection."""
    client = client_program(scene, move, SYSTEM32 + "mstsc.exe", f'"{SYSTEM32}mstsc.exe" /v:{move.asked}')
    lookup_target(scene, move, client)
    host, account = move.target, move.account
    ends = Ends(move.source, host, 3389, client, host.running["rdp"], "ssl")
    flow = connect(scene, ends, scene.dice.uniform(600, 9000), (400000, 4000000))
    _as_service(scene, move, "rdpcore.131", {"ClientIP": f"{flow.orig[0]}:{flow.orig[1]}"})
    if client and client.session.account is not account:
        explicit(scene, client, account, host.fqdn, f"TERMSRV/{host.fqdn}")
        tgt(scene, move.source, account)
    scene.wait(1, 4)
    network = network_session(scene, host, account, flow.orig[0])
    ticket(scene, move, "TERMSRV")
    logon(scene, network, LogonGuid=network.guid)
    _as_service(scene, move, "rcm.1149", {"Param1": account.name, "Param2": account.domain, "Param3": flow.orig[0]})
    return flow


def _as_service(scene: Scene, move: Move, kind: str, fields: dict[str, str]) -> None:
    found = scene.log(move.target, kind, fields)
    if found is not None:
        found.user = "S-1-5-20"


def _leave(scene: Scene, move: Move, desk: Desk) -> None:
    """Let the desktop be left when the connection ends (4779, 24)."""
    late = scene.later(max(1.0, desk.until - scene.time))
    late.seen = None
    late.log(move.target, "security.4779", _station(move, desk))
    told(late, desk.session, desk.number, 24)


def _station(move: Move, desk: Desk) -> dict[str, str]:
    account = desk.session.account
    return {
        "AccountName": account.name, "AccountDomain": account.domain, "LogonID": desk.session.hex_id,
        "ClientName": move.source.name.upper(), "ClientAddress": desk.session.ip,
    }  # fmt: skip
