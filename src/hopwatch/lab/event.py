"""What the lab writes: events of a host and flows on the wire, before they have a format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from hopwatch.lab.forms import Form
from hopwatch.lab.world import Host


class Event:
    """An event as the host logs it; `recorded` (by its clock) and `record` are set when its slice is closed."""

    __slots__ = ("fields", "form", "host", "pid", "record", "recorded", "time", "user")

    def __init__(self, time: float, host: Host, form: Form, fields: dict[str, str]) -> None:
        self.time = time
        self.host = host
        self.form = form
        self.fields = fields
        self.user: str | None = None
        self.pid = form.process
        self.recorded = time
        self.record = 0


@dataclass(eq=False)
class Flow:
    """A TCP or UDP flow with what a sensor reads in it; `uids` are by sensor, set when its slice is closed."""

    time: float
    source: Host
    orig: tuple[str, int]
    target: Host
    resp: tuple[str, int]
    service: str = "-"
    proto: str = "tcp"
    seconds: float = 1.0
    sent: int = 1500
    received: int = 1800
    rows: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)  # log, time, its own fields
    uids: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)  # the direction that a sensor lost: orig or resp

    def note(self, log: str, time: float, **fields: Any) -> None:
        """Add what a sensor reads in the flow: an SMB share, an RPC operation, a ticket."""
        self.rows.append((log, time, fields))


def number_of(uid: str) -> int:
    """Give the number that Suricata has for a flow where Zeek has this text."""
    return int.from_bytes(hashlib.blake2b(uid.encode(), digest_size=6).digest(), "big")
