"""Finds the entry that allows a hop."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hopwatch.context.duty import fits
from hopwatch.context.match import AccountIndex, HostIndex
from hopwatch.context.patterns import Who, account_fits
from hopwatch.context.places import Place, is_user
from hopwatch.context.values import local_time

if TYPE_CHECKING:
    from hopwatch.model.context import AllowEntry, Context
    from hopwatch.model.draft import Draft


class Allowed:
    """Answers what allows a hop; of thousands of entries only those for its hosts and its account are tried."""

    def __init__(self, context: Context) -> None:
        self._context, self._zone = context, ZoneInfo(context.timezone)
        numbered = list(enumerate(context.allow))
        self._sources = HostIndex((e.source, i) for i, e in numbered if e.source not in (None, "*"))
        self._targets = HostIndex((e.target, i) for i, e in numbered if e.target not in (None, "*"))
        self._accounts = AccountIndex((e.account, i) for i, e in numbered if e.account not in (None, "*"))
        self._any = [
            frozenset(i for i, e in numbered if getattr(e, key) in (None, "*"))
            for key in ("source", "target", "account")
        ]
        self._known: dict[tuple[Place, Place, Who | None], frozenset[int]] = {}

    def by(self, draft: Draft, source: Place, target: Place, account: Who | None) -> str | None:
        """Name the entry that allows a hop by file, line and reason (the first in the file); None where none does."""
        allowing = self.every(draft, source, target, account)
        first = min(allowing, key=lambda entry: entry.line, default=None)
        return None if first is None else f"{self._context.file}:{first.line} {first.why}".rstrip()

    def every(self, draft: Draft, source: Place, target: Place, account: Who | None) -> list[AllowEntry]:
        """Give all entries that allow a hop."""
        entries = [self._context.allow[i] for i in self._candidates(source, target, account)]
        return [entry for entry in entries if self._holds(entry, draft)]

    def _candidates(self, source: Place, target: Place, account: Who | None) -> frozenset[int]:
        """Give the positions of the entries whose hosts and account match."""
        key = (source, target, account)
        if key not in self._known:
            sources = self._any[0].union(i for _, i in self._sources.every(source.where))
            targets = self._any[1].union(i for _, i in self._targets.every(target.where))
            accounts = self._any[2].union(i for _, i in self._accounts.every(account)) if account else self._any[2]
            self._known[key] = sources & targets & accounts
        return self._known[key]

    def _holds(self, entry: AllowEntry, draft: Draft) -> bool:
        """Whether an entry holds for the way, the time and every account of a hop."""
        if entry.techniques and not fits(draft, entry.techniques):
            return False
        if entry.until is not None and draft.end >= entry.until:
            return False
        if entry.hours and not all(entry.hours.hold(local_time(t, self._zone)) for t in (draft.start, draft.end)):
            return False
        others = (name for name in draft.account.also if is_user(name))
        return entry.account in (None, "*") or all(
            account_fits(str(entry.account), Who(name.lower())) for name in others
        )
