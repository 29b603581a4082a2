"""Authentication over the network: tickets, NTLM, and the logon that follows on the target."""

from __future__ import annotations

from dataclasses import dataclass

from hopwatch.lab.event import Flow
from hopwatch.lab.scene import Scene
from hopwatch.lab.windows import logon, network_session
from hopwatch.lab.wire import Ends, connect
from hopwatch.lab.world import Account, Host, Process, Session

TICKET = 36000.0  # seconds that a service ticket is good for
FOREVER = 2136422885.0  # what Windows asks for as the end of a ticket


@dataclass(frozen=True)
class Move:
    """Somebody on a source host who acts on a target: the account used there, and the process that does it."""

    source: Host
    target: Host
    account: Account
    client: Process | None = None  # None on a host without logs
    package: str = "Kerberos"  # or NTLM
    workstation: str = "-"  # what an NTLM client calls itself
    remote_tool: bool = False  # a tool that brings its own SMB and RPC (impacket)
    by_ip: bool = False
    source_ip: str | None = None  # another of the source's addresses than its usual one

    @property
    def asked(self) -> str:
        """How the target is addressed."""
        return self.target.ip if self.by_ip else self.target.name


def authenticate(scene: Scene, move: Move, flow: Flow | None, spn: str = "cifs") -> Session:
    """Log the account on to the target over a connection (None: the log does not say which)."""
    session = network_session(scene, move.target, move.account)
    if flow is not None:
        session.ip, session.port = flow.orig
        if flow.resp[1] == 445:
            flow.service += ",krb" if move.package == "Kerberos" else ",ntlm"
    if move.package == "Kerberos":
        if not _cached(scene, move, spn):
            ticket(scene, move, spn)
        logon(scene, session, LogonGuid=session.guid)
    else:
        validate(scene, move)
        if flow is not None:
            _ntlm_seen(scene, move, flow)
        logon(scene, session, **ntlm(move.workstation, "0" if move.remote_tool and _smb(flow) else "128"))
    return session


def _ntlm_seen(scene: Scene, move: Move, flow: Flow) -> None:
    """Note what a sensor reads of NTLM: the client's side is what the client writes."""
    server, name = move.target, move.workstation
    about = {
        "username": move.account.name, "hostname": name if name != "-" else None, "domainname": move.account.domain,
        "server_nb_computer_name": server.name.upper(), "server_dns_computer_name": server.fqdn,
        "server_tree_name": server.domain, "success": True,
    }  # fmt: skip
    flow.note("ntlm", scene.time, **about)


def _smb(flow: Flow | None) -> bool:
    """Tools that bring their own SMB ask for no session key of 128 bits there, but do for RPC."""
    return flow is not None and flow.resp[1] == 445


def _cached(scene: Scene, move: Move, spn: str) -> bool:
    """Tell whether the client's session holds a ticket for the service; from now on it does."""
    who = move.client.session.hex_id if move.client else ""
    key = (move.source.name, who, move.account.name, move.target.name, spn)
    held = scene.org.tickets.get(key, 0.0) > scene.time
    if not held:
        scene.org.tickets[key] = scene.time + TICKET
    return held


def ntlm(workstation: str, key: str = "128") -> dict[str, str]:
    """What a 4624 says of NTLM."""
    return {
        "LogonProcessName": "NtLmSsp ", "AuthenticationPackageName": "NTLM", "LmPackageName": "NTLM V2",
        "KeyLength": key, "WorkstationName": workstation,
    }  # fmt: skip


def ticket(scene: Scene, move: Move, spn: str = "cifs") -> None:
    """Fetch a service ticket for the target from a controller (4769)."""
    source, account = move.source, move.account
    controller = scene.org.controller(source)
    flow = _kerberos(scene, source, controller)
    realm = scene.org.domain.upper()
    fields = {
        "TargetUserName": f"{account.name}@{realm}", "TargetDomainName": realm, "ServiceName": move.target.me.name,
        "ServiceSid": move.target.me.sid, "IpAddress": _mapped(flow, controller), "IpPort": str(flow.orig[1]),
        "LogonGuid": scene.guid(),
    }  # fmt: skip
    scene.log(controller, "security.4769", fields)
    _note(scene, flow, "TGS", account, f"{spn}/{move.target.fqdn}")


def tgt(scene: Scene, source: Host, account: Account) -> None:
    """Fetch a ticket-granting ticket (4768)."""
    controller = scene.org.controller(source)
    flow = _kerberos(scene, source, controller)
    fields = {
        "TargetUserName": account.name, "TargetDomainName": scene.org.netbios, "TargetSid": account.sid,
        "ServiceSid": f"{scene.org.domain_sid}-502", "IpAddress": _mapped(flow, controller),
        "IpPort": str(flow.orig[1]),
    }  # fmt: skip
    scene.log(controller, "security.4768", fields)
    _note(scene, flow, "AS", account, f"krbtgt/{scene.org.domain.upper()}")


def _mapped(flow: Flow, controller: Host) -> str:
    return "::1" if flow.orig[0] == controller.ip else f"::ffff:{flow.orig[0]}"


def _kerberos(scene: Scene, source: Host, controller: Host) -> Flow:
    client = source.running.get("lsass")
    ends = Ends(source, controller, 88, client, controller.running["lsass"], "krb_tcp")
    return connect(scene, ends, 0.004, (1639, 1641))


def _note(scene: Scene, flow: Flow, kind: str, account: Account, service: str) -> None:
    client = f"{account.name}/{scene.org.domain.upper()}"
    about = {"request_type": kind, "client": client, "service": service, "till": FOREVER}
    flow.note("kerberos", scene.time, **about)


def validate(scene: Scene, move: Move) -> None:
    """Let whoever knows the account check it (4776): a controller, or the target for a local one."""
    account = move.account
    judge = move.target if account.kind == "local" else scene.org.controller(move.target)
    name = move.workstation if move.workstation != "-" else ""
    scene.log(judge, "security.4776", {"TargetUserName": account.name, "Workstation": name})
    if judge is not move.target:
        about = {"SChannelName": move.target.name.upper(), "UserName": account.name, "DomainName": account.domain}
        scene.log(judge, "ntlm.8004", {**about, "WorkstationName": name})
    if judge is not move.target and scene.dice.random() < 0.2:
        ends = Ends(move.target, judge, 135, move.target.running.get("lsass"), judge.running["rpcss"], "dce_rpc")
        connect(scene, ends, 0.5, (300, 260))
