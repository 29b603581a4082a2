"""Brings the organisation's context to the hops of a scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hopwatch.context.judge import judge
from hopwatch.context.load import expired, load
from hopwatch.context.usage import unused, usage
from hopwatch.facts.roles import observe
from hopwatch.model.context import Context
from hopwatch.model.standing import Standing
from hopwatch.model.summary import Summary

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
