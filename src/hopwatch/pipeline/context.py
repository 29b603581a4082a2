"""Brings the organisation's context to the hops of a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hopwatch.context.judge import judge
from hopwatch.context.load import expired, load
from hopwatch.context.suggest import propose
from hopwatch.context.usage import unused, usage
from hopwatch.correlate import detect as kernel
from hopwatch.facts.roles import observe
from hopwatch.model.context import Context, Proposal, Usage
from hopwatch.model.observed import Observed
from hopwatch.model.standing import Standing
from hopwatch.model.summary import Summary
from hopwatch.pipeline.detect import drafts_of
from hopwatch.pipeline.logs import LogOptions, Progress, read_logs, silent
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import plan_for

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.draft import Draft


def context_of(path: Path | None) -> Context:
    """Read the context, an empty one where none is given. Raises InputError for what is wrong with it."""
    return Context() if path is None else load(path)


def context_judge(
    con: duckdb.DuckDBPyConnection, context: Context, summary: Summary
) -> Callable[[Sequence[Draft]], list[Standing]]:
    """Give the judge that knows the context and what the store shows of hosts and accounts.

    Entries that have expired (by the last event of the logs) or match nothing go to the summary as warnings.
    """

    def judged(drafts: Sequence[Draft]) -> list[Standing]:
        observed = observe(con)
        if context.file:
            problems = unused(context, usage(context, drafts, observed))
            problems += expired(context, summary.last) if summary.last else []
            summary.warnings += [str(problem) for problem in sorted(problems, key=lambda p: (p.line, p.key))]
        return judge(drafts, context, observed)

    return judged


@dataclass(frozen=True)
class Material:
    """What a context can be held against, or drafted from: the hops of logs before judgement, and what these show."""

    drafts: list[Draft]
    observed: Observed

    def usage(self, context: Context) -> list[Usage]:
        """Count what each entry of a context matches."""
        return usage(context, self.drafts, self.observed)

    def proposals(self) -> list[Proposal]:
        """Propose entries of a context."""
        return propose(self.drafts, self.observed)


def material_of(paths: Iterable[str | Path], options: LogOptions, progress: Progress = silent) -> Material:
    """Read logs and detect, without judging. Raises InputError for a path that does not exist."""
    rules = own_rules(schema_columns())
    con, summary = read_logs(paths, options, rules, progress)
    plan_for(con, summary.kept)
    drafts = drafts_of(con, rules, kernel.Options(every=True))
    return Material(drafts, observe(con))
