"""Copies over administrative shares, and running what was copied."""

from __future__ import annotations

from hopwatch.lab.auth import Move
from hopwatch.lab.processes import SYSTEM32
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import LIST, READ, Job, client_program, finish, mount, put, touch, use
from hopwatch.lab.tools.wmi import wmic
from hopwatch.lab.world import Process


def copy_file(scene: Scene, move: Move, job: Job) -> None:
    """Copy a file to C$ of another host."""
    path = f"{job.folder or 'ProgramData'}\\{job.program}"
    line = f'cmd.exe /c copy "{job.program}" "\\\\{move.asked}\\C$\\{path}"'
    client_program(scene, move, SYSTEM32 + "cmd.exe", line)
    link = mount(scene, move)
    use(scene, link, "C$")
    touch(scene, link, "C$", job.folder or "ProgramData", 0x80)
    put(scene, link, "C$", path)
    finish(scene, link.session)


def copy_and_run(scene: Scene, move: Move, job: Job) -> Process:
    """Copy a program to C$ and run it there with wmic."""
    copy_file(scene, move, job)
    scene.wait(5, 50)
    return wmic(scene, move, Job(f"C:\\{job.folder or 'ProgramData'}\\{job.program}"))


def browse(scene: Scene, move: Move, path: str = "Windows\\Logs") -> None:
    """Look into C$ of another host."""
    link = mount(scene, move)
    use(scene, link, "C$")
    touch(scene, link, "C$", "\\", LIST)
    touch(scene, link, "C$", path, 0x100081)
    for _ in range(scene.step(1, 4)):
        scene.wait(0.5, 10)
        touch(scene, link, "C$", f"{path}\\cbs.log", READ)
    finish(scene, link.session)
