"""Brings the past to the hops of a scan, and teaches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hopwatch.baseline import file
from hopwatch.baseline.ask import ask
from hopwatch.baseline.learn import learn
from hopwatch.baseline.replay import Terms
from hopwatch.baseline.rows import before, empty, merge, recent
from hopwatch.model.baseline import Baseline
from hopwatch.model.standing import Standing, merged
from hopwatch.score.judge import judge, weights

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.draft import Draft

PastJudge = Callable[["duckdb.DuckDBPyConnection", Sequence["Draft"], Sequence[Standing]], list[Standing]]
USUAL = Standing(covered=True)


def judge_by(path: Path | None, days: int | None) -> PastJudge:
    """Give the judge that knows the past in a baseline's file, or the first days of the logs themselves.

    Raises InputError for a file that is no baseline.
    """
    past = file.read(path) if path else empty()

    def judged(con: duckdb.DuckDBPyConnection, found: Sequence[Draft], standings: Sequence[Standing]) -> list[Standing]:
        if not found:
            return []
        here = learned(con, found, standings)
        times = [draft.start for draft in found]
        known = merge([before(past, min(times).date(), max(times).date()), here])
        return ask(known, found, Terms(days))

    return judged


def learned(con: duckdb.DuckDBPyConnection, found: Sequence[Draft], standings: Sequence[Standing]) -> Baseline:
    """Learn from a store; a hop that would alert even where the past calls it usual teaches nothing."""
    weight = weights()
    alerting = {
        draft.id
        for draft, standing in zip(found, standings, strict=True)
        if judge(draft, weight, merged([standing, USUAL])).alert
    }
    allowed = {draft.id for draft, standing in zip(found, standings, strict=True) if standing.suppressed_by}
    return learn(con, found, alerting, allowed)


def add(baseline: Baseline, out: Path) -> Baseline:
    """Add to a baseline's file, or begin one; give what it holds then. Raises InputError for a file that is another."""
    known = file.read(out) if out.exists() else empty()
    together = recent(merge([known, baseline]))
    file.write(together, out)
    return together
