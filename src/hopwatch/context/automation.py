"""Recognises scheduled work within one scan: the same account from the same host does the same again and again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from hopwatch.context.places import ACTS, Places, executes, who
from hopwatch.model.rule import Policy

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft

DAYS = 3  # on how many earlier days it was done, about this time of day
OLD = timedelta(days=3)  # how many days before it must have begun
SLOT = 30  # minutes
NEAR = (-2, -1, 0, 1, 2)  # slots: about an hour before and after
SLOTS = 24 * 60 // SLOT
STRAY = 0.05  # what part of an account's work may come from elsewhere
# What differs from run to run of one job: numbers, identifiers, what is encoded.
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[a-z0-9+/=]{24,}|\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b|\d+", re.IGNORECASE)


@dataclass
class Work:
    """When one account did one thing from one host in one way up to now."""

    first: datetime
    slots: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))

    def rhythm(self, moment: datetime) -> int:
        """On how many days before this one it was done about this time of day; 0 where it is too young."""
        if moment.date() - self.first.date() < OLD:
            return 0
        slot = _slot(moment)
        days = set().union(*(self.slots.get((slot + near) % SLOTS, set()) for near in NEAR))
        return len(days - {moment.date()})

    def add(self, moment: datetime) -> None:
        """Note that it was done."""
        self.slots[_slot(moment)].add(moment.date())


def scheduled(drafts: Sequence[Draft], places: Places) -> dict[int, int]:
    """Give the drafts that are scheduled work, by their position, each with the number of earlier days that show it.

    Each thing that was done must be known by itself: not every target logs all of them. What came later says nothing
    of a draft. Never are: artefacts of attack tools, what starts at a workstation, and
    the work of accounts that work from several hosts.
    """
    found: dict[int, int] = {}
    works: dict[object, Work] = {}
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    for i in sorted(range(len(drafts)), key=lambda i: (drafts[i].start, drafts[i].id)):
        draft = drafts[i]
        account, source = who(draft), places.of(draft.source)
        if account is None or not source.known or not executes(draft):
            continue
        here = source.where.short or source.where.ip or ""
        job = (here, account.name, draft.technique)
        parts = [works.setdefault((job, part), Work(draft.start)) for part in shape(draft)]
        days = min(part.rhythm(draft.start) for part in parts)
        known = sources[account.name]
        if days >= DAYS and known[here] >= (1 - STRAY) * known.total() and _may_be_usual(draft, source.roles):
            found[i] = days
        for part in parts:
            part.add(draft.start)
        known[here] += 1
    return found


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
