"""Tells from where each account works within one scan: what it does from its own place, and what from elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from hopwatch.context.places import Places, executes, who

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft

SETTLED = 3  # days on which an account works from another host, so that its only day here is odd
USUAL = 4  # other days on which it works from here
# A logon, an open share: what happens all day, and moves nobody by itself.
STILL = ("remote_logon", "smb_access", "other")


@dataclass(frozen=True)
class Habit:
    """On how many `days` besides its own the account of a hop works from a place: from here, or from `elsewhere`."""

    days: int
    elsewhere: str | None = None


def moves(draft: Draft) -> bool:
    """Tell whether a hop is more than a logon or an open share."""
    return executes(draft) or draft.technique not in STILL


def habits(drafts: Sequence[Draft], places: Places) -> dict[int, Habit]:
    """Give, by position, the drafts whose account is at its usual place, or on this day only at an unusual one.

    An address that no name is known of may be anybody's next week, so it is no unusual place.
    """
    days: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    shown: dict[str, str] = {}
    works = []
    for i, draft in enumerate(drafts):
        account, place = who(draft), places.of(draft.source)
        here = place.where.short or place.where.ip
        if account and here and moves(draft):
            days[account.name][here].add(draft.start.date())
            shown.setdefault(here, place.shown)
            works.append((i, account.name, here, place.where.short is not None))
    usual = {name: max(those, key=lambda here: (len(those[here]), here)) for name, those in days.items()}
    found = {i: _habit(days[name], here, usual[name], shown, named) for i, name, here, named in works}
    return {i: habit for i, habit in found.items() if habit}


def _habit(days: dict[str, set[date]], here: str, usual: str, shown: dict[str, str], named: bool) -> Habit | None:
    if len(days[here]) > USUAL:
        return Habit(len(days[here]) - 1)
    if named and len(days[here]) == 1 and len(days[usual]) >= SETTLED:
        return Habit(len(days[usual]), shown[usual])
    return None
