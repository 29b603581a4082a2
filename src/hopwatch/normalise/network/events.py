"""Brings records of network sensors into the store, in columns and batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.normalise.network import finish
from hopwatch.normalise.network.clean import cleaned
from hopwatch.normalise.network.route import route_sql
from hopwatch.normalise.network.separated import parse
from hopwatch.normalise.network.shape import (
    NetworkShape,
    known_log,
    log_of_fields,
    log_of_file,
    shapes_of,
    zeek_log,
)
from hopwatch.normalise.network.statement import lacking, table_types, texts_of_json, texts_of_lines, values_of_texts
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.lines import SeparatedLines
    from hopwatch.model.summary import Summary

RECORDS = 40_000  # records that are held before they are written
BYTES = 64 * 2**20  # or as many bytes
LAYOUTS = 64  # or as many different headers
Rejected = Callable[[bytes, str], None]
Layout = tuple[str, str, tuple[str, ...], str, bool]  # sensor, log, fields, set separator, escapes


class NetworkEvents:
    """Collects records of sensors and writes them to the tables of network events.

    `rejected(text, file)` hears of JSON records that are none.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, summary: Summary, rejected: Rejected) -> None:
        self.con = con
        self.summary = summary
        self.seen = False
        self._rejected = rejected
        self._texts: list[bytes] = []
        self._files: list[str] = []
        self._tables: dict[Layout, list[pa.Table]] = defaultdict(list)
        self._size = self._bytes = 0
        run_sql(con, files("hopwatch.normalise.network") / "macros.sql")

    @cached_property
    def _types(self) -> dict[str, dict[str, str]]:
        return table_types(self.con)

    def add_texts(self, texts: list[bytes], file: str) -> None:
        """Add JSON records of one file."""
        self.seen = True
        self._texts += texts
        self._files += [file] * len(texts)
        self._held(len(texts), sum(map(len, texts)))

    def add_lines(self, lines: SeparatedLines, file: str) -> None:
        """Add separated lines of one file."""
        self.seen = True
        log = _log_of_lines(lines, file)
        shapes = shapes_of(lines.sensor, log)
        self.summary.formats[f"{lines.sensor} {log}"] += lines.count
        if not shapes:
            self.summary.unused[f"{lines.sensor} {log}"] += lines.count
            return
        wanted = _fields_of(lines.sensor, log)
        table = parse(lines, wanted, lambda n: self.summary.skip(file, "a line with other than all fields", n))
        table = table.append_column("source_file", pa.array([file] * table.num_rows, pa.string()))
        layout = (lines.sensor, log, tuple(table.column_names), lines.set_separator, lines.escapes)
        self._tables[layout].append(table)
        self._held(lines.count, len(lines.lines))

    def _held(self, records: int, size: int) -> None:
        self._size += records
        self._bytes += size
        if self._size >= RECORDS or self._bytes >= BYTES or len(self._tables) >= LAYOUTS:
            self.flush()

    def flush(self) -> None:
        """Write what was collected to the store."""
        self._size = self._bytes = 0
        if self._texts:
            self._flush_texts()
        tables, self._tables = self._tables, defaultdict(list)
        for layout, parts in tables.items():
            self._flush_lines(layout, pa.concat_tables(parts))

    def finish(self) -> None:
        """Write the rest, then mend what only the whole shows: sides, flows seen twice, calls without a name."""
        self.flush()
        if self.seen:
            self.summary.duplicates += finish.mend(self.con)

    def _flush_texts(self) -> None:
        logs = {file: log_of_file(file) for file in set(self._files)}
        texts = {
            "text": _text_array(self._texts),
            "source_file": pa.array(self._files, pa.string()),
            "file_log": pa.array([logs[file] for file in self._files], pa.string()),
        }
        self._texts, self._files = [], []
        self.con.register("given", pa.table(texts))
        self.con.execute(route_sql())
        self.con.unregister("given")
        for file, count in self.con.execute(DAMAGED).fetchall():
            self.summary.skip(file, "not JSON", count)
        for log, count in self.con.execute(COUNTED).fetchall():
            self._write_log(log, count)
        for text, file in self.con.execute("SELECT text, source_file FROM routed WHERE log IS NULL").fetchall():
            self._rejected(text.encode(), file)

    def _write_log(self, name: str, count: int) -> None:
        sensor, _, log = name.partition("/")
        shapes = shapes_of(sensor, log)
        known = known_log(sensor, log)
        self.summary.formats[known] += count
        if not shapes:
            self.summary.unused[known] += count
            return
        kept = [self._write(shape, texts_of_json(shape, self._types[shape.into]), name) for shape in shapes]
        self._count_unused(known, count, max(kept))

    def _flush_lines(self, layout: Layout, table: pa.Table) -> None:
        sensor, log, fields, set_separator, escapes = layout
        self.con.register("lines", table)
        kept = []
        for shape in shapes_of(sensor, log):
            query = texts_of_lines(shape, self._types[shape.into], frozenset(fields), set_separator)
            kept.append(self._write(shape, query, None, escapes))
        self.con.unregister("lines")
        self._count_unused(f"{sensor} {log}", table.num_rows, max(kept))

    def _write(self, shape: NetworkShape, query: str, log: str | None, escapes: bool = False) -> int:
        """Write what a query gives of one shape, and say how many records that were."""
        texts = self.con.sql(query, params={"log": log} if log else None).to_arrow_table()
        if not texts.num_rows:
            return 0
        self.con.register("texts", cleaned(texts, escapes))
        types = self._types[shape.into]
        [(added,)] = self.con.execute(values_of_texts(shape, types)).fetchall()
        if added < texts.num_rows:
            for file, count in self.con.execute(lacking(shape, types)).fetchall():
                self.summary.skip(file, "a record without its time or an address", count)
        self.con.unregister("texts")
        self.summary.kept += added
        return int(texts.num_rows)

    def _count_unused(self, log: str, count: int, kept: int) -> None:
        if kept < count:
            self.summary.unused[f"{log}, not needed"] += count - kept


DAMAGED = "SELECT source_file, count(*) FROM routed WHERE log = 'damaged' GROUP BY ALL"
COUNTED = "SELECT log, count(*) FROM routed WHERE log IS NOT NULL AND log <> 'damaged' GROUP BY ALL ORDER BY ALL"


def _log_of_lines(lines: SeparatedLines, file: str) -> str:
    if lines.sensor != "zeek":
        return lines.log
    fields = frozenset(lines.fields)
    return zeek_log(lines.log) or log_of_fields(fields) or log_of_file(file) or "other"


@cache
def _fields_of(sensor: str, log: str) -> frozenset[str]:
    """Every name that a field of a log's shapes may have in separated lines."""
    shapes = shapes_of(sensor, log)
    paths = {path.partition("[")[0] for shape in shapes for fields in shape.columns.values() for path in fields}
    return frozenset(paths | {path.replace(".", "_") for path in paths})


def _text_array(texts: Iterable[bytes]) -> pa.Array:
    texts = list(texts)
    try:
        return pa.array(texts, pa.string())
    except (pa.ArrowInvalid, UnicodeDecodeError):  # bytes that are no UTF-8
        return pa.array([text.decode("utf-8", "replace") for text in texts], pa.string())
