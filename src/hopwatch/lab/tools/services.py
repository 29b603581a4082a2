"""Services on another host: sc over its pipe or RPC, and SCShell, which borrows one that exists."""

from __future__ import annotations

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.processes import SYSTEM32, start, value_set
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import Job, client_program, control, finish, lookup_target, mount, rpc, shell_child
from hopwatch.lab.windows import installed, removed, service_logon, state
from hopwatch.lab.wire import called
from hopwatch.lab.world import Process


def sc(scene: Scene, move: Move, job: Job) -> Process:
    """Create a service with `sc \\\\host create`, start it, and delete it."""
    name, host = job.name or "HealthSvc", move.target
    line = f'sc.exe \\\\{move.asked} create {name} binPath= "{job.command}" start= demand'
    client = client_program(scene, move, SYSTEM32 + "sc.exe", line)
    scene.wait(0.1, 0.3)
    link = mount(scene, move, client)
    control(scene, link, "CreateServiceW", "CloseServiceHandle")
    installed(scene, link.session, name, job.command)
    scene.wait(1, 8)
    client_program(scene, move, SYSTEM32 + "sc.exe", f"sc.exe \\\\{move.asked} start {name}")
    control(scene, link, "OpenServiceW", "StartServiceW")
    service_logon(scene, host)
    child = shell_child(scene, host.running["services"], job.command)
    later = scene.later(scene.dice.uniform(31, 60))
    client_program(later, move, SYSTEM32 + "sc.exe", f"sc.exe \\\\{move.asked} delete {name}")
    control(later, link, "OpenServiceW", "DeleteService")
    removed(later, host, name)
    finish(later, link.session)
    return child


def query(scene: Scene, move: Move) -> None:
    """List another host's services, as the MMC does."""
    client = client_program(
        scene, move, SYSTEM32 + "mmc.exe", f'"{SYSTEM32}mmc.exe" {SYSTEM32}services.msc /computer={move.asked}'
    )
    link = mount(scene, move, client)
    control(scene, link, "EnumServicesStatusExW", "QueryServiceConfigW", "CloseServiceHandle")
    finish(scene, link.session)


def scshell(scene: Scene, move: Move, job: Job) -> Process:
    """Run a command by changing an existing service's program over RPC, and change it back: nothing is created."""
    host, name = move.target, job.name or "XblAuthManager"
    tool = job.tool or "C:\\ProgramData\\scs.exe"
    client = client_program(scene, move, tool, f'"{tool}" {move.asked} {name} "{job.command}"')
    lookup_target(scene, move, client)
    _, flow = rpc(scene, move, client, "services")
    session = authenticate(scene, move, flow, "host")
    operations = ("OpenSCManagerA", "OpenServiceA", "ChangeServiceConfigA", "StartServiceA")
    called(scene, flow, str(flow.resp[1]), "svcctl", *operations)
    key = f"HKLM\\System\\CurrentControlSet\\Services\\{name}\\ImagePath"
    value_set(scene, host.running["services"], key, job.command)
    scene.wait(0.1, 0.5)
    child = shell_child(scene, host.running["services"], job.command)
    scene.wait(0.5, 2)
    value_set(scene, host.running["services"], key, "C:\\Windows\\system32\\svchost.exe -k netsvcs -p")
    called(scene, flow, str(flow.resp[1]), "svcctl", "ChangeServiceConfigA", "CloseServiceHandle")
    finish(scene, session)
    return child


def restart(scene: Scene, move: Move, service: str) -> None:
    """Stop and start a service of another host with sc: no program changes."""
    client = client_program(scene, move, SYSTEM32 + "sc.exe", f"sc.exe \\\\{move.asked} start {service}")
    link = mount(scene, move, client)
    control(scene, link, "OpenServiceW", "StartServiceW", "QueryServiceStatus")
    image = SYSTEM32 + "svchost.exe"
    start(scene, move.target.running["services"], image, f"{image} -k netsvcs -p -s {service}")
    state(scene, move.target, service, "running")
    finish(scene, link.session)
