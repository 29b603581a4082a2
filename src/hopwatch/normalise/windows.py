"""Brings Windows events into the store, in columns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.normalise.table import HEAD
from hopwatch.store.columns import windows_columns
from hopwatch.store.database import beside, run_sql

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.summary import Summary

BATCH = 30_000  # events that are held before they are written: to plan so wide a statement takes 60 ms
BYTES = 48 * 2**20  # or as many bytes of them
ROWS = 60_000  # events of one transaction: what is not committed cannot leave the memory


class WindowsEvents:
    """Writes tables of Windows events, all text, to `windows_event`.

    Many batches are one transaction of a connection beside the store's: what is less than a row group would be written
    once more at the end of each. The rows are there for others after `flush`.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, summary: Summary) -> None:
        self.con = con
        self.summary = summary
        self._own: duckdb.DuckDBPyConnection | None = None
        self._tables: list[pa.Table] = []
        self._size = self._bytes = self._open = 0

    def add(self, table: pa.Table) -> None:
        """Add events as columns; those that no event has may be left out."""
        self._tables.append(table)
        self._size += table.num_rows
        self._bytes += table.nbytes
        if self._size >= BATCH or self._bytes >= BYTES:
            self._write()

    def flush(self) -> None:
        """Write what was collected to the store."""
        self._write()
        self._commit()

    def _commit(self) -> None:
        if self._own is not None:
            self._own.execute("COMMIT")
            self._own.close()
            self._own, self._open = None, 0

    def _write(self) -> None:
        size, tables = self._size, self._tables
        self._tables, self._size, self._bytes = [], 0, 0
        if not size:
            return
        batch = pa.concat_tables(tables, promote_options="default")
        if self._own is None:
            self._own = beside(self.con)
            self._own.execute("BEGIN TRANSACTION")
        self._own.register("given", batch)
        (added,) = self._own.execute(_insert_statement(batch.column_names)).fetchone() or (0,)
        self._own.unregister("given")
        self.summary.kept += added
        self._open += added
        if self._open >= ROWS:
            self._commit()
        if added < size:
            self.summary.skip("(any)", "a record without a time or a computer", size - added)

    def finish(self) -> None:
        """Write the rest, then mend what only the whole shows: duplicates, wrong clocks, parents that are not named."""
        self.flush()
        (before,) = self.con.execute("SELECT count(*) FROM windows_event").fetchone() or (0,)
        for step in ("duplicates", "clock", "parents"):
            run_sql(self.con, files("hopwatch.normalise") / f"{step}.sql")
        (after,) = self.con.execute("SELECT count(*) FROM windows_event").fetchone() or (0,)
        self.summary.duplicates += before - after
        self.summary.corrected += [
            f"{file}: {host} is off by {error}" for file, host, error in self.con.execute(CORRECTED).fetchall()
        ]


CORRECTED = """
SELECT source_file, host, mode(time - recorded) FROM windows_event
WHERE time_source = 'corrected' GROUP BY ALL ORDER BY ALL
"""


def _insert_statement(given: Iterable[str]) -> str:
    """The statement for a table with some of the columns: the others are null, which costs next to nothing so."""
    have = set(given)
    absent = [name for name in (*HEAD, *windows_columns(), "event_data") if name not in have]
    nulls = "".join(f', CAST(NULL AS VARCHAR) AS "{name}"' for name in absent)
    present = "".join(f'"{name}", ' for name in windows_columns() if name in have)
    return _template().replace("@NULLS@", nulls).replace("@PRESENT@", present)


@cache
def _template() -> str:
    sql = (files("hopwatch.normalise") / "windows.sql").read_text(encoding="utf-8")
    return sql.replace("@COLUMNS@", ", ".join(f'"{name}"' for name in windows_columns()))
