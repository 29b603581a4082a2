"""DCOM objects that run programs: MMC20.Application, also impacket's dcomexec."""

from __future__ import annotations

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.processes import SYSTEM32, loaded, start
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import Job, activate, client_program, finish, lookup_target, rpc, shell_child
from hopwatch.lab.windows import subject
from hopwatch.lab.wire import Ends, called, connect
from hopwatch.lab.world import Process

POWERSHELL = SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"


def mmc20(scene: Scene, move: Move, job: Job) -> Process:
    """Run a command through MMC20.Application of the target."""
    kind = f"[type]::GetTypeFromProgID('MMC20.Application','{move.asked}')"
    view = f"[activator]::CreateInstance({kind}).Document.ActiveView"
    text = f"{view}.ExecuteShellCommand('cmd.exe',$null,'{job.command}','7')"
    client = client_program(scene, move, POWERSHELL, "powershell.exe -NoProfile")
    if client:
        scene.log(move.source, "powershell.4104", {"ScriptBlockText": text, "ScriptBlockId": scene.guid().strip("{}")})
    scene.wait(0.2, 1)
    lookup_target(scene, move, client)
    host = move.target
    sessions = [authenticate(scene, move, activate(scene, move, client), "RPCSS")]
    scene.wait(0.01, 0.05)
    line = "C:\\Windows\\system32\\mmc.exe -Embedding"
    server = start(scene, host.running["dcom"], SYSTEM32 + "mmc.exe", line, sessions[0])
    scene.wait(0.1, 0.5)
    ends = Ends(move.source, host, host.port(), client, server, "dce_rpc")
    second = connect(scene, ends, scene.dice.uniform(5, 60), (4200, 3600))
    sessions.append(authenticate(scene, move, second, "RPCSS"))
    about = {**subject(sessions[0]), "ProcessId": hex(server.pid), "ProcessName": server.image}
    scene.log(host, "security.4674", about)
    called(scene, second, str(second.resp[1]), "IDispatch", "GetIDsOfNames", "Invoke")
    child = shell_child(scene, server, job.command)
    finish(scene, *sessions)
    return child


def manage(scene: Scene, move: Move) -> None:
    """Look at another host in the computer management console: DCOM and RPC, nothing is run."""
    client = client_program(
        scene, move, SYSTEM32 + "mmc.exe", f'"{SYSTEM32}mmc.exe" {SYSTEM32}compmgmt.msc /computer:{move.asked}'
    )
    if client:
        loaded(scene, client, "taskschd.dll")
    lookup_target(scene, move, client)
    first, _ = rpc(scene, move, client, "eventlog", "RemoteCreateInstance")
    finish(scene, authenticate(scene, move, first, "RPCSS"))
