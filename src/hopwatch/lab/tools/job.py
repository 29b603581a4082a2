"""What somebody wants done on the target, and how the pieces that most tools share go."""

from __future__ import annotations

from dataclasses import dataclass

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.event import Flow
from hopwatch.lab.processes import SYSTEM32, start, wrote
from hopwatch.lab.scene import Scene
from hopwatch.lab.windows import access, logoff, share
from hopwatch.lab.wire import Ends, called, connect, file_seen, lookup, mapped, smb
from hopwatch.lab.world import Process, Session

READ_WRITE, WRITE, READ, DATA, LIST, DELETE = 0x12019F, 0x120196, 0x120089, 0x2, 0x100080, 0x10080


@dataclass(frozen=True)
class Job:
    """The command to run; the name that a service, task or program gets, where the tool lets one choose."""

    command: str
    name: str = ""
    program: str = ""  # file name of a program that is copied
    folder: str = ""  # where to, below the share
    tool: str = ""  # the client program where it has no usual place


@dataclass(eq=False)
class Link:
    """An SMB connection: its session on the target and its flow."""

    session: Session
    flow: Flow
    own_smb: bool = False  # spoken by the tool itself, not by Windows

    @property
    def both(self) -> int:
        """The rights that a client asks for to read and write a pipe: Windows' own asks for more."""
        return 0x3 if self.own_smb else READ_WRITE


def client_program(scene: Scene, move: Move, image: str, command: str) -> Process | None:
    """Start the tool on the source, in the session of the process that acts there."""
    return start(scene, move.client, image, command) if move.client else None


def mount(scene: Scene, move: Move, process: Process | None = None) -> Link:
    """Connect to SMB, log on, and open IPC$."""
    lookup_target(scene, move, process)
    by = process if move.remote_tool else None
    flow = smb(scene, move.source, move.target, by, move.source_ip)
    scene.wait(0.005, 0.03)
    session = authenticate(scene, move, flow)
    scene.wait(0.001, 0.01)
    link = Link(session, flow, move.remote_tool)
    use(scene, link, "IPC$")
    return link


def lookup_target(scene: Scene, move: Move, process: Process | None) -> None:
    """Look the target's name up, where it is addressed by name and not cached."""
    if not move.by_ip and scene.dice.random() < 0.7:
        lookup(scene, move.source, process, move.target.fqdn, move.target.ip)


def use(scene: Scene, link: Link, name: str) -> None:
    """Open a share; the few servers that audit it say whether the session is signed, which only controllers ask for."""
    share(scene, link.session, name)
    mapped(scene, link.flow, name)
    host = link.session.host
    if "smbconnectivity.4000" not in host.muted:
        signed = "true" if host.role == "dc" else "false"
        where = {"ShareName": f"\\\\*\\{name}", "ClientAddress": sockaddr(*link.flow.orig)}
        scene.log(host, "smbconnectivity.4000", {**where, "SigningUsed": signed})


def sockaddr(ip: str, port: int) -> str:
    """An address and port as Windows writes them in hexadecimal: family, port, address, padding."""
    return f"0200{port:04X}{bytes(map(int, ip.split('.'))).hex().upper()}{'0' * 16}"


def touch(scene: Scene, link: Link, name: str, path: str, mask: int) -> None:
    """Ask for a file or pipe in a share; who asks to write all of a file makes it."""
    access(scene, link.session, name, path, mask)
    if name != "IPC$" and mask != DATA:
        action = "SMB::FILE_DELETE" if mask == DELETE else "SMB::FILE_OPEN"
        file_seen(scene, link.flow, f"{name}\\{path}", action, mask == WRITE)


def put(scene: Scene, link: Link, name: str, path: str) -> None:
    """Copy a file into an administrative share; the kernel writes it on the target."""
    root = {"ADMIN$": "C:\\Windows\\", "C$": "C:\\"}[name]
    touch(scene, link, name, path, WRITE)
    touch(scene, link, name, path, DATA)
    wrote(scene, link.session.host.running["kernel"], root + path)
    scene.wait(0.05, 0.6)


def control(scene: Scene, link: Link, *operations: str) -> None:
    """Speak to the service control manager over its pipe."""
    touch(scene, link, "IPC$", "svcctl", link.both)
    kernel = link.session.host.running["kernel"]
    scene.sysmon(kernel, "sysmon.18", {"PipeName": "\\ntsvcs"})
    called(scene, link.flow, "\\pipe\\ntsvcs", "svcctl", "OpenSCManagerW", *operations)


def activate(scene: Scene, move: Move, process: Process | None, operation: str = "RemoteCreateInstance") -> Flow:
    """Connect to 135: DCOM does it in the source's own RPC service, other programs by themselves."""
    mapping = operation == "ept_map"
    own = process if mapping or move.remote_tool else move.source.running.get("rpcss")
    ends = Ends(move.source, move.target, 135, own, move.target.running["rpcss"], "dce_rpc")
    flow = connect(scene, ends, 12.0, (600, 700))
    called(scene, flow, "135", "epmapper" if mapping else "IRemoteSCMActivator", operation)
    scene.wait(0.002, 0.02)
    return flow


def rpc(
    scene: Scene, move: Move, process: Process | None, service: str, operation: str = "ept_map"
) -> tuple[Flow, Flow]:
    """Ask where a service listens (135), then connect to its dynamic port; give both flows."""
    target = move.target
    first = activate(scene, move, process, operation)
    ends = Ends(move.source, target, target.rpc[service], process, target.running[service], "dce_rpc")
    return first, connect(scene, ends, scene.dice.uniform(5, 60), (4200, 3600))


def finish(scene: Scene, *sessions: Session) -> None:
    """Let sessions end by themselves, some seconds after their last use."""
    late = scene.later(scene.dice.uniform(8, 15))
    for session in sessions:
        late.time += 0.01
        logoff(late, session)


def shell_child(scene: Scene, parent: Process, command: str, session: Session | None = None) -> Process:
    """Start a command's program, with a console host where it is a console program."""
    first = command.split()[0].strip('"')
    image = first if ":" in first else SYSTEM32 + PLACES.get(first.lower(), first if "." in first else f"{first}.exe")
    child = start(scene, parent, image, command, session)
    if child.image.lower().endswith(("cmd.exe", "powershell.exe")):
        scene.wait(0.003, 0.02)
        start(scene, child, SYSTEM32 + "conhost.exe", "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1")
    inner = command.split(" /c ", 1)
    if child.image.lower().endswith("cmd.exe") and len(inner) == 2 and inner[1].split()[0].lower() not in BUILT_IN:
        scene.wait(0.01, 0.05)
        return shell_child(scene, child, inner[1])
    return child


BUILT_IN = {"dir", "type", "echo", "cd", "copy", "del"}
PLACES = {
    "powershell": "WindowsPowerShell\\v1.0\\powershell.exe",
    "powershell.exe": "WindowsPowerShell\\v1.0\\powershell.exe",
    "whoami": "whoami.exe", "net": "net.exe",
}  # fmt: skip
