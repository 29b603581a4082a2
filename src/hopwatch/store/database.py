"""Opens the DuckDB store and runs the SQL files that the stages bring."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MEMORY_LIMIT = "400MB"


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


def windows_columns(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of `windows_event` that bear Windows' own field names, in schema order."""
    rows = con.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = 'windows_event'").fetchall()
    names = [name for (name,) in rows]
    first = names.index("SubjectUserSid")
    return names[first : names.index("event_data")]


@cache
def schema_columns() -> frozenset[str]:
    """The columns of `windows_event` that bear Windows' own field names, read off the schema's text."""
    text = (files("hopwatch.store") / "schema.sql").read_text(encoding="utf-8")
    return frozenset(re.findall(r'"(\w+)" VARCHAR', text))
