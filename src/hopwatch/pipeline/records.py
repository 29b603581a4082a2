"""Fetches the records that hops lean on, with all fields that were kept of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hopwatch.model.hop import Evidence, Hop
from hopwatch.report.html.data import cut, key_of
from hopwatch.report.matches import event

if TYPE_CHECKING:
    import duckdb

MOST_HOPS = 200  # hops whose records a page holds: about ten megabytes
POINTER = pa.schema([
    ("pointer", pa.string()), ("p_time", pa.timestamp("us")), ("p_channel", pa.string()), ("p_event_id", pa.int32()),
    ("p_record_id", pa.int64()), ("p_file", pa.string()),
])  # fmt: skip


def records_of(con: duckdb.DuckDBPyConnection, hops: Sequence[Hop]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Give the records of the first MOST_HOPS hops by hop: pairs of the evidence's key and the record's fields."""
    chosen = hops[:MOST_HOPS]
    pointers = {key_of(e): e for hop in chosen for e in hop.evidence}
    found = _fetched(con, pointers)
    return {hop.id: _own(hop, found) for hop in chosen}


def _own(hop: Hop, found: dict[str, list[dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    keys = dict.fromkeys(key_of(e) for e in hop.evidence)
    return [(key, fields) for key in keys for fields in found.get(key, ())]


def _fetched(con: duckdb.DuckDBPyConnection, pointers: dict[str, Evidence]) -> dict[str, list[dict[str, Any]]]:
    """The fields of every record that a pointer names; where it names several, at most three."""
    rows = [_pointer(key, e) for key, e in pointers.items()]
    wanted = pa.Table.from_pylist(rows, schema=POINTER)
    tables, records = (_sql(name) for name in ("record_tables", "records"))
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    cursor = con.cursor()
    cursor.register("wanted_record", wanted)
    for (table,) in cursor.execute(tables).fetchall():
        given = cursor.execute(records.format(table=table))
        names = [column[0] for column in given.description or ()]
        while batch := given.fetchmany(500):
            for row in batch:
                raw = dict(zip(names, row, strict=True))
                found[raw.pop("pointer")].append(_short(event(raw)["event"]))
    cursor.unregister("wanted_record")
    return found


def _short(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields without the length that a page would not show."""
    return {name: cut(value) if isinstance(value, str) else value for name, value in fields.items()}


def _sql(name: str) -> str:
    return (files("hopwatch.pipeline") / f"{name}.sql").read_text(encoding="utf-8")


def _pointer(key: str, e: Evidence) -> dict[str, Any]:
    return {
        "pointer": key, "p_time": e.time, "p_channel": e.channel, "p_event_id": e.event_id,
        "p_record_id": e.record_id, "p_file": e.file,
    }  # fmt: skip
