"""Counts what each entry of a context matches in the logs, and names those that match nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hopwatch.context.allow import Allowed
from hopwatch.context.match import AccountIndex, HostIndex
from hopwatch.context.patterns import Who
from hopwatch.context.places import Places, who
from hopwatch.context.roles import places as places_of
from hopwatch.model.context import AllowEntry, Context, Entry, Problem, Usage

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft
    from hopwatch.model.observed import Observed


def usage(context: Context, drafts: Sequence[Draft], observed: Observed) -> list[Usage]:
    """Count what each entry matches, in the order of their lines; of hosts and accounts the most specific one does."""
    places = Places(context, observed, drafts)
    hosts = HostIndex((entry.match, entry) for entry in context.hosts)
    accounts = AccountIndex((entry.match, entry) for entry in context.accounts)
    ends = [[places.of(end).where for end in (draft.source, draft.target)] for draft in drafts]
    users = [account for draft in drafts if (account := who(draft))]
    seen_hosts = {*places_of(observed), *(where for pair in ends for where in pair)}
    seen_users = {*(Who(*account) for account in observed.accounts), *users}
    names = _named((where.short or where.ip, hosts.best(where)) for where in seen_hosts)
    names |= _named((user.name, accounts.best(user)) for user in seen_users)
    hops = _count([[*hosts.best(a), *hosts.best(b)] for a, b in ends]) | _count([accounts.best(user) for user in users])
    allowed = _count(_allowing(context, places, drafts))
    found = [Usage("hosts", e, names.get(id(e), 0), hops.get(id(e), 0)) for e in context.hosts]
    found += [Usage("accounts", e, names.get(id(e), 0), hops.get(id(e), 0)) for e in context.accounts]
    found += [Usage("allow", e, 0, allowed.get(id(e), 0)) for e in context.allow]
    return sorted(found, key=lambda one: one.entry.line)


def _allowing(context: Context, places: Places, drafts: Sequence[Draft]) -> list[list[AllowEntry]]:
    allowed = Allowed(context)
    return [allowed.every(draft, places.of(draft.source), places.of(draft.target), who(draft)) for draft in drafts]


def unused(context: Context, found: Iterable[Usage]) -> list[Problem]:
    """Warn of entries that match nothing."""
    return [
        Problem(context.file, one.entry.line, one.section, f"{one.key!r} {_nothing(one)}", fatal=False)
        for one in found
        if not one.names and not one.hops
    ]


def _nothing(one: Usage) -> str:
    return "allows nothing that is in these logs" if one.section == "allow" else "matches nothing in these logs"


def _named(found: Iterable[tuple[str | None, Sequence[Entry]]]) -> dict[int, int]:
    """How many hosts or accounts each entry matches, of several names of one counted once."""
    names: dict[int, set[str | None]] = defaultdict(set)
    for name, entries in found:
        for entry in entries:
            names[id(entry)].add(name)
    return {entry: len(those) for entry, those in names.items()}


def _count(found: Iterable[Iterable[object]]) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for entries in found:
        for entry in {id(entry) for entry in entries}:
            counts[entry] += 1
    return counts
