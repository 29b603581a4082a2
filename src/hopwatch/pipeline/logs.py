"""Reads logs into a store: what every command that takes logs does first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from hopwatch.correlate import detect as kernel
from hopwatch.facts import survey as facts
from hopwatch.model.errors import InputError
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.normalise.network import names
from hopwatch.normalise.network.assets import store_assets
from hopwatch.normalise.wanted import Asked
from hopwatch.pipeline.parallel import told
from hopwatch.readers.assets import read_assets
from hopwatch.readers.inputs import sources
from hopwatch.readers.source import Source
from hopwatch.sigma.match import least, needed_words, wanted
from hopwatch.store.database import connect, plan_for, run_sql

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Rule

Progress = Callable[[str, int], None]
TIMED = (
    "windows_event",
    "connection",
    "dns",
    "smb_activity",
    "dce_rpc",
    "kerberos_activity",
    "ntlm_activity",
    "http_activity",
    "dhcp_lease",
    "sensor_alert",
)


@dataclass(frozen=True)
class LogOptions:
    """Which part of the logs to read, and what else is known.

    `since` and `until` bound the events (UTC; from `since` on, before `until`); `assets` is the organisation's list of
    hosts and addresses, `context` what it says of their roles and of allowed work. Large logs are read by `jobs`
    processes. `every_flow`: keep also the connections and requests that are of no use to movement.
    """

    since: datetime | None = None
    until: datetime | None = None
    assets: Path | None = None
    jobs: int = 1
    context: Path | None = None
    every_flow: bool = False


def silent(name: str, size: int) -> None:
    """Hear of progress and say nothing."""


def read_logs(
    paths: Iterable[str | Path], options: LogOptions, rules: list[Rule], progress: Progress = silent
) -> tuple[duckdb.DuckDBPyConnection, Summary]:
    """Read everything below the paths into a new store, but what no rule, fact or correlation asks for.

    `progress(name, bytes)` hears how many more bytes of a file were read. Raises InputError for a path that does not
    exist; what cannot be read inside one is counted in the summary.
    """
    return read_asked(paths, options, asked(rules), progress)


def read_asked(
    paths: Iterable[str | Path], options: LogOptions, keep: Asked | None, progress: Progress = silent
) -> tuple[duckdb.DuckDBPyConnection, Summary]:
    """Read what is to be kept below the paths into a new store (None: everything); else as `read_logs`."""
    places = [Path(path) for path in paths]
    if not places:
        raise InputError("no log to read: name a file or a folder")
    con, summary = connect(), Summary()
    into = Ingest(con, keep, summary)
    if options.every_flow:
        run_sql(con, files("hopwatch.pipeline") / "every_flow.sql")
    if options.assets is not None:
        store_assets(con, read_assets(options.assets), str(options.assets))
    for name, prepared in told(_counted(sources(places, summary.skip), summary), into.asked, options.jobs):
        progress(name, prepared.seen)
        into.store(prepared)
    into.finish()
    _restrict(con, options)
    _describe(con, summary)
    plan_for(con, summary.kept)
    return con, summary


def something_read(paths: Iterable[Path], summary: Summary) -> None:
    """Raise InputError where nothing below the paths was a log."""
    if not summary.files:
        raise InputError(f"nothing in {', '.join(map(str, paths))} is a log that hopwatch reads")


def _counted(found: Iterable[Source], summary: Summary) -> Iterator[Source]:
    for source in found:
        summary.files += 1
        yield source


def needed(rules: list[Rule]) -> dict[str, set[int] | None]:
    """The event ids that anything asks for, by channel."""
    want = wanted(rules)
    for needs in (facts.NEEDS, kernel.NEEDS):
        for channel, ids in needs.items():
            have = want.setdefault(channel, set())
            if have is not None and ids is not None:
                have.update(ids)
    return want


def asked(rules: list[Rule]) -> Asked:
    """What anything asks for, and the words without which nothing needs more of an event than that it is there."""
    needs = (facts.NEEDS, kernel.NEEDS, names.NEEDS)
    whole = {(channel, number) for each in needs for channel, ids in each.items() for number in ids or ()}
    whole -= facts.WORDS.keys()
    words = {
        place: least(some | facts.WORDS.get(place, frozenset()))
        for place, some in needed_words(rules).items()
        if place not in whole
    }
    return Asked(needed(rules), words, frozenset(number for ids in kernel.kinds().values() for number in ids))


def _restrict(con: duckdb.DuckDBPyConnection, options: LogOptions) -> None:
    """Leave out events before `since` or from `until` on."""
    if options.since is None and options.until is None:
        return
    bounds = [options.since or datetime.min, options.until or datetime.max]
    for table in TIMED:
        con.execute(f"DELETE FROM {table} WHERE time < ? OR time >= ?", bounds)


def _describe(con: duckdb.DuckDBPyConnection, summary: Summary) -> None:
    (summary.hosts,) = con.execute("SELECT count(DISTINCT host) FROM windows_event").fetchone() or (0,)
    parts = " UNION ALL ".join(f"SELECT min(time) AS a, max(time) AS b FROM {table}" for table in TIMED[:2])
    summary.first, summary.last = con.execute(f"SELECT min(a), max(b) FROM ({parts})").fetchone() or (None, None)
