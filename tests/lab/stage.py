"""A small organisation whose hosts log everything, to play one tool on."""

from __future__ import annotations

import random

from hopwatch.lab.auth import Move
from hopwatch.lab.benign.people import arrive
from hopwatch.lab.build import Size, build
from hopwatch.lab.event import Event, Flow
from hopwatch.lab.processes import boot
from hopwatch.lab.scene import Scene
from hopwatch.lab.tape import Tape

NOON = 1_772_452_800.0  # 2026-03-02T12:00:00Z


class Stage:
    """An organisation, and what was written on it so far."""

    def __init__(self, seed: int = 5) -> None:
        self.org = build(Size(4, 6), seed, NOON - 43200, NOON + 43200)
        self.events: list[Event] = []
        self.flows: list[Flow] = []
        self.tape = Tape(self.org, seed, self.events.extend, self.flows.extend)
        self.scene = Scene(self.tape, random.Random(seed), NOON)
        for host in self.org.hosts:
            host.muted, host.forwards, host.offset = frozenset(), True, 0.0
            if host.windows:
                boot(self.scene, host)
        self.source, self.target = self.org.workstations[0], self.org.one("app")
        arrive(self.scene, self.source, self.org.accounts["user"][0])
        self.scene.wait(60, 61)
        self.scene.seen = []

    def move(self, **about) -> Move:
        """Somebody at the source who acts on the target as an administrator."""
        about = {"client": self.source.running["explorer"], "account": self.org.accounts["admin"][0], **about}
        return Move(self.source, self.target, **about)

    def on(self, host) -> list[Event]:
        """What a host logged since the stage was set, in order of time."""
        found = [item for item in self.scene.seen if isinstance(item, Event) and item.host is host]
        return sorted(found, key=lambda event: event.time)

    def seen_flows(self) -> list[Flow]:
        """The flows since the stage was set."""
        return [item for item in self.scene.seen if isinstance(item, Flow)]
