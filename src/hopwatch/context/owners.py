"""Knows which accounts work from which hosts: as the context lists them, failing that as the logs show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hopwatch.context.match import AccountIndex
from hopwatch.context.patterns import Who
from hopwatch.context.places import Place, Places

if TYPE_CHECKING:
    from hopwatch.model.context import AccountEntry, Context
    from hopwatch.model.observed import Observed

ADMINS = frozenset({"admin", "helpdesk"})


class Owners:
    """Answers whose a host is; each host is looked up once."""

    def __init__(self, context: Context, places: Places, observed: Observed) -> None:
        self.accounts = AccountIndex((entry.match, entry) for entry in context.accounts)
        self.administrators = any(ADMINS & set(entry.roles) for entry in context.accounts)
        self._unbound = any(_is_admin(entry) and not entry.sources for entry in context.accounts)
        self._bound = sorted({source for entry in context.accounts for source in entry.sources})
        self._of_admins = sorted({s for entry in context.accounts if _is_admin(entry) for s in entry.sources})
        self._places, self._observed = places, observed
        self._listed: dict[tuple[Place, bool], bool] = {}

    def listed(self, place: Place, admins: bool = False) -> bool:
        """Tell whether any account, or any administrator's, is said to work from a place."""
        key = (place, admins)
        if key not in self._listed:
            patterns = self._of_admins if admins else self._bound
            self._listed[key] = bool(self._places.within(patterns, place))
        return self._listed[key]

    def works_at(self, place: Place, entries: Sequence[AccountEntry]) -> bool | None:
        """Tell whether one of an account's entries lets it work there: by its sources, or as an unbound administrator.

        None where nothing can tell.
        """
        answers = [
            self._places.within(entry.sources, place)
            if entry.sources
            else _is_admin(entry) and "workstation" not in place.roles
            for entry in entries
        ]
        return True if any(answers) else None if None in answers else False

    def own(self, place: Place, account: Who, entries: Sequence[AccountEntry]) -> bool | None:
        """Tell whether a jump host is an account's own; None where nothing tells.

        Its own are accounts that the context lets work there. Where it lists no administrator for it, those who sat at
        it on two days or more are; others may be.
        """
        if (works := self.works_at(place, entries)) is not False:
            return works
        if self._unbound or self.listed(place, admins=True):
            return False
        if any(entry.sources or "service_account" in entry.roles for entry in entries):
            return False
        return True if (place.where.short or "", account.name) in self._observed.users else None


def _is_admin(entry: AccountEntry) -> bool:
    return bool(ADMINS & set(entry.roles))
