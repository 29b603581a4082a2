"""Connections: what the two hosts log of them, and what a sensor sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hopwatch.lab.event import Flow
from hopwatch.lab.processes import user_of
from hopwatch.lab.scene import Scene
from hopwatch.lab.world import Host, Process

SHORT = {445: "microsoft-ds", 135: "epmap", 88: "kerberos", 53: "domain", 389: "ldap"}


@dataclass(frozen=True)
class Ends:
    """Who connects to whom: the processes (None where the host logs none), the port, and the service a sensor names."""

    source: Host
    target: Host
    port: int
    client: Process | None = None
    server: Process | None = None
    service: str = "-"
    proto: str = "tcp"
    source_ip: str | None = None  # another than the host's own: NAT, a second card


def connect(scene: Scene, ends: Ends, seconds: float = 1.0, size: tuple[int, int] = (1500, 1800)) -> Flow:
    """Open a connection: Sysmon 3 and 5156 on both sides, and the flow on the wire. Give the flow."""
    source, target = ends.source, ends.target
    orig = (ends.source_ip or source.ip, source.port())
    resp = (target.ip, ends.port)
    sent, received = (round(n * scene.dice.uniform(0.8, 1.3)) for n in size)
    flow = Flow(scene.time, source, orig, target, resp, ends.service, ends.proto, seconds, sent, received)
    if source is not target:
        scene.tape.flow(flow)
        if scene.seen is not None:
            scene.seen.append(flow)
    _log(scene, ends.client, flow, True)
    _log(scene, ends.server, flow, False)
    return flow


def _log(scene: Scene, process: Process | None, flow: Flow, initiated: bool) -> None:
    if process is None or not process.host.windows:
        return
    fields = {
        "User": user_of(process.session), "Protocol": flow.proto, "Initiated": "true" if initiated else "false",
        "SourceIp": flow.orig[0], "SourcePort": str(flow.orig[1]), "DestinationIp": flow.resp[0],
        "DestinationPort": str(flow.resp[1]), "DestinationPortName": SHORT.get(flow.resp[1], "-"),
    }  # fmt: skip
    scene.sysmon(process, "sysmon.3", fields, delay=scene.dice.uniform(0.3, 1.6))
    _permitted(scene, process, flow, initiated)


def _permitted(scene: Scene, process: Process, flow: Flow, initiated: bool) -> None:
    if "security.5156" in process.host.muted:
        return
    path = process.image[3:].lower() if ":" in process.image else "system"
    fields = {
        "ProcessID": str(process.pid),
        "Application": path if path == "system" else f"\\device\\harddiskvolume2\\{path}",
        "Direction": "%%14593" if initiated else "%%14592", "SourceAddress": flow.orig[0],
        "SourcePort": str(flow.orig[1]),
        "DestAddress": flow.resp[0], "DestPort": str(flow.resp[1]), "Protocol": "6" if flow.proto == "tcp" else "17",
    }  # fmt: skip
    scene.log(process.host, "security.5156", fields)


def smb(scene: Scene, source: Host, target: Host, client: Process | None = None, source_ip: str | None = None) -> Flow:
    """Connect to SMB: by the kernel, or by a program of its own."""
    by, kernel = client or source.running.get("kernel"), target.running.get("kernel")
    ends = Ends(source, target, 445, by, kernel, "gssapi,smb", source_ip=source_ip)
    return connect(scene, ends, scene.dice.uniform(8, 40), (9000, 4200))


def mapped(scene: Scene, flow: Flow, share: str) -> None:
    """Note the share that a client maps."""
    path = f"\\\\{flow.target.fqdn}\\{share}"
    if share == "IPC$":
        flow.note("smb_mapping", scene.time, path=path, share_type="PIPE")
    else:
        flow.note("smb_mapping", scene.time, path=path, service="-", native_file_system="NTFS", share_type="DISK")


def file_seen(scene: Scene, flow: Flow, path: str, action: str = "SMB::FILE_OPEN", new: bool = False) -> None:
    """Note a file that a client opens (share and name); the server answers with its size and times."""
    share, _, name = path.partition("\\")
    made = scene.time if new else scene.org.start - 86400.0 * scene.step(3, 900)
    changed = scene.time if new else made + 86400.0 * scene.step(0, 2)
    times = dict.fromkeys(("times.modified", "times.accessed", "times.changed"), changed)
    about = {"action": action, "path": f"\\\\{flow.target.fqdn}\\{share}", "name": name}
    size = 0 if new else scene.step(1, 900000)
    flow.note("smb_files", scene.time, **about, size=size, **times, **{"times.created": made})


def called(scene: Scene, flow: Flow, pipe: str, endpoint: str, *operations: str) -> None:
    """Note RPC operations on a pipe, or on a port."""
    for i, operation in enumerate(operations):
        rtt = scene.dice.uniform(0.0004, 0.003)
        about: dict[str, Any] = {"rtt": rtt, "named_pipe": pipe, "endpoint": endpoint, "operation": operation}
        flow.note("dce_rpc", scene.time + 0.002 * i, **about)


def lookup(scene: Scene, host: Host, process: Process | None, name: str, answer: str) -> None:
    """Ask the controller for a name (Sysmon 22 and DNS on the wire)."""
    controller = scene.org.controller(host)
    if controller is not host:
        ends = Ends(host, controller, 53, service="dns", proto="udp")
        flow = connect(scene, ends, 0.002, (45, 61))
        flow.note("dns", scene.time, query=name.lower(), answer=answer, rtt=scene.dice.uniform(0.0005, 0.004))
    if process is not None:
        found = f"::ffff:{answer};" if answer else "-"
        scene.sysmon(process, "sysmon.22", {"QueryName": name.lower(), "QueryResults": found}, delay=0.8)
