"""Process creation over WMI: wmic and PowerShell, impacket's wmiexec, and mere queries."""

from __future__ import annotations

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.processes import SYSTEM32, provider_host
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import (
    DATA,
    DELETE,
    WRITE,
    Job,
    client_program,
    finish,
    lookup_target,
    mount,
    rpc,
    shell_child,
    touch,
    use,
)
from hopwatch.lab.windows import access, explicit, share
from hopwatch.lab.wire import called
from hopwatch.lab.world import Process, Session

LOGIN = ("EstablishPosition", "NTLMLogin")


def wmic(scene: Scene, move: Move, job: Job) -> Process:
    """Run a command with `wmic /node:`."""
    line = f'"{SYSTEM32}Wbem\\WMIC.exe" /node:{move.asked} process call create "{job.command}"'
    client = client_program(scene, move, SYSTEM32 + "wbem\\WMIC.exe", line)
    scene.wait(0.2, 0.8)
    if client and client.session.account is not move.account:
        explicit(scene, client, move.account, move.target.fqdn, f"RPCSS/{move.target.fqdn}")
    sessions = connected(scene, move, client, "ExecMethod")
    child = shell_child(scene, provider_host(scene, move.target), job.command, sessions[-1])
    finish(scene, *sessions)
    return child


def query(scene: Scene, move: Move) -> None:
    """Ask a host something over WMI: nothing is run there."""
    sessions = connected(scene, move, move.client, "ExecQuery")
    provider_host(scene, move.target)
    finish(scene, *sessions)


def wmiexec(scene: Scene, move: Move, job: Job) -> Process:
    """Run commands with impacket's wmiexec: output goes to ADMIN$ of the target itself and is fetched over SMB."""
    link = mount(scene, move, move.client)
    sessions = connected(scene, move, move.client, "ExecMethod")
    name = f"__{scene.time:.7f}"[:19]
    parent = provider_host(scene, move.target)
    own = Session(move.target, move.account, sessions[-1].logon_id, 3, "127.0.0.1", move.target.port())
    child = parent
    for command in ("cd \\", "cd ", job.command):
        line = f"cmd.exe /Q /c {command} 1> \\\\127.0.0.1\\ADMIN$\\{name} 2>&1"
        child = shell_child(scene, parent, line, sessions[-1])
        share(scene, own, "ADMIN$")
        access(scene, own, "ADMIN$", name, WRITE)
        access(scene, own, "ADMIN$", name, DATA)
        scene.wait(0.02, 0.3)
        use(scene, link, "ADMIN$")
        touch(scene, link, "ADMIN$", name, 0x1)
        touch(scene, link, "ADMIN$", name, DELETE)
        scene.wait(0.1, 8)
    finish(scene, link.session, *sessions)
    return child


def connected(scene: Scene, move: Move, client: Process | None, operation: str) -> list[Session]:
    """Open DCOM, log in to WMI, and call; one logon for the activation, three for the namespace."""
    lookup_target(scene, move, client)
    first, second = rpc(scene, move, client, "wmi", "RemoteCreateInstance")
    sessions = [authenticate(scene, move, first, "RPCSS")]
    scene.wait(0.01, 0.06)
    sessions += [authenticate(scene, move, second, "RPCSS") for _ in range(3)]
    port = str(second.resp[1])
    called(scene, second, port, "IWbemLevel1Login", *LOGIN)
    called(scene, second, port, "IWbemServices", "GetObject", operation)
    scene.wait(0.02, 0.2)
    return sessions
