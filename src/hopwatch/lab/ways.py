"""The tools that intruders move with, and the intrusions by name that are built of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hopwatch.lab.auth import Move
from hopwatch.lab.clock import HOUR
from hopwatch.lab.scene import Scene
from hopwatch.lab.tools import copy, dcom, psexec, rdp, service_push, services, smbexec, tasks, winrm, wmi
from hopwatch.lab.tools.job import Job
from hopwatch.lab.world import Process
from hopwatch.model.errors import InputError

Tool = Callable[[Scene, Move, Job], Process]
SOON = (0.15 * HOUR, 1.5 * HOUR)  # between two movements


@dataclass(frozen=True)
class Way:
    """One tool as intruders use it: what a movement with it is called, and what else it may rightly be called."""

    tool: Tool
    technique: str
    also: tuple[str, ...] = ()
    impacket: bool = False  # speaks SMB and RPC by itself, with NTLM
    names: str = ""  # the list that a service or task is named from


@dataclass(frozen=True)
class Scheme:
    """A kind of intrusion: the tools of its named movement (the seed takes one), and what is special about it."""

    tools: tuple[str, ...]
    twist: str = ""
    also: tuple[str, ...] = ()
    gap: tuple[float, float] = SOON


def _desktop(scene: Scene, move: Move, job: Job) -> Process:
    return rdp.rdp(scene, move)[1]


TOOLS: dict[str, Way] = {
    "psexec": Way(psexec.psexec, "psexec"),
    "psexec_renamed": Way(psexec.psexec, "psexec_like", ("psexec",), names="intruder_services"),
    "smbexec": Way(smbexec.smbexec, "smbexec", impacket=True),
    "impacket_psexec": Way(service_push.impacket_psexec, "psexec_like", ("remote_service", "psexec"), impacket=True),
    "wmiexec": Way(wmi.wmiexec, "wmi_exec", impacket=True),
    "wmic": Way(wmi.wmic, "wmi_exec"),
    "winrm": Way(winrm.invoke_command, "winrm_exec"),
    "atexec": Way(tasks.atexec, "remote_task", impacket=True),
    "schtasks": Way(tasks.schtasks, "remote_task", names="intruder_tasks"),
    "sc": Way(services.sc, "remote_service", names="intruder_services"),
    "scshell": Way(services.scshell, "remote_service", names="borrowed_services"),
    "dcom": Way(dcom.mmc20, "dcom_exec"),
    "share_copy": Way(copy.copy_and_run, "wmi_exec", ("admin_share_copy",)),
    "rdp": Way(_desktop, "rdp"),
}
COMMON = tuple(TOOLS)
WAYS: dict[str, Scheme] = {
    **{name: Scheme((name,)) for name in TOOLS},
    "pass_the_hash": Scheme(("psexec", "smbexec", "impacket_psexec", "wmiexec"), "hash", ("pass_the_hash",)),
    "ntlm_fallback": Scheme(("psexec", "wmic", "schtasks", "sc"), "address"),
    "relay": Scheme(("smbexec", "impacket_psexec"), "relay", ("ntlm_relay",)),
    "jump_host": Scheme(("winrm", "psexec", "wmic"), "jump"),
    "service_account": Scheme(("wmiexec", "winrm", "sc"), "service"),
    "slow": Scheme(("wmic", "schtasks", "winrm"), gap=(20 * HOUR, 30 * HOUR)),
    "dark_target": Scheme(("psexec", "wmiexec", "winrm"), "dark"),
    "logs_cleared": Scheme(("sc", "psexec", "wmiexec"), "clear"),
    "account_created": Scheme(("wmic", "winrm", "atexec"), "account"),
}


def check(names: list[str]) -> None:
    """Raise InputError for a name that is not an attack's."""
    for name in names:
        if name not in WAYS:
            raise InputError(f"--attacks {name!r} is not known; it is one of {', '.join(WAYS)}")
