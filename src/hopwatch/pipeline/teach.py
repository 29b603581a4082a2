"""Logs in, baseline out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hopwatch.correlate import detect as kernel
from hopwatch.correlate.presumed import presumed
from hopwatch.model.baseline import Baseline
from hopwatch.model.summary import Summary
from hopwatch.pipeline.baseline import learned
from hopwatch.pipeline.context import context_judge, context_of
from hopwatch.pipeline.detect import drafts_of
from hopwatch.pipeline.logs import LogOptions, Progress, read_logs, silent
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns


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
    found = presumed(drafts_of(con, rules, kernel.Options(window)))
    summary.hops = len(found)
    return Lesson(learned(con, found, context_judge(con, context, summary)(found)), summary)
