"""Renders what a baseline knows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import orjson
from rich.text import Text

from hopwatch.model.baseline import Habit
from hopwatch.report.safe import json_text, shown

if TYPE_CHECKING:
    from datetime import date

NAMES = 6  # targets and hops that a line names
STATES = {
    "alert": ("Alerted, and taught nothing (hopwatch baseline allow: it was right)", "yellow"),
    "usual": ("Usual", "green"),
    "rare": ("Rare: seen on one day only", "cyan"),
    "dormant": ("Dormant: not seen for long, and no longer usual", "dim"),
}


def report(habits: list[Habit], days: list[date]) -> Iterator[Text]:
    """Tell who administers what from where, by state and actor."""
    span = f", {days[0]} to {days[-1]}" if days else ""
    yield Text(f"{_count(len(days), 'day')} of logs{span}; {_count(len(habits), 'pair')} with an account", "bold")
    for state, (title, style) in STATES.items():
        chosen = sorted((h for h in habits if h.state == state), key=_actor)
        if chosen:
            yield Text()
            yield Text(title, f"bold {style}")
        for _, members in groupby(chosen, _actor):
            yield from _line(list(members))


def changes(gained: list[Habit], lost: list[Habit]) -> Iterator[Text]:
    """Tell what only the newer, and what only the older of two baselines knows."""
    yield Text(f"{_count(len(gained), 'pair')} new, {len(lost)} gone", "bold")
    for mark, style, habits in (("+", "green", gained), ("-", "red", lost)):
        for _, members in groupby(sorted(habits, key=_actor), _actor):
            for text in _line(list(members)):
                yield Text.assemble((f"{mark} ", style), text)


def lines(habits: list[Habit]) -> Iterator[str]:
    """Give one JSON object a line."""
    for habit in habits:
        yield json_text(orjson.dumps(to_dict(habit)).decode()) + "\n"


def to_dict(habit: Habit) -> dict[str, Any]:
    """Give a habit in JSON's types; hours as a list."""
    hours = [hour for hour in range(24) if habit.hours >> hour & 1]
    return {
        "source": habit.source, "target": habit.target, "account": habit.account, "techniques": habit.techniques,
        "days": habit.days, "hours": hours, "first": habit.first.isoformat(), "last": habit.last.isoformat(),
        "state": habit.state, "hops": habit.hops,
    }  # fmt: skip


def _actor(habit: Habit) -> tuple[str, str, str]:
    return (habit.account or "", habit.source or "", "")


def _line(members: list[Habit]) -> Iterator[Text]:
    """One actor: whom it reaches, how, how often and when."""
    first = members[0]
    techniques = sorted({t for habit in members for t in habit.techniques})
    hours = 0
    for habit in members:
        hours |= habit.hours
    most = max(habit.days for habit in members)
    yield Text.assemble(
        "  ", (shown(first.account or "unknown account"), "bold"), " from ", (shown(first.source or "?"), "bold"),
        f" → {_names([habit.target for habit in members])}",
    )  # fmt: skip
    when = f"last {max(habit.last for habit in members)}, {_hours(hours)} UTC"
    yield Text(f"      {', '.join(techniques)} · up to {_count(most, 'day')} each · {when}", "dim")
    if ids := [name for habit in members for name in habit.hops]:
        yield Text(f"      hops {_names(ids)}", "dim")


def _names(names: list[str]) -> str:
    told = ", ".join(map(shown, names[:NAMES]))
    return told + (f" and {len(names) - NAMES} more" if len(names) > NAMES else "")


def _hours(hours: int) -> str:
    """Hours as spans: 08-11, 22."""
    spans: list[list[int]] = []
    for hour in (h for h in range(24) if hours >> h & 1):
        if spans and spans[-1][1] == hour - 1:
            spans[-1][1] = hour
        else:
            spans.append([hour, hour])
    return ", ".join(f"{a:02d}:00-{b:02d}:59" for a, b in spans)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
