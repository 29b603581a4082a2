"""Goes through the checklist of a lab: did the telemetry arrive, did the correlation fire, is known work left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hopwatch.correlate import detect as kernel
from hopwatch.correlate.drafts import drafts
from hopwatch.lab import checks, excluded
from hopwatch.lab.runs import Lab
from hopwatch.model.checklist import Check
from hopwatch.pipeline.context import context_judge, context_of
from hopwatch.pipeline.logs import LogOptions, Progress, read_asked, silent
from hopwatch.pipeline.scan import found_in
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns


def checklist(paths: Iterable[str | Path], options: LogOptions, progress: Progress = silent) -> list[Check]:
    """Read every record of logs, scan them, and check them point by point.

    Raises InputError for a path that does not exist, and for what is wrong with the context.
    """
    rules, context = own_rules(schema_columns()), context_of(options.context)
    con, summary = read_asked(paths, options, None, progress)
    judge = context_judge(con, context, summary)
    hops, _ = found_in(con, rules, kernel.Options(every=True), [judge])
    lab = Lab(con, hops, options.context is not None)
    return [
        *checks.left(lab),
        *checks.connected(lab),
        *checks.privileged(lab),
        *checks.correlated(lab),
        *excluded.told_apart(lab, drafts(con, rules), judge),
        *excluded.fallback(lab),
        *checks.hunted(lab),
        *excluded.signed(lab),
    ]
