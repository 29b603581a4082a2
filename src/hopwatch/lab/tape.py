"""Collects events and flows by slices of time, and hands them on in the order in which they are forwarded."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable

from hopwatch.lab.event import Event, Flow
from hopwatch.lab.world import Organisation, Sensor

SLICE = 900.0  # seconds
DOUBLED = 0.0015  # share of events that are forwarded twice
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Events = Callable[[list[Event]], None]
Flows = Callable[[list[Flow]], None]


class Tape:
    """Holds what has happened but is not written yet: memory is bounded by a few slices."""

    def __init__(self, org: Organisation, seed: int, events: Events, flows: Flows) -> None:
        self.org = org
        self.dice = random.Random(f"{seed}:tape")
        self._write_events, self._write_flows = events, flows
        self._events: dict[int, list[Event]] = defaultdict(list)
        self._arriving: dict[int, list[tuple[float, int, Event]]] = defaultdict(list)
        self._flows: dict[int, list[Flow]] = defaultdict(list)
        self._closed = -1
        self._count = 0
        self._sight = _sight(org)

    def add(self, event: Event) -> None:
        """Keep an event until its slice is closed."""
        self._events[max(int(event.time // SLICE), self._closed + 1)].append(event)

    def flow(self, flow: Flow) -> None:
        """Keep a flow until the slice in which it ends is closed; what no sensor sees is dropped there."""
        self._flows[max(int((flow.time + flow.seconds) // SLICE), self._closed + 1)].append(flow)

    def close(self, until: float) -> None:
        """Hand on what has arrived before a time."""
        for number in range(self._first(), int(until // SLICE)):
            self._close_slice(number)

    def finish(self) -> None:
        """Hand on all that is left but what lies beyond the end of the simulation."""
        self.close(self.org.end)
        late = [item for number in sorted(self._arriving) for item in self._arriving.pop(number)]
        self._write_events([event for _, _, event in sorted(late, key=_order)])

    def _first(self) -> int:
        known = [*self._events, *self._arriving, *self._flows]
        return max(self._closed + 1, min(known)) if known else self._closed + 1

    def _close_slice(self, number: int) -> None:
        self._closed = number
        batch = sorted(self._events.pop(number, ()), key=_time)
        for event in batch:
            self._forward(event)
        arrived = sorted(self._arriving.pop(number, ()), key=_order)
        if arrived:
            self._write_events([event for _, _, event in arrived])
        if number in self._flows:
            self._write_flows(self._seen(self._flows.pop(number)))

    def _forward(self, event: Event) -> None:
        """Give an event its record id and its time by the host's clock, and the moment when it arrives."""
        host, channel = event.host, event.form.channel.name
        record = host.records.get(channel)
        event.record = host.records[channel] = 1 + (self.dice.randrange(2000, 900000) if record is None else record)
        event.recorded = event.time + host.offset
        lag = host.lag
        arrival = event.time - (event.time + host.rid) % lag + lag + 0.4 * (host.rid % 7)
        self._arrive(event, arrival)
        if self.dice.random() < DOUBLED:
            self._arrive(event, arrival + self.dice.uniform(1, 600))

    def _arrive(self, event: Event, arrival: float) -> None:
        self._count += 1
        self._arriving[max(int(arrival // SLICE), self._closed)].append((arrival, self._count, event))

    def _seen(self, flows: list[Flow]) -> list[Flow]:
        flows.sort(key=lambda flow: flow.time + flow.seconds)
        for flow in flows:
            sensors = self._sensors(flow)
            flow.uids = {sensor.name: self._uid() for sensor in sensors}
            flow.lost = {sensor.name: side for sensor in sensors if (side := _lost(sensor, flow))}
        return [flow for flow in flows if flow.uids]

    def _sensors(self, flow: Flow) -> list[Sensor]:
        return self._sight.get((flow.source.segment.name, flow.target.segment.name), [])

    def _uid(self) -> str:
        number, out = self.dice.getrandbits(100), "C"
        for _ in range(17):
            number, digit = divmod(number, 62)
            out += LETTERS[digit]
        return out


def _sight(org: Organisation) -> dict[tuple[str, str], list[Sensor]]:
    """Which sensors see the traffic between two segments."""
    names = [segment.name for segment in org.segments]
    return {(a, b): [s for s in org.sensors if _sees(s, a, b)] for a in names for b in names}


def _sees(sensor: Sensor, a: str, b: str) -> bool:
    if a == b:
        return sensor.inside and a in sensor.segments
    return a in sensor.segments or b in sensor.segments


def _lost(sensor: Sensor, flow: Flow) -> str:
    """Tell whose packets a sensor loses: those that go to its blind segment."""
    a, b = flow.source.segment.name, flow.target.segment.name
    if not sensor.blind or a == b:
        return ""
    return "orig" if b == sensor.blind else "resp" if a == sensor.blind else ""


def _time(event: Event) -> float:
    return event.time


def _order(item: tuple[float, int, Event]) -> tuple[float, int]:
    return item[:2]
