"""Goes through the days of a baseline in order: each is judged by those before, and teaches unless it alerted."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from hopwatch.baseline.kinds import kinds
from hopwatch.baseline.learn import Move
from hopwatch.baseline.past import Past, limits
from hopwatch.baseline.renamed import current_names
from hopwatch.baseline.rows import full_days, recent
from hopwatch.baseline.verdict import verdict
from hopwatch.model.baseline import Baseline

MANNED = 2  # days with somebody at the keyboard, that make a workstation


class Row(NamedTuple):
    """One row of a baseline."""

    part: str
    day: date | None
    source: str | None
    target: str
    account: str | None
    what: str | None
    hours: int
    id: str | None


@dataclass(frozen=True)
class Terms:
    """From when on the past counts: `teaching` days come first that are not judged; None: as many as are enough."""

    teaching: int | None = None


@dataclass
class Day:
    """What happened on one day, by part."""

    day: date
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Replay:
    """The days of a baseline, and the past as it stands on each of them."""

    past: Past
    days: list[Day]
    names: dict[str, str]
    full: list[date]  # days of which enough logs are there
    terms: Terms
    quarantined: set[Row] = field(default_factory=set)  # what taught nothing

    def each(self) -> Iterator[Day]:
        """Go through the days: while a day is given, `past` knows the days before it; afterwards it teaches."""
        for day in self.days:
            self.past.today = (day.day - self.days[0].day).days
            yield day
            self._teach(day)

    def judges(self, day: date) -> bool:
        """Whether enough days went before this one that something can be called new."""
        if self.terms.teaching is not None:
            return bool(self.full) and (day - self.full[0]).days >= self.terms.teaching
        return bisect_left(self.full, day) >= limits().enough_days

    def _teach(self, day: Day) -> None:
        acts, bad = self._judged(day)
        misused = {row.account for row in bad}
        pairs = {(row.source, row.target) for row in bad}
        logons = [row for row in (*day.rows["logon"], *day.rows["console"]) if not self._is_tainted(row, misused)]
        for row in acts:
            self.past.act(row.source, row.target, row.account, row.what or "", row.hours)
        for row in logons:
            desktop = (row.what or "").startswith("desktop")
            self.past.logon(row.source or row.target, row.target, row.account or "", row.hours, desktop)
        for row in day.rows["flow"]:
            if (row.source, row.target) not in pairs and row.source:
                self.past.meet(row.source, row.target)
        self._count(day, acts)

    def _is_tainted(self, row: Row, misused: set[str | None]) -> bool:
        """Whether a logon is of an account that alerted today, from where it was not at home before."""
        if row.account is None or row.account not in misused:
            return row.account is None
        source = row.source or row.target
        return not (self.past.count("sa", source, row.account) or self.past.count("logon from", row.account, source))

    def _judged(self, day: Day) -> tuple[list[Row], list[Row]]:
        """The acts of a day that teach, and those that do not: alerts, and what is notable by the days before."""
        good, bad = list(day.rows["allowed"]), list[Row]()
        for row in day.rows["alert"]:
            (good if self.past.allows(row.source, row.target, row.account) else bad).append(row)
        judges, said = self.judges(day.day), dict[Move, bool]()
        for row in day.rows["act"]:
            move = move_of_row(row)
            if judges and move not in said:
                said[move] = verdict(self.past, move, acted=True).notable
            (bad if said.get(move) else good).append(row)
        self.quarantined.update(bad)
        return good, bad

    def _count(self, day: Day, acts: list[Row]) -> None:
        for row in day.rows["covers"]:
            if row.what != "other":
                self.past.covered(row.target, by_logons=row.what == "logon")
        reached = defaultdict(set)
        for row in acts:
            reached[row.source].add(row.target)
        for source, targets in reached.items():
            if source:
                self.past.widest[source] = max(self.past.widest[source], len(targets))


def move_of_row(row: Row) -> Move:
    """Give an act of the baseline as a move."""
    assert row.day is not None
    return Move(row.day, row.source, row.target, row.account, row.what or "", row.hours)


def replay(baseline: Baseline, terms: Terms) -> Replay:
    """Make ready to go through the days of a baseline."""
    baseline = recent(baseline)
    rows = [Row(*values) for values in zip(*(column.to_pylist() for column in baseline.rows.columns), strict=True)]
    names = current_names((row.target, row.what, row.day) for row in rows if row.part == "machine" and row.day)
    if names:
        rows = [
            row._replace(target=names.get(row.target, row.target), source=names.get(row.source or "", row.source))
            for row in rows
        ]
    past = Past(_kinds(rows))
    for row in rows:
        if row.part == "allow":
            past.days["allow", row.source, row.target, row.account] = 1
    days: dict[date, Day] = {}
    for row in rows:
        if row.day is not None:
            days.setdefault(row.day, Day(row.day)).rows[row.part].append(row)
    ordered = [days[day] for day in sorted(days)]
    return Replay(past, ordered, names, full_days(baseline), terms)


def _kinds(rows: list[Row]) -> dict[str, str]:
    roles: dict[str, str] = {}
    seats: dict[str, set[date | None]] = defaultdict(set)
    for row in rows:
        if row.part == "role" and row.what and roles.get(row.target) != "directory":
            roles[row.target] = row.what
        if row.part == "console":
            seats[row.target].add(row.day)
    hosts = {row.target for row in rows} | {row.source for row in rows if row.source}
    return kinds(hosts, roles, (host for host, days in seats.items() if len(days) >= MANNED))
