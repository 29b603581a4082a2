"""Learns what a set of logs shows: the hops that were found in it, logons, connections, and who logs what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.baseline.rows import SCHEMA, merge, table
from hopwatch.model.baseline import Baseline
from hopwatch.model.rule import Policy
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.draft import Draft
    from hopwatch.model.hop import Source, Target

LONGEST = 250  # characters of a name
ACTS = frozenset({Policy.ARTEFACT, Policy.DUAL_USE, Policy.ACT})


@dataclass(frozen=True)
class Move:
    """What the baseline knows of one hop: who went where, on which day, how, and in which hours (a bit each)."""

    day: date
    source: str | None
    target: str
    account: str | None
    technique: str
    hours: int


def learn(
    con: duckdb.DuckDBPyConnection, found: Iterable[Draft], alerting: Collection[str], allowed: Collection[str] = ()
) -> Baseline:
    """Learn from a store that was surveyed and searched for hops.

    `alerting` and `allowed` are ids of hops: of those that teach nothing, and of those that teach whatever they are.
    """
    run_sql(con, files("hopwatch.baseline") / "learn.sql")
    from_logs = con.sql("FROM learnt").to_arrow_table().cast(SCHEMA)
    return merge([Baseline(from_logs), Baseline(rows_of(found, alerting, allowed))])


def rows_of(found: Iterable[Draft], alerting: Collection[str], allowed: Collection[str] = ()) -> pa.Table:
    """Give the rows of hops that did something on their target."""
    rows = []
    for draft in found:
        if (move := move_of(draft)) and acts(draft):
            part = "alert" if draft.id in alerting else "allowed" if draft.id in allowed else "act"
            who = (move.source, move.target, move.account)
            rows.append((part, move.day, *who, move.technique, move.hours, draft.id))
    return table(rows)


def acts(draft: Draft) -> bool:
    """Whether a hop did something on its target, as far as rules saw."""
    return any(c.policy in ACTS for c in draft.contributions)


def move_of(draft: Draft) -> Move | None:
    """Give a hop as the baseline keeps it; None where its target has neither name nor address."""
    target = key_of(draft.target)
    if target is None:
        return None
    account = draft.account.name.lower()[:LONGEST] if draft.account.name else None
    hours = 0
    for hour in _hours(draft):
        hours |= 1 << hour
    return Move(draft.start.date(), key_of(draft.source), target, account, draft.technique, hours)


def _hours(draft: Draft) -> Iterator[int]:
    yield draft.start.hour
    if draft.end.date() == draft.start.date():
        yield from range(draft.start.hour + 1, draft.end.hour + 1)


def key_of(end: Source | Target) -> str | None:
    """The name that the baseline knows a host by: its short name, failing that its address."""
    if end.host and not end.host.replace(".", "").isdigit():
        return end.host.split(".")[0].lower()[:LONGEST]
    return (end.host or end.ip or "")[:LONGEST] or None
