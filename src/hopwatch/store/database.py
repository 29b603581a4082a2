"""Opens the DuckDB store and runs the SQL files that the stages bring."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb

from hopwatch.model.errors import StoreError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MEMORY_LIMIT = "300MB"
WHILE_READING = "240MB"  # since processes that read need memory too
UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
SMALL = 5_000  # rows


def connect(memory_limit: str = WHILE_READING) -> duckdb.DuckDBPyConnection:
    """Open an empty store.

    The store lives in memory up to `memory_limit` and spills to a temporary folder beyond it. It can neither load
    extensions nor change its own configuration afterwards.
    """
    con = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "temp_directory": tempfile.gettempdir(),
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    con.execute("SET TimeZone = 'UTC'")
    run_sql(con, files("hopwatch.store") / "schema.sql")
    return con


def beside(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Open another connection to a store, for another thread: it has the same settings, and no temporary tables."""
    [(optimize,)] = con.execute("SELECT current_setting('enable_optimizer')").fetchall()
    other = con.cursor()
    other.execute(f"SET TimeZone = 'UTC'; SET enable_optimizer = {optimize}")
    return other


def run_sql(con: duckdb.DuckDBPyConnection, file: Traversable) -> None:
    """Run every statement of one SQL file of the package, as `run_text` does."""
    run_text(con, file.read_text(encoding="utf-8"))


def run_text(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """Run statements one by one, as `run` does."""
    for statement in con.extract_statements(text):
        run(con, statement)


def run(
    con: duckdb.DuckDBPyConnection, statement: str | duckdb.Statement, parameters: Any = None
) -> duckdb.DuckDBPyConnection:
    """Run one statement; where it needs more memory than the store may take, again with twice as much.

    Most statements spill to disk what they cannot hold; a few cannot. Raises StoreError where half of the machine's
    memory is not enough.
    """
    while True:
        try:
            return con.execute(statement, parameters)
        except duckdb.OutOfMemoryException as error:
            if not _grown(con):
                raise StoreError("these logs need more memory or temporary space than there is; scan fewer of them, or"
                    " a shorter time with --since and --until") from error  # fmt: skip


def _grown(con: duckdb.DuckDBPyConnection) -> bool:
    """Let the store take twice as much memory; false where that is more than half of the machine's."""
    limit = 2 * _memory_limit(con)
    with duckdb.connect() as fresh:
        most = _memory_limit(fresh) * 5 // 8  # it takes four fifths of the machine's memory where nobody says otherwise
    if limit <= most:
        con.execute(f"SET memory_limit = '{limit} B'")
    return limit <= most


def _memory_limit(con: duckdb.DuckDBPyConnection) -> int:
    """How many bytes the store may hold in memory."""
    (text,) = con.execute("SELECT current_setting('memory_limit')").fetchone() or ("0 MiB",)
    number, unit = text.split()
    return int(float(number) * UNITS.get(unit, 1))


def plan_for(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Plan statements for a store of so many rows, in which all is that is to be read.

    Of a small one, planning well takes longer than running badly; of a large one, they may take more memory.
    """
    if rows <= SMALL:
        con.execute("PRAGMA disable_optimizer; SET threads = 1")
    elif _memory_limit(con) < 2**20 * 280:
        con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
