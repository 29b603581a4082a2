"""One action as it unfolds: its clock, its dice, and where its events go."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Event, Flow
from hopwatch.lab.forms import forms
from hopwatch.lab.tape import Tape
from hopwatch.lab.world import Host, Organisation, Process

FORMS = forms()


class Scene:
    """Writes the events of one action; `seen` keeps them where the truth needs them."""

    __slots__ = ("dice", "org", "seen", "tape", "time")

    def __init__(self, tape: Tape, dice: random.Random, time: float) -> None:
        self.tape = tape
        self.org: Organisation = tape.org
        self.dice = dice
        self.time = time
        self.seen: list[Event | Flow] | None = None

    def wait(self, low: float, high: float) -> None:
        """Let time pass."""
        self.time += low + (high - low) * self.dice.random()

    def later(self, seconds: float) -> Scene:
        """Give a scene of the same action some time from now."""
        scene = Scene(self.tape, self.dice, self.time + seconds)
        scene.seen = self.seen
        return scene

    def log(self, host: Host, kind: str, fields: dict[str, str]) -> Event | None:
        """Write an event, unless it is not collected from that host."""
        if not host.forwards or kind in host.muted or not host.windows or self.time < host.born:
            return None
        form = FORMS[kind]
        event = Event(self.time, host, form, {**form.fields, **fields})
        self.tape.add(event)
        if self.seen is not None:
            self.seen.append(event)
        return event

    def sysmon(self, process: Process, kind: str, fields: dict[str, str], delay: float = 0.0) -> None:
        """Write a Sysmon event about a process; it is recorded a little after it happened."""
        about = {
            "UtcTime": iso(self.time).replace("T", " "),
            "ProcessGuid": process.guid,
            "ProcessId": str(process.pid),
            "Image": process.image,
        }
        event = self.log(process.host, kind, {**about, **fields})
        if event is not None:
            event.time += delay
            event.user = "S-1-5-18"

    def guid(self) -> str:
        """Make up a GUID."""
        number = f"{self.dice.getrandbits(128):032x}"
        return f"{{{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}}}"

    def step(self, low: int, high: int) -> int:
        """Roll a whole number."""
        return low + int(self.dice.random() * (high - low + 1))


Action = Callable[[Scene], None]
Plan = Iterator[tuple[float, Action]]
