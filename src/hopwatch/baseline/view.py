"""Shows what a baseline knows: who administers what from where, what is rare, dormant or has alerted."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import reduce
from operator import or_

from hopwatch.baseline.past import limits
from hopwatch.baseline.replay import Row, Terms, replay
from hopwatch.model.baseline import Baseline, Habit

SHOWN_HOPS = 3
Who = tuple[str | None, str, str | None]


def habits(baseline: Baseline) -> list[Habit]:
    """Give who administered what, by source, target and account; what alerted stands apart."""
    days = replay(baseline, Terms())
    acts = [row for day in days.each() for part in ("act", "allowed", "alert") for row in day.rows[part]]
    newest = days.days[-1].day if days.days else date.min
    good: dict[Who, list[Row]] = defaultdict(list)
    bad: dict[Who, list[Row]] = defaultdict(list)
    for row in acts:
        (bad if row in days.quarantined else good)[row.source, row.target, row.account].append(row)
    found = [_habit(who, rows, _state(rows, newest)) for who, rows in good.items()]
    found += [_habit(who, rows, "alert") for who, rows in bad.items()]
    return sorted(found, key=lambda h: (h.account or "", h.source or "", h.target, h.state))


def _state(rows: list[Row], newest: date) -> str:
    figures = limits()
    days = {row.day for row in rows if row.day}
    if (newest - max(days)).days > figures.memory_days:
        return "dormant"
    return "usual" if len(days) >= figures.usual_days else "rare"


def _habit(who: Who, rows: list[Row], state: str) -> Habit:
    days = {row.day for row in rows if row.day}
    techniques = tuple(sorted({row.what for row in rows if row.what}))
    ids = sorted({row.id for row in rows if row.id}) if state == "alert" else []
    hours = reduce(or_, (row.hours for row in rows))
    return Habit(*who, techniques, len(days), hours, min(days), max(days), state, tuple(ids[:SHOWN_HOPS]))


def difference(old: Baseline, new: Baseline) -> tuple[list[Habit], list[Habit]]:
    """Give what only the new baseline knows, and what only the old one does, by source, target and account."""
    before = {_who(habit): habit for habit in habits(old) if habit.state != "alert"}
    after = {_who(habit): habit for habit in habits(new) if habit.state != "alert"}
    return (
        [habit for who, habit in after.items() if who not in before],
        [habit for who, habit in before.items() if who not in after],
    )


def _who(habit: Habit) -> Who:
    return habit.source, habit.target, habit.account
