"""The tables that a query can ask: made as views over a store that is attached read-only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.sigma.literal import literal
from hopwatch.store.columns import windows_columns

if TYPE_CHECKING:
    import duckdb

EVENTS = "events"  # the table of a search that names none
RAW = re.compile(r"CREATE TABLE (\w+)")
OWN = ("hops", "paths", "identity", "baseline", "context", "sessions")  # what hopwatch makes of the events
DESCRIBED = """
SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = current_database()
AND NOT internal ORDER BY table_name, column_index
"""


@dataclass(frozen=True)
class Tables:
    """The tables that a query can ask, each with its columns and their types, in order."""

    columns: Mapping[str, Mapping[str, str]]

    def schema(self) -> dict[str, list[str]]:
        """The columns of each table."""
        return {table: list(columns) for table, columns in self.columns.items()}

    def named(self, word: str) -> str | None:
        """The table of that name, whatever its case."""
        return word if word in self.columns else {t.lower(): t for t in self.columns}.get(word.lower())


def make_tables(con: duckdb.DuckDBPyConnection, store: str) -> Tables:
    """Make the tables in the connection's own database over those of the attached database `store`."""
    where = files("hopwatch.hunt")
    for name in (*raw_tables(), *OWN[:-1]):
        con.execute(f'CREATE VIEW "{name}" AS FROM {store}.main."{name}"')
    con.execute((where / "macros.sql").read_text("utf-8"))
    con.execute((where / "views.sql").read_text("utf-8").replace("event_fields(w)", _fields()))
    con.execute((where / "sensors.sql").read_text("utf-8"))
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in con.execute(DESCRIBED).fetchall():
        columns.setdefault(table, {})[column] = kind
    return Tables(columns)


def raw_tables() -> tuple[str, ...]:
    """The tables that hold what the logs say, but that of signals, which is a stage's own."""
    text = (files("hopwatch.store") / "schema.sql").read_text("utf-8")
    return tuple(name for name in RAW.findall(text) if name != "signal")


def _fields() -> str:
    """An event's fields that have a value, as JSON: those with a column and those without."""
    pairs = ", ".join(f'{literal(name)}, w."{name}"' for name in windows_columns())
    return f"json_merge_patch(coalesce(w.event_data, '{{}}'), json_object({pairs}))"
