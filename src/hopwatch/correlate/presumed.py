"""Presumes for judging which host an unnamed source is: the one that other hops prove its address to be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft

PROOFS = 3  # hops of one day from one address that name the same host, and none another


def presumed(drafts: Sequence[Draft]) -> list[Draft]:
    """Give the same hops in the same order, with a name for sources that are known by address only.

    A second address of a server is in few facts by itself, but tickets and its own logs name it for most of its hops.
    What a client merely called itself proves nothing. A hop is shown as it was found, without the name.
    """
    named: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for draft in drafts:
        source = draft.source
        if source.ip and source.host and not draft.names_itself:
            named[source.ip, draft.start.date()][source.host] += 1
    return [_named(draft, named.get((draft.source.ip or "", draft.start.date()))) for draft in drafts]


def _named(draft: Draft, hosts: Counter[str] | None) -> Draft:
    if draft.source.host or not hosts or len(hosts) > 1 or hosts.total() < PROOFS:
        return draft
    return replace(draft, source=replace(draft.source, host=next(iter(hosts))))
