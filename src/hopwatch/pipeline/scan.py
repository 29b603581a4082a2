"""The main job: logs in, hops out. The order of the stages is here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa

from hopwatch.correlate import detect as kernel
from hopwatch.model.hop import Hop
from hopwatch.model.standing import Standing, merged
from hopwatch.model.summary import Summary
from hopwatch.pipeline.baseline import PastJudge, PastOptions, past_judge
from hopwatch.pipeline.context import context_judge, context_of
from hopwatch.pipeline.detect import drafts_of
from hopwatch.pipeline.logs import LogOptions, Progress, asked, read_asked, silent
from hopwatch.score.judge import judge, weights
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import plan_for

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.detection import Ruleset
    from hopwatch.model.draft import Draft
    from hopwatch.model.rule import Rule
    from hopwatch.pipeline.rules import Run

Judge = Callable[[Sequence["Draft"]], Sequence[Standing]]  # what context, baseline or authentication says of each


@dataclass(frozen=True)
class ScanOptions:
    """What to scan, and how far apart the parts of one movement may be (`window`, in seconds).

    `every`: give also the hops that hold only weak evidence and so cannot alert; without them a large scan is faster.
    `past`: what is usual: a baseline's file, or the first days of the logs.
    `sigma`: rules that a user brings; those of lateral movement count for hops, the others are listed.
    """

    logs: LogOptions = field(default_factory=LogOptions)
    window: int = 300
    every: bool = True
    past: PastOptions = field(default_factory=PastOptions)
    sigma: Ruleset | None = None


@dataclass(frozen=True)
class Result:
    """The hops of a scan, in order of start and target, and a summary of what was read; what Sigma rules matched."""

    hops: list[Hop]
    summary: Summary = field(default_factory=Summary)
    sigma: Run | None = None

    def to_arrow(self) -> pa.Table:
        """Give the hops as an Arrow table: the contract's scalars as columns, nested parts as JSON text."""
        rows = [hop.to_dict() for hop in self.hops]
        names = list(rows[0]) if rows else ["id"]
        flat = [
            {k: orjson.dumps(v).decode() if isinstance(v, dict | list) else v for k, v in row.items()} for row in rows
        ]
        return pa.table({name: [row[name] for row in flat] for name in names})


def scan(paths: Iterable[str | Path], options: ScanOptions | None = None, progress: Progress = silent) -> Result:
    """Find the lateral movement in logs.

    `paths` are files, folders and archives; `progress(name, bytes)` is called before each file is read. Raises
    InputError for a path that does not exist; whatever cannot be read inside one is counted in the summary.
    """
    options = options or ScanOptions()
    rules = own_rules(schema_columns())
    context, past = context_of(options.logs.context), past_judge(options.past)
    con, summary, rules, sigma = _read(paths, options, rules, progress)
    # What the context forbids, or the past does not know, can be weak evidence: then every hop is judged.
    every = options.every or options.logs.context is not None or options.past.given
    judges = [context_judge(con, context, summary)]
    hops = hops_of(con, rules, kernel.Options(options.window, every=every), judges, past)
    summary.suppressed = sum(hop.suppressed_by is not None for hop in hops)
    (summary.hops,) = con.execute("SELECT count(*) FROM hop").fetchone() or (0,)
    return Result(hops, summary, sigma)


def _read(
    paths: Iterable[str | Path], options: ScanOptions, rules: list[Rule], progress: Progress
) -> tuple[duckdb.DuckDBPyConnection, Summary, list[Rule], Run | None]:
    """Read the logs; where a user brings rules, match these too, and give those that count for hops with the others."""
    if options.sigma is None:
        con, summary = read_asked(paths, options.logs, asked(rules), progress)
        plan_for(con, summary.kept)
        return con, summary, rules, None
    from hopwatch.pipeline import rules as bring  # here, since a scan without such rules needs none of it

    con, summary = read_asked(paths, options.logs, bring.asked_with(asked(rules), options.sigma), progress)
    plan_for(con, summary.kept)
    more, failed = bring.match_signals(con, options.sigma, rules, options.logs.context)
    return con, summary, [*rules, *more], bring.Run(con, options.sigma, summary, failed)


def hops_of(
    con: duckdb.DuckDBPyConnection,
    rules: list[Rule],
    options: kernel.Options,
    judges: Sequence[Judge] = (),
    past: PastJudge | None = None,
) -> list[Hop]:
    """Survey the store, detect, and judge what was found by all that is known besides; the past judges last."""
    found = drafts_of(con, rules, options)
    said = [each(found) for each in judges]
    standings = [merged(one[i] for one in said) for i in range(len(found))]
    if past is not None:
        standings = [merged(both) for both in zip(standings, past(con, found, standings), strict=True)]
    weight = weights()
    return [judge(draft, weight, standing) for draft, standing in zip(found, standings, strict=True)]
