"""Scheduled tasks on another host: schtasks over RPC, and impacket's atexec over its pipe."""

from __future__ import annotations

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.clock import iso
from hopwatch.lab.event import Flow
from hopwatch.lab.processes import SYSTEM32, loaded, wrote
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import (
    DELETE,
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
from hopwatch.lab.windows import subject
from hopwatch.lab.wire import called
from hopwatch.lab.world import Host, Process, Session

CONTENT = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Date>{date}</Date>
    <Author>{author}</Author>
    <URI>{name}</URI>
  </RegistrationInfo>
  <Principals>
    <Principal id="LocalSystem">
      <UserId>S-1-5-18</UserId>
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Actions Context="LocalSystem">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>""".replace("\n", "\r\n")


def schtasks(scene: Scene, move: Move, job: Job) -> Process:
    """Create a task with `schtasks /create /s`, run it, and delete it."""
    name = job.name or "Maintenance"
    line = f'schtasks.exe /create /s {move.asked} /tn "{name}" /tr "{job.command}" /sc once /st 23:59 /ru SYSTEM /f'
    client = client_program(scene, move, SYSTEM32 + "schtasks.exe", line)
    if client:
        loaded(scene, client, "taskschd.dll")
    scene.wait(0.1, 0.4)
    session, flow = _over_rpc(scene, move, client)
    called(scene, flow, str(flow.resp[1]), "ITaskSchedulerService", "SchRpcHighestVersion", "SchRpcRegisterTask")
    register(scene, session, f"\\{name}", job.command)
    scene.wait(1, 6)
    client_program(scene, move, SYSTEM32 + "schtasks.exe", f'schtasks.exe /run /s {move.asked} /tn "{name}"')
    called(scene, flow, str(flow.resp[1]), "ITaskSchedulerService", "SchRpcRun")
    child = launch(scene, move.target, f"\\{name}", job.command)
    later = scene.later(scene.dice.uniform(5, 60))
    client_program(later, move, SYSTEM32 + "schtasks.exe", f'schtasks.exe /delete /s {move.asked} /tn "{name}" /f')
    unregister(later, session, f"\\{name}", job.command)
    finish(later, session)
    return child


def atexec(scene: Scene, move: Move, job: Job) -> Process:
    """Run a command with impacket's atexec: register over the atsvc pipe, run, fetch the output, delete."""
    link = mount(scene, move, move.client)
    name = "".join(scene.dice.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", k=8))
    command = f"cmd.exe /C {job.command} > %windir%\\Temp\\{name}.tmp 2>&1"
    touch(scene, link, "IPC$", "atsvc", link.both)
    called(
        scene, link.flow, "\\PIPE\\atsvc", "ITaskSchedulerService", "SchRpcRegisterTask", "SchRpcRun", "SchRpcDelete"
    )
    session = authenticate(scene, move, None)
    register(scene, session, f"\\{name}", command)
    child = launch(scene, move.target, f"\\{name}", command)
    wrote(scene, child, f"C:\\Windows\\Temp\\{name}.tmp")
    scene.wait(0.02, 0.1)
    unregister(scene, session, f"\\{name}", command)
    use(scene, link, "ADMIN$")
    touch(scene, link, "ADMIN$", f"Temp\\{name}.tmp", 0x1)
    scene.wait(2, 4)
    touch(scene, link, "ADMIN$", f"Temp\\{name}.tmp", DELETE)
    finish(scene, link.session, session)
    return child


def _over_rpc(scene: Scene, move: Move, client: Process | None) -> tuple[Session, Flow]:
    """Current Windows speaks to the scheduler over 135 and its dynamic port: no share is touched."""
    lookup_target(scene, move, client)
    _, flow = rpc(scene, move, client, "schedule")
    return authenticate(scene, move, flow, "host"), flow


def register(scene: Scene, session: Session, name: str, command: str) -> None:
    """Write that a task was created (4698, 106, and the registry)."""
    host, author = session.host, f"{session.account.domain}\\{session.account.name}"
    fields = {**subject(session), "TaskName": name, "TaskContent": content(scene, name, author, command)}
    if host.modern:
        fields |= _newer(scene, host, session)
    scene.log(host, "security.4698", fields)
    scene.log(host, "task.106", {"TaskName": name, "UserContext": author})
    wrote(scene, host.running["schedule"], f"C:\\Windows\\System32\\Tasks{name}")
    key = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree"
    scene.sysmon(host.running["schedule"], "sysmon.13", {"TargetObject": f"{key}{name}\\Id", "Details": scene.guid()})
    scene.wait(0.01, 0.1)


def _newer(scene: Scene, host: Host, session: Session) -> dict[str, str]:
    """What Windows 11 and Server 2022 add: the client process, 0 where the caller is on another host."""
    local = session.kind != 3
    return {
        "ClientProcessStartKey": str(5629499534213120 + scene.step(1, 9999)),
        "ClientProcessId": str(scene.step(900, 9000)) if local else "0",
        "ParentProcessId": str(host.running["services"].pid) if local else "0", "RpcCallClientLocality": "0",
        "FQDN": host.fqdn,
    }  # fmt: skip


def content(scene: Scene, name: str, author: str, command: str) -> str:
    """A task as XML."""
    program, _, arguments = command.partition(" ")
    text = arguments.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return CONTENT.format(date=iso(scene.time, 0)[:19], author=author, name=name, program=program, arguments=text)


def launch(scene: Scene, host: Host, name: str, command: str) -> Process:
    """Let the scheduler run a task (129, 200): as SYSTEM, below its service."""
    scene.wait(0.01, 0.05)
    child = shell_child(scene, host.running["schedule"], command.replace("%windir%", "C:\\Windows"))
    engine = {"TaskInstanceId": scene.guid(), "EnginePID": str(child.pid)}
    scene.log(host, "task.129", {"TaskName": name, "Path": command.split()[0], "ProcessID": str(child.pid)})
    scene.log(host, "task.200", {"TaskName": name, "ActionName": child.image, **engine})
    scene.later(1.5).log(host, "task.201", {"TaskName": name, "ActionName": child.image, **engine})
    return child


def unregister(scene: Scene, session: Session, name: str, command: str) -> None:
    """Write that a task was deleted (4699, 141)."""
    author = f"{session.account.domain}\\{session.account.name}"
    fields = {**subject(session), "TaskName": name, "TaskContent": content(scene, name, author, command)}
    scene.log(session.host, "security.4699", fields)
    scene.log(session.host, "task.141", {"TaskName": name, "UserName": author})
