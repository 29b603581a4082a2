"""Tells what a host does not log although it should: whole logs, and kinds of events that its other events call for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from hopwatch.model.coverage import Kind

Kinds = Mapping[str, Kind]  # by name: `Security/4688`


def absent(kinds: Iterable[Kind], shown: Iterable[str], told: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the logs (`System`) and kinds (`Security/4672`) of which a host that logs has nothing.

    `shown`: the kinds that show some leg; their logs are asked for. `told`: the table of what is known of kinds.
    """
    have = {f"{kind.channel}/{kind.event_id}": kind for kind in kinds}
    logs = {kind.channel for kind in have.values()}
    asked = dict.fromkeys(name.rpartition("/")[0] for name in shown)
    missing = [log for log in asked if log not in logs]
    return (*missing, *dict.fromkeys([*_constant(have, told), *_called_for(have, told)]))


def _constant(have: Kinds, told: Mapping[str, Any]) -> Iterator[str]:
    """Kinds that every host writes all the time, of a log that spans long enough."""
    long = timedelta(minutes=told["minutes"])
    for name in told["constant"]:
        span = _span(have, name.rpartition("/")[0])
        if name not in have and name not in told["loud"] and span is not None and span[1] - span[0] >= long:
            yield name


def _called_for(have: Kinds, told: Mapping[str, Any]) -> Iterator[str]:
    """Kinds that are written whenever another is, where the other was, at a time at which their log was collected."""
    for pair in told["pair"]:
        cause, span = have.get(pair["with"]), _span(have, pair["kind"].rpartition("/")[0])
        if cause is None or span is None or pair["kind"] in have or cause.count < pair["least"]:
            continue
        if span[0] <= cause.last and cause.first <= span[1]:
            yield pair["kind"]


def _span(have: Kinds, log: str) -> tuple[Any, Any] | None:
    """The first and the last event of a log."""
    times = [(kind.first, kind.last) for kind in have.values() if kind.channel == log]
    return (min(first for first, _ in times), max(last for _, last in times)) if times else None
