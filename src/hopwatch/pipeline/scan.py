"""The main job: logs in, hops out. The order of the stages is here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa

from hopwatch.correlate import detect as kernel
from hopwatch.correlate.drafts import drafts
from hopwatch.facts import survey as facts
from hopwatch.model.errors import InputError
from hopwatch.model.hop import Hop
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from hopwatch.score.judge import judge, weights
from hopwatch.sigma.load import own_rules
from hopwatch.sigma.match import match, wanted
from hopwatch.store.database import connect, windows_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Rule

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class ScanOptions:
    """What to scan: events from `since` to before `until` (UTC), and the window of one movement in seconds.

    `every`: give also the hops that hold only weak evidence and so cannot alert; without them a large scan is faster.
    """

    since: datetime | None = None
    until: datetime | None = None
    window: int = 300
    every: bool = True


@dataclass(frozen=True)
class Result:
    """The hops of a scan, in order of start and target, and a summary of what was read."""

    hops: list[Hop]
    summary: Summary = field(default_factory=Summary)

    def to_arrow(self) -> pa.Table:
        """Give the hops as an Arrow table: the contract's scalars as columns, nested parts as JSON text."""
        rows = [hop.to_dict() for hop in self.hops]
        names = list(rows[0]) if rows else ["id"]
        flat = [
            {k: orjson.dumps(v).decode() if isinstance(v, dict | list) else v for k, v in row.items()} for row in rows
        ]
        return pa.table({name: [row[name] for row in flat] for name in names})


def scan(
    paths: Iterable[str | Path], options: ScanOptions | None = None, progress: Progress = lambda name, size: None
) -> Result:
    """Find the lateral movement in logs.

    `paths` are files, folders and archives; `progress(name, bytes)` is called before each file is read. Raises
    InputError for a path that does not exist; whatever cannot be read inside one is counted in the summary.
    """
    options = options or ScanOptions()
    places = [Path(path) for path in paths]
    if not places:
        raise InputError("no log to read: name a file or a folder")
    summary = Summary()
    con = connect()
    rules = own_rules(frozenset(windows_columns(con)))
    ingest(con, places, rules, summary, progress)
    _restrict(con, options)
    _describe(con, summary)
    hops = hops_of(con, rules, kernel.Options(options.window, every=options.every))
    (summary.hops,) = con.execute("SELECT count(*) FROM hop").fetchone() or (0,)
    return Result(hops, summary)


def ingest(
    con: duckdb.DuckDBPyConnection, paths: list[Path], rules: list[Rule], summary: Summary, progress: Progress
) -> None:
    """Read everything below the paths into the store, but what no rule, fact or correlation asks for."""
    into = Ingest(con, _wanted(rules), summary)
    for source in sources(paths, summary.skip):
        progress(source.name, source.size)
        summary.files += 1
        for batch in read(source, lambda reason, name=source.name: summary.skip(name, reason)):  # type: ignore[misc]
            into.add(batch, source.name)
    into.finish()


def hops_of(con: duckdb.DuckDBPyConnection, rules: list[Rule], options: kernel.Options) -> list[Hop]:
    """Survey the store, detect, and judge what was found."""
    match(con, rules)
    facts.prepare(con)
    facts.survey(con)
    kernel.prepare(con, rules)
    kernel.route(con, options)
    kernel.detect(con, options)
    weight = weights()
    return [judge(draft, weight) for draft in drafts(con, rules)]


def _wanted(rules: list[Rule]) -> dict[str, set[int] | None]:
    """The event ids that anything asks for, by channel."""
    want = wanted(rules)
    for needs in (facts.NEEDS, kernel.NEEDS):
        for channel, ids in needs.items():
            have = want.setdefault(channel, set())
            if have is not None and ids is not None:
                have.update(ids)
    return want


def _restrict(con: duckdb.DuckDBPyConnection, options: ScanOptions) -> None:
    """Leave out events before `since` or from `until` on."""
    con.execute(
        "DELETE FROM windows_event WHERE time < ? OR time >= ?",
        [options.since or datetime.min, options.until or datetime.max],
    )


def _describe(con: duckdb.DuckDBPyConnection, summary: Summary) -> None:
    row = con.execute("SELECT count(DISTINCT host), min(time), max(time) FROM windows_event").fetchone()
    summary.hosts, summary.first, summary.last = row or (0, None, None)
