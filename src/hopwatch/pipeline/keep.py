"""Keeps the tables of logs in a file, for many hunts; and makes such a file for one."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from hopwatch.hunt.limits import Limits
from hopwatch.hunt.run import tables
from hopwatch.hunt.tables import OWN, raw_tables
from hopwatch.model.errors import InputError
from hopwatch.pipeline.derive import Known, derive
from hopwatch.pipeline.logs import LogOptions, Progress, read_asked, silent
from hopwatch.store.database import connect, run_sql

if TYPE_CHECKING:
    from hopwatch.model.summary import Summary

VERSION = 4
ABOUT = """
CREATE TABLE store_about (version INTEGER);
CREATE TABLE store_log (read TIMESTAMP, files BIGINT, records BIGINT, events BIGINT, first TIMESTAMP, last TIMESTAMP);
"""
FINDINGS = re.compile(r"\b(?:" + "|".join(name for name in OWN if name != "sessions") + r")\b")


@dataclass(frozen=True)
class Kept:
    """What a store's file holds: events in all and new ones, the span of their times, and what was read now."""

    events: int
    new: int
    first: datetime | None
    last: datetime | None
    flows: int
    hops: int
    summary: Summary


def keep(
    paths: Iterable[str | Path], out: Path, options: LogOptions, known: Known | None = None, progress: Progress = silent
) -> Kept:
    """Read logs and add what is new in them to a store's file, which is made where it is not there.

    What hopwatch finds in the events (hops and so on) is found anew in all of them. Raises InputError for a path that
    does not exist, or a file that is no store; where it fails, the file stays as it was.
    """
    if out.exists():
        _check(out)
    con, summary = read_asked(paths, replace(options, every_flow=True), None, progress)
    try:
        _attach(con, out)
        with _whole(con, out):
            kept = _write(con, summary, known or Known())
    except (duckdb.Error, OSError) as error:
        raise InputError(f"cannot write {out}: {str(error).splitlines()[0]}") from error
    finally:
        con.close()
    return kept


def _check(out: Path) -> None:
    """Raise InputError where a file is no store of this version."""
    try:
        con = duckdb.connect(str(out), read_only=True)
        found = con.execute("SELECT version FROM store_about").fetchone()
        con.close()
    except duckdb.Error as error:
        raise InputError(f"{out} is no store that hopwatch made") from error
    if found != (VERSION,):
        raise InputError(f"{out} is a store of another version of hopwatch; make it anew")


def is_store(path: Path) -> bool:
    """Whether a file is of the kind that stores are."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(12)[8:] == b"DUCK"


def findings(store: Path) -> list[str]:
    """Give the hops and paths in a store's file, each as one JSON object. Raises InputError for a file that is none."""
    _check(store)
    with duckdb.connect(str(store), read_only=True) as con:
        return [line for (line,) in con.execute("SELECT line FROM finding").fetchall()]


def _attach(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    quoted = str(out).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS kept")


@contextmanager
def _whole(con: duckdb.DuckDBPyConnection, out: Path) -> Iterator[None]:
    """Write all or nothing; a file that was begun here and failed is taken away."""
    (tables,) = con.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'kept'").fetchone() or (0,)
    try:
        if not tables:
            con.execute("USE kept")
            run_sql(con, files("hopwatch.store") / "schema.sql")
            run_sql(con, files("hopwatch.hunt") / "derived.sql")
            con.execute(ABOUT)
            con.execute("INSERT INTO store_about VALUES (?)", [VERSION])
            con.execute("USE memory")
        yield
        con.execute("DETACH kept")
    except BaseException:
        con.close()
        if not tables:
            out.unlink(missing_ok=True)
        raise


def _write(con: duckdb.DuckDBPyConnection, summary: Summary, known: Known) -> Kept:
    """Bring the store in memory and the one in the file together, and find anew what is in all of it."""
    for name in raw_tables():
        con.execute(
            f"CREATE TEMP TABLE new_{name} AS SELECT key FROM memory.main.{name} ANTI JOIN kept.main.{name} USING (key)"
        )
        con.execute(
            f"INSERT INTO memory.main.{name} FROM kept.main.{name} old ANTI JOIN memory.main.{name} USING (key)"
        )
    found = derive(con, known, summary)
    con.execute("BEGIN")
    for name in raw_tables():
        order = "ORDER BY time, key" if name != "asset" else ""
        con.execute(f"INSERT INTO kept.main.{name} FROM memory.main.{name} SEMI JOIN new_{name} USING (key) {order}")
    for name, rows in found.items():
        con.execute(f"DELETE FROM kept.main.{name}")
        if rows:
            con.executemany(f"INSERT INTO kept.main.{name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    (new,) = con.execute("SELECT count(*) FROM new_windows_event").fetchone() or (0,)
    now = datetime.now().astimezone().replace(tzinfo=None)
    con.execute(
        "INSERT INTO kept.main.store_log VALUES (?, ?, ?, ?, ?, ?)",
        [now, summary.files, summary.records, new, summary.first, summary.last],
    )
    con.execute("COMMIT")
    total, first, last = con.execute(
        "SELECT count(*), min(time), max(time) FROM memory.main.windows_event"
    ).fetchone() or (0, None, None)
    flows = sum(
        (con.execute(f"SELECT count(*) FROM memory.main.{name}").fetchone() or (0,))[0] for name in raw_tables()[1:]
    )
    return Kept(total, new, first, last, flows, len(found["hops"]), summary)


@contextmanager
def store_of(
    paths: Iterable[str | Path],
    options: LogOptions,
    query: str,
    known: Known | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[Path, Summary]]:
    """Give a store of logs for one query, gone afterwards, with findings where the query speaks of them."""
    with tempfile.TemporaryDirectory(prefix="hopwatch-") as folder:
        out = Path(folder) / "store"
        con, summary = read_asked(paths, replace(options, every_flow=True), None, progress)
        try:
            _attach(con, out)
            with _whole(con, out):
                _copy(con, summary, query, known or Known())
        except duckdb.Error as error:
            raise InputError(f"cannot put the events aside for the query: {str(error).splitlines()[0]}") from error
        finally:
            con.close()
        yield Path(os.fspath(out)), summary


def tables_of(store: Path | None, bounds: Limits) -> dict[str, dict[str, str]]:
    """The tables that can be asked, of a store or of an empty one."""
    if store is not None:
        return tables(store, bounds)
    with empty_store() as place:
        return tables(place, bounds)


@contextmanager
def empty_store() -> Iterator[Path]:
    """Give a store that holds nothing, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hopwatch-") as folder:
        out = Path(folder) / "store"
        con = connect()
        _attach(con, out)
        with _whole(con, out):
            pass
        con.close()
        yield out


def _copy(con: duckdb.DuckDBPyConnection, summary: Summary, query: str, known: Known) -> None:
    for name in raw_tables():
        con.execute(f"INSERT INTO kept.main.{name} FROM memory.main.{name}")
    if FINDINGS.search(query):
        for name, rows in derive(con, known, summary).items():
            if rows:
                con.executemany(f"INSERT INTO kept.main.{name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
