"""The main job: logs in, hops out. The order of the stages is here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa

from hopwatch.correlate import authentication
from hopwatch.correlate import detect as kernel
from hopwatch.correlate.paths import chains
from hopwatch.correlate.presumed import presumed
from hopwatch.correlate.uses import uses
from hopwatch.facts.authentication import escalations
from hopwatch.model.hop import Hop
from hopwatch.model.path import Path as HopPath
from hopwatch.model.standing import Standing, merged
from hopwatch.model.summary import Summary
from hopwatch.pipeline.context import context_judge, context_of
from hopwatch.pipeline.coverage import coverage_in
from hopwatch.pipeline.detect import drafts_of
from hopwatch.pipeline.logs import LogOptions, Progress, asked, read_asked, silent
from hopwatch.pipeline.past import PastOptions, past_judge
from hopwatch.score import path as paths_score
from hopwatch.score.authentication import judge_of
from hopwatch.score.judge import judge, weights
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.detection import Ruleset
    from hopwatch.model.draft import Draft
    from hopwatch.model.rule import Rule
    from hopwatch.pipeline.baseline import PastJudge
    from hopwatch.pipeline.rules import Run

Judge = Callable[[Sequence["Draft"]], Sequence[Standing]]  # what context, baseline or authentication says of each


@dataclass(frozen=True)
class ScanOptions:
    """What to scan, and how far apart the parts of one movement (`window`) and the hops of a path (`gap`) may be.

    Both are in seconds.
    `every`: give also the hops that hold only weak evidence and so cannot alert; without them a large scan is faster.
    `past`: what is usual: a baseline's file, or the first days of the logs.
    `sigma`: rules that a user brings; those of lateral movement count for hops, the others are listed.
    """

    logs: LogOptions = field(default_factory=LogOptions)
    window: int = 300
    every: bool = True
    past: PastOptions = field(default_factory=PastOptions)
    gap: int = 86400
    sigma: Ruleset | None = None


@dataclass(frozen=True)
class Result:
    """The hops of a scan, in order of start and target, the paths that they make, and a summary of what was read.

    `sigma`: what rules that a user brought matched. `store`: the tables, for who wants to look records up.
    """

    hops: list[Hop]
    summary: Summary = field(default_factory=Summary)
    paths: list[HopPath] = field(default_factory=list)
    sigma: Run | None = None
    store: duckdb.DuckDBPyConnection | None = None

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

    `paths` are files, folders and archives; `progress(name, bytes)` hears how many more bytes of a file were read.
    Raises InputError for a path that does not exist; whatever cannot be read inside one is counted in the summary.
    """
    options = options or ScanOptions()
    rules = own_rules(schema_columns())
    context, past = context_of(options.logs.context), past_judge(options.past)
    con, summary, rules, sigma = _read(paths, options, rules, progress)
    # What the context forbids, or the past does not know, can be weak evidence: then every hop is judged.
    every = options.every or options.logs.context is not None or options.past.given
    judges = [context_judge(con, context, summary)]
    kernel_options = kernel.Options(options.window, every=every, gap=options.gap)
    hops, linked = found_in(con, rules, kernel_options, judges, past)
    summary.suppressed = sum(hop.suppressed_by is not None for hop in hops)
    (summary.hops,) = con.execute("SELECT count(*) FROM hop").fetchone() or (0,)
    summary.escalations = escalations(con)
    summary.coverage = coverage_in(con, rules)
    return Result(hops, summary, linked, sigma, con)


def _read(
    paths: Iterable[str | Path], options: ScanOptions, rules: list[Rule], progress: Progress
) -> tuple[duckdb.DuckDBPyConnection, Summary, list[Rule], Run | None]:
    """Read the logs; where a user brings rules, match these too, and give those that count for hops with the others."""
    if options.sigma is None:
        con, summary = read_asked(paths, options.logs, asked(rules), progress)
        return con, summary, rules, None
    from hopwatch.pipeline import rules as bring  # here, since a scan without such rules needs none of it

    con, summary = read_asked(paths, options.logs, bring.asked_with(asked(rules), options.sigma), progress)
    more, failed = bring.match_signals(con, options.sigma, rules, options.logs.context)
    return con, summary, [*rules, *more], bring.Run(con, options.sigma, summary, failed)


def hops_of(
    con: duckdb.DuckDBPyConnection,
    rules: list[Rule],
    options: kernel.Options,
    judges: Sequence[Judge] = (),
    past: PastJudge | None = None,
) -> list[Hop]:
    """Give the hops in a store; see `found_in`."""
    return found_in(con, rules, options, judges, past)[0]


def found_in(
    con: duckdb.DuckDBPyConnection,
    rules: list[Rule],
    options: kernel.Options,
    judges: Sequence[Judge] = (),
    past: PastJudge | None = None,
) -> tuple[list[Hop], list[HopPath]]:
    """Survey the store, detect, judge what was found by all that is known besides, and link it to paths.

    The past judges last of those that judge one hop.
    """
    found = drafts_of(con, rules, options)
    named = presumed(found)
    said = [each(named) for each in (judge_of(authentication.signs(con)), *judges)]
    standings = [merged(one[i] for one in said) for i in range(len(found))]
    if past is not None:
        standings = [merged(both) for both in zip(standings, past(con, named, standings), strict=True)]
    return link(con, found, standings, timedelta(seconds=options.gap))


def link(
    con: duckdb.DuckDBPyConnection, found: Sequence[Draft], standings: Sequence[Standing], gap: timedelta
) -> tuple[list[Hop], list[HopPath]]:
    """Chain hops to paths, and judge both: hops by themselves and by the paths that they are parts of."""
    weight, ends = weights(), paths_score.Ends(found)
    known = uses(con, paths_score.asked(found, ends))
    linked = chains(paths_score.steps(found, standings, ends, known), gap)
    added = {name: said for chain in linked for name, said in paths_score.standings(chain, known).items()}
    hops = [
        judge(draft, weight, merged((standing, added.get(draft.id, Standing()))))
        for draft, standing in zip(found, standings, strict=True)
    ]
    by_id = {hop.id: hop for hop in hops}
    return hops, [paths_score.path(chain, by_id, known, weight) for chain in linked]
