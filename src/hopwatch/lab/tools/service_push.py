"""Copies a program to an administrative share and starts it as a service: agents, backup, impacket's psexec."""

from __future__ import annotations

from hopwatch.lab.auth import Move
from hopwatch.lab.processes import pipe, start
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import DELETE, Job, Link, control, finish, mount, put, shell_child, touch, use
from hopwatch.lab.windows import installed, removed, service_logon, state
from hopwatch.lab.world import Process


def push(scene: Scene, move: Move, job: Job, keep: bool = True) -> Process:
    """Copy, create the service, start it; `keep` leaves it there. Give the process that runs in the end."""
    link = mount(scene, move, move.client)
    use(scene, link, "ADMIN$")
    path = f"{job.folder}{job.program}"
    put(scene, link, "ADMIN$", path)
    scene.wait(0.1, 0.8)
    service = _serve(scene, link, job, "C:\\Windows\\" + path, "auto start" if keep else "demand start")
    child = shell_child(scene, service, job.command) if job.command else service
    if keep:
        finish(scene, link.session)
    else:
        _clean(scene.later(scene.dice.uniform(20, 200)), link, job.name, path)
    return child


def impacket_psexec(scene: Scene, move: Move, job: Job) -> Process:
    """Run a command with impacket's psexec: a random service and program, RemCom's pipes."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    service, program = ("".join(scene.dice.choices(letters, k=n)) for n in (4, 8))
    link = mount(scene, move, move.client)
    use(scene, link, "ADMIN$")
    put(scene, link, "ADMIN$", f"{program}.exe")
    running = _serve(scene, link, Job("", service), f"%systemroot%\\{program}.exe", "demand start")
    for name in (
        "RemCom_communicaton",
        *(f"RemCom_{end}{letters[scene.step(0, 51)]}" for end in ("stdin", "stdout", "stderr")),
    ):
        pipe(scene, running, name)
        touch(scene, link, "IPC$", name, link.both)
    child = shell_child(scene, running, job.command)
    _clean(scene.later(scene.dice.uniform(30, 200)), link, service, f"{program}.exe")
    return child


def _serve(scene: Scene, link: Link, job: Job, image: str, begin: str) -> Process:
    host = link.session.host
    control(scene, link, "CreateServiceW", "OpenServiceW", "StartServiceW", "QueryServiceStatus")
    installed(scene, link.session, job.name, image, begin)
    scene.wait(0.02, 0.2)
    path = image.replace("%systemroot%", "C:\\Windows")
    service = start(scene, host.running["services"], path, path)
    service_logon(scene, host)
    state(scene, host, job.name, "running")
    return service


def _clean(scene: Scene, link: Link, name: str, path: str) -> None:
    control(scene, link, "OpenServiceW", "ControlService", "DeleteService")
    state(scene, link.session.host, name, "stopped")
    removed(scene, link.session.host, name)
    touch(scene, link, "ADMIN$", path, DELETE)
    finish(scene, link.session)
