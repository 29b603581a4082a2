"""Says how a kind of event is had: the audit policy, the log, the Sysmon element, the policy it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hopwatch.lab.forms import table

SYSMON = "Microsoft-Windows-Sysmon/Operational"


@dataclass(frozen=True)
class Subcategory:
    """A subcategory of the audit policy: `loud` says why it is not switched on without thought."""

    name: str
    guid: str
    ids: tuple[int, ...]
    failure: bool = False
    loud: str | None = None
    busy: str | None = None
    on: str | None = None

    @property
    def command(self) -> str:
        """The line that switches it on."""
        failure = " /failure:enable" if self.failure else ""
        return f"auditpol /set /subcategory:{{{self.guid}}} /success:enable{failure}"


def subcategory(event_id: int) -> Subcategory | None:
    """Give the subcategory that writes an event of the security log; None where none is needed, or known."""
    for name, about in table("settings")["audit"].items():
        if event_id in about["ids"]:
            return Subcategory(name, **about | {"ids": tuple(about["ids"])})
    return None


def is_always_on(kind: str) -> bool:
    """Whether an event (`Security/1102`) is written whatever is set."""
    channel, _, number = kind.rpartition("/")
    if channel == "Security":
        return int(number) in table("settings")["always"]["Security"]
    return channel in table("settings")["logs"]["on"]


def policies(kind: str) -> list[dict[str, Any]]:
    """Give the policies that an event needs besides."""
    channel = kind.rpartition("/")[0]
    return [p for p in table("settings")["policy"] if kind in p["kinds"] or f"{channel}/*" in p["kinds"]]


def fix(kind: str) -> str:
    """Say in one line how events of a kind are had."""
    channel, _, number = kind.rpartition("/")
    if channel == SYSMON:
        element = table("settings")["sysmon"].get(number, "its element")
        return f"install Sysmon with {element} in its configuration (hopwatch lab setup writes one)"
    found = subcategory(int(number)) if channel == "Security" else None
    if found is not None:
        return f"{found.command}  (the subcategory {found.name})"
    if is_always_on(kind):
        return (
            f"Windows writes it by itself: forward the log {channel}, event {number} (hopwatch lab setup has the query)"
        )
    return f'wevtutil sl "{channel}" /e:true'
