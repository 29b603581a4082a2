"""Logs in, baseline out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hopwatch.correlate import detect as kernel
from hopwatch.model.baseline import Baseline
from hopwatch.model.standing import Standing
from hopwatch.model.summary import Summary
from hopwatch.pipeline.baseline import learned
from hopwatch.pipeline.context import context_judge, context_of
from hopwatch.pipeline.logs import LogOptions, Progress, read_logs, silent
from hopwatch.pipeline.scan import hops_of
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import plan_for

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.draft import Draft


@dataclass(frozen=True)
class Lesson:
    """What a set of logs teaches, and what was read."""

    baseline: Baseline
    summary: Summary


def teach(paths: Iterable[str | Path], options: LogOptions, window: int = 300, progress: Progress = silent) -> Lesson:
    """Learn from logs: the same steps as a scan, and what they show in place of hops.

    What the context allows teaches also where it would alert. Raises InputError for a path that does not exist, and for
    a context that is wrong.
    """
    rules, context = own_rules(schema_columns()), context_of(options.context)
    con, summary = read_logs(paths, options, rules, progress)
    plan_for(con, summary.kept)
    lessons: list[Baseline] = []

    def listen(con: duckdb.DuckDBPyConnection, found: Sequence[Draft], standings: Sequence[Standing]) -> list[Standing]:
        lessons.append(learned(con, found, standings))
        return list(standings)

    judges = [context_judge(con, context, summary)]
    summary.hops = len(hops_of(con, rules, kernel.Options(window), judges, listen))
    return Lesson(lessons[0], summary)
