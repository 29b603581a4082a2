"""Recognises scheduled work within one scan: the same account from the same host does the same again and again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from hopwatch.context.places import ACTS, Places, executes, ways, who
from hopwatch.model.rule import Policy

if TYPE_CHECKING:
    from hopwatch.context.patterns import Who
    from hopwatch.model.draft import Draft

DAYS = 3  # on how many other days it was done, about this time of day
OLD = timedelta(days=3)  # how many days before it must have begun
SLOT = 30  # minutes
SLOTS = 24 * 60 // SLOT
HOUR, HOURS = 2, 6  # slots before and after: of a job that goes to few hosts, and of one that goes to many
MANY = 5  # hosts
STRAY = 0.05  # what part of an account's work may come from elsewhere
# What differs from run to run of one job: numbers, identifiers, what is encoded.
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[a-z0-9+/=]{24,}|\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b|\d+", re.IGNORECASE)


@dataclass
class Work:
    """When one account did one thing from one host in one way, and to whom."""

    first: date
    last: date
    slots: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))
    targets: set[str | None] = field(default_factory=set)

    def rhythm(self, moment: datetime) -> int:
        """On how many other days it was done about this time of day; 0 where it is too young."""
        if max(moment.date(), self.last) - self.first < OLD:
            return 0
        near = HOURS if len(self.targets) >= MANY else HOUR
        slot = _slot(moment)
        days = set().union(*(self.slots.get((slot + i) % SLOTS, set()) for i in range(-near, near + 1)))
        return len(days - {moment.date()})

    def add(self, draft: Draft) -> None:
        """Note that it was done."""
        self.last = draft.start.date()
        self.slots[_slot(draft.start)].add(draft.start.date())
        self.targets.add(draft.target.host or draft.target.ip)


class Works:
    """All work that was seen up to now, and from where each account does its own."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._works: dict[object, Work] = {}
        self._sources: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, draft: Draft, account: str) -> None:
        """Note what a draft did."""
        for part in self._parts(draft, account):
            part.add(draft)
        self._sources[account][self._here(draft)] += 1

    def days(self, draft: Draft, account: str) -> int:
        """Give on how many other days all that a draft did was done: 0 where they are too few or it cannot be a job."""
        known = self._sources[account]
        steady = known[self._here(draft)] >= (1 - STRAY) * known.total()
        days = min(part.rhythm(draft.start) for part in self._parts(draft, account))
        return days if days >= DAYS and steady and _may_be_usual(draft, self._places.of(draft.source).roles) else 0

    def _here(self, draft: Draft) -> str:
        where = self._places.of(draft.source).where
        return where.short or where.ip or ""

    def _parts(self, draft: Draft, account: str) -> list[Work]:
        job, day = (self._here(draft), account, ways(draft)[0]), draft.start.date()
        return [self._works.setdefault((job, part), Work(day, day)) for part in shape(draft)]


def scheduled(drafts: Sequence[Draft], places: Places) -> tuple[dict[int, int], dict[int, int]]:
    """Give the drafts that are scheduled work, by their position, each with the number of days that show it.

    First those that days before show; then the others, that days before and after show together. Each thing that was
    done must be known by itself: not every target logs all of them. Never are: artefacts of attack tools, what starts
    at a workstation, and the work of accounts that work from several hosts.
    """
    order = sorted(range(len(drafts)), key=lambda i: (drafts[i].start, drafts[i].id))
    jobs = [(i, account.name) for i in order if (account := _worker(drafts[i], places))]
    works, before = Works(places), {}
    for i, name in jobs:
        if days := works.days(drafts[i], name):
            before[i] = days
        works.add(drafts[i], name)
    others = ((i, works.days(drafts[i], name)) for i, name in jobs if i not in before)
    return before, {i: days for i, days in others if days}


def _worker(draft: Draft, places: Places) -> Who | None:
    """The account of a draft that may be work: it executes, and comes from a known host."""
    return who(draft) if places.of(draft.source).known and executes(draft) else None


def _may_be_usual(draft: Draft, roles: tuple[str, ...]) -> bool:
    return "workstation" not in roles and all(c.policy is not Policy.ARTEFACT for c in draft.contributions)


def shape(draft: Draft) -> frozenset[tuple[str, str]]:
    """What was executed, without what differs from run to run and from target to target."""
    names = [draft.target.host, draft.target.ip, (draft.target.host or "").split(".")[0]]
    return frozenset(
        (c.rule, _masked(c.text, [name for name in names if name])) for c in draft.contributions if c.policy in ACTS
    )


def _masked(text: str, names: list[str]) -> str:
    text = text.lower()
    for name in names:
        text = text.replace(name.lower(), "@")
    return VARYING.sub("#", text)


def _slot(moment: datetime) -> int:
    return (moment.hour * 60 + moment.minute) // SLOT
