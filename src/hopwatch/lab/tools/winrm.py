"""PowerShell remoting and remote shells over WinRM."""

from __future__ import annotations

from hopwatch.lab.auth import Move, authenticate
from hopwatch.lab.event import Flow
from hopwatch.lab.processes import SYSTEM32, loaded, pipe, start, wrote
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools.job import Job, client_program, finish, lookup_target, shell_child
from hopwatch.lab.windows import explicit
from hopwatch.lab.wire import Ends, connect
from hopwatch.lab.world import Process, Session

POWERSHELL = SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"
PLUGIN = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"


def invoke_command(scene: Scene, move: Move, job: Job) -> Process:
    """Run a script block with `Invoke-Command`; only what the script starts is a process of its own."""
    client = client_program(scene, move, POWERSHELL, "powershell.exe")
    if client:
        loaded(scene, client, "WsmAuto.dll")
    scene.wait(0.5, 3)
    _script(scene, client, f"Invoke-Command -ComputerName {move.asked} -ScriptBlock {{ {job.command} }}")
    session = _shell(scene, move, client, PLUGIN)
    host = move.target
    line = "C:\\Windows\\system32\\wsmprovhost.exe -Embedding"
    provider = start(scene, host.running["dcom"], SYSTEM32 + "wsmprovhost.exe", line, session)
    scene.wait(0.3, 1.5)
    temp = (
        f"C:\\Users\\{move.account.name}\\AppData\\Local\\Temp\\__PSScriptPolicyTest_{scene.dice.getrandbits(40):x}.ps1"
    )
    wrote(scene, provider, temp)
    pipe(scene, provider, f"PSHost.{int((scene.time + 11644473600) * 1e7)}.{provider.pid}.DefaultAppDomain.wsmprovhost")
    _remote(scene, provider, job.command)
    finish(scene, session)
    return shell_child(scene, provider, job.command) if " /c " in job.command or ".exe" in job.command else provider


def winrs(scene: Scene, move: Move, job: Job) -> Process:
    """Run a command in a remote shell (winrs, pywinrm, Ansible)."""
    session = _shell(scene, move, move.client, SHELL)
    host = move.target
    line = "C:\\Windows\\system32\\WinrsHost.exe -Embedding"
    shell = start(scene, host.running["dcom"], SYSTEM32 + "winrshost.exe", line, session)
    scene.wait(0.05, 0.3)
    child = shell_child(scene, shell, f"C:\\Windows\\system32\\cmd.exe /c {job.command}")
    finish(scene, session)
    return child


def _shell(scene: Scene, move: Move, client: Process | None, resource: str) -> Session:
    """Connect twice to 5985, log on (no address is logged), and create a shell (WinRM 91)."""
    lookup_target(scene, move, client)
    if client:
        scene.log(move.source, "winrm.6", {"connection": f"{move.asked}/wsman?PSVersion=5.1.17763.1"})
    if client and client.session.account is not move.account:
        explicit(scene, client, move.account, move.target.name.upper(), f"HTTP/{move.target.name.upper()}")
    service = "http" if scene.dice.random() < 0.6 else "-"  # sensors do not always recognise it
    ends = Ends(move.source, move.target, 5985, client, move.target.running["kernel"], service)
    session: Session | None = None
    for _ in range(2):
        flow = connect(scene, ends, scene.dice.uniform(4, 30), (14000, 9000))
        if service == "http":
            agent = "Microsoft WinRM Client" if client else "Python WinRM client"
            requests(scene, flow, move.asked, "/wsman?PSVersion=5.1.17763.1" if resource == PLUGIN else "/wsman", agent)
        scene.wait(0.005, 0.05)
        opened = authenticate(scene, move, None, "HTTP")
        session = session or opened
    assert session is not None
    event = scene.log(move.target, "winrm.91", {"resourceUri": resource, "shellId": scene.guid().strip("{}").upper()})
    if event is not None:
        event.user, event.pid = move.account.sid, move.target.running["winrm"].pid
    return session


def requests(scene: Scene, flow: Flow, host: str, uri: str, agent: str) -> None:
    """Note the requests of a WinRM connection: one to authenticate, then encrypted ones."""
    for depth in range(1, scene.step(3, 7)):
        body = 0 if depth == 1 else scene.step(900, 4000)
        about = {
            "trans_depth": depth, "method": "POST", "host": f"{host.lower()}:5985", "uri": uri, "version": "1.1",
            "user_agent": agent, "request_body_len": body, "response_body_len": body and scene.step(700, 3000),
            "status_code": 200, "tags": [],
        }  # fmt: skip
        flow.note("http", scene.time + 0.05 * depth, **about)


def _script(scene: Scene, process: Process | None, text: str) -> None:
    if process is None:
        return
    event = scene.log(
        process.host, "powershell.4104", {"ScriptBlockText": text, "ScriptBlockId": scene.guid().strip("{}")}
    )
    if event is not None:
        event.user, event.pid = process.session.account.sid, process.pid


def _remote(scene: Scene, provider: Process, text: str) -> None:
    _script(scene, provider, text)
    event = scene.log(provider.host, "powershell.53504", {"param1": str(provider.pid)})
    if event is not None:
        event.user, event.pid = provider.session.account.sid, provider.pid
