"""Sysinternals PsExec, also under another service name."""

from __future__ import annotations

from hopwatch.lab.auth import Move
from hopwatch.lab.processes import pipe, start, wrote
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import (
    DELETE,
    LIST,
    READ,
    READ_WRITE,
    WRITE,
    Job,
    Link,
    client_program,
    control,
    finish,
    mount,
    put,
    shell_child,
    touch,
    use,
)
from hopwatch.lab.windows import installed, removed, service_logon, state
from hopwatch.lab.world import Process


def psexec(scene: Scene, move: Move, job: Job) -> Process:
    """Run a command with PsExec: copy the service, start it, talk to it over its pipes, remove it."""
    name = job.name or "PSEXESVC"
    tool = job.tool or "C:\\Tools\\PsExec64.exe"
    line = f'"{tool}" \\\\{move.asked} -accepteula -s {f"-r {name} " if job.name else ""}{job.command}'
    client = client_program(scene, move, tool, line)
    scene.wait(0.2, 0.9)
    link = mount(scene, move, client)
    use(scene, link, "ADMIN$")
    touch(scene, link, "ADMIN$", "\\", LIST)
    put(scene, link, "ADMIN$", f"{name}.exe")
    service = _service(scene, link, name)
    source = move.source.name.upper()
    wrote(scene, service, f"C:\\Windows\\PSEXEC-{source}-{scene.dice.getrandbits(32):08X}.key")
    touch(scene, link, "IPC$", name, READ_WRITE)
    _pipes(scene, link, service, f"{name}-{source}-{client.pid if client else scene.step(900, 9000)}")
    child = shell_child(scene, service, job.command)
    _remove(scene.later(scene.dice.uniform(2, 40)), link, name)
    return child


def _service(scene: Scene, link: Link, name: str) -> Process:
    """Create and start the service over svcctl."""
    host = link.session.host
    image = f"%SystemRoot%\\{name}.exe"
    control(scene, link, "CreateServiceWOW64W", "StartServiceW", "QueryServiceStatus")
    installed(scene, link.session, name, image)
    scene.wait(0.02, 0.1)
    service = start(scene, host.running["services"], f"C:\\Windows\\{name}.exe", f"C:\\Windows\\{name}.exe")
    service_logon(scene, host)
    state(scene, host, name, "running")
    pipe(scene, service, name)
    scene.wait(0.05, 0.2)
    return service


def _pipes(scene: Scene, link: Link, service: Process, base: str) -> None:
    for end, mask in (("stdin", WRITE), ("stdout", READ), ("stderr", READ)):
        pipe(scene, service, f"{base}-{end}")
        touch(scene, link, "IPC$", f"{base}-{end}", mask)
    scene.wait(0.02, 0.1)


def _remove(scene: Scene, link: Link, name: str) -> None:
    state(scene, link.session.host, name, "stopped")
    removed(scene, link.session.host, name)
    touch(scene, link, "ADMIN$", f"{name}.exe", DELETE)
    finish(scene, link.session)
