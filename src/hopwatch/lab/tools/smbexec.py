"""impacket's smbexec: a service that runs a batch file, its output read back over a share."""

from __future__ import annotations

from hopwatch.lab.auth import Move
from hopwatch.lab.processes import SYSTEM32, start, wrote
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import DATA, DELETE, WRITE, Job, Link, control, finish, mount, shell_child, touch, use
from hopwatch.lab.windows import access, installed, removed, share
from hopwatch.lab.world import Process, Session


def smbexec(scene: Scene, move: Move, job: Job) -> Process:
    """Run commands through a short-lived service each."""
    link = mount(scene, move, move.client)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    name = job.name or "".join(scene.dice.choices(letters, k=8))
    _once(scene, link, name, "cd ")
    scene.wait(4, 30)
    child = _once(scene, link, name, job.command)
    finish(scene, link.session)
    return child


def _once(scene: Scene, link: Link, name: str, command: str) -> Process:
    host = link.session.host
    batch, output = f"%SYSTEMROOT%\\{name}.bat", f"\\\\%COMPUTERNAME%\\C$\\__output_{name}"
    line = f"%COMSPEC% /Q /c echo {command} ^> {output} 2^>^&1 > {batch} & %COMSPEC% /Q /c {batch} & del {batch}"
    control(scene, link, "CreateServiceW", "StartServiceW", "DeleteService", "CloseServiceHandle")
    installed(scene, link.session, name, line)
    scene.wait(0.01, 0.03)
    real = line.replace("%COMSPEC%", "C:\\Windows\\system32\\cmd.exe").replace("%SYSTEMROOT%", "C:\\Windows")
    outer = start(scene, host.running["services"], SYSTEM32 + "cmd.exe", real)
    wrote(scene, outer, f"C:\\Windows\\{name}.bat")
    inner = start(scene, outer, SYSTEM32 + "cmd.exe", f"C:\\Windows\\system32\\cmd.exe  /Q /c C:\\Windows\\{name}.bat ")
    child = inner if command == "cd " else shell_child(scene, inner, command)
    removed(scene, host, name)
    _output(scene, link, f"__output_{name}")
    return child


def _output(scene: Scene, link: Link, name: str) -> None:
    """The service writes to a share of its own host; the client fetches and deletes it."""
    host = link.session.host
    own = Session(host, host.own["SYSTEM"].account, 0x3E7, 3, "127.0.0.1", host.port())
    share(scene, own, "C$")
    access(scene, own, "C$", name, WRITE)
    access(scene, own, "C$", name, DATA)
    scene.wait(0.02, 0.1)
    use(scene, link, "C$")
    touch(scene, link, "C$", name, 0x1)
    touch(scene, link, "C$", name, DELETE)
