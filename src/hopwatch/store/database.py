"""Opens the DuckDB store and runs the SQL files that the stages bring."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MEMORY_LIMIT = "400MB"
SMALL = 5_000  # rows


def connect(memory_limit: str = MEMORY_LIMIT) -> duckdb.DuckDBPyConnection:
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


def run_sql(con: duckdb.DuckDBPyConnection, file: Traversable) -> None:
    """Run every statement of one SQL file of the package."""
    con.execute(file.read_text(encoding="utf-8"))


def plan_for(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Plan statements for a store of so many rows: of a small one, planning well takes longer than running badly."""
    if rows <= SMALL:
        con.execute("PRAGMA disable_optimizer; SET threads = 1")
