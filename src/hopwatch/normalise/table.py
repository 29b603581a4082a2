"""Collects events as columns: rows of one field list together, then one Arrow table for the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import orjson
import pyarrow as pa

from hopwatch.normalise.address import ADDRESSES, canonical
from hopwatch.normalise.decode import decode
from hopwatch.normalise.fields import Fields, flatten, text_of
from hopwatch.normalise.shape import SYSTEM, TIMES, Shape, at

HEAD = (*SYSTEM, *TIMES, "trusted", "source_file")
COMPUTER, CHANNEL, EVENT_ID = (SYSTEM.index(name) for name in ("computer", "channel", "event_id"))
Row = tuple[Any, ...]
System = list[str | None]  # the values of SYSTEM


class EventTable:
    """Events on their way into the store, grouped by the list of their fields so that columns are cut, not filled."""

    def __init__(self, columns: Iterable[str]) -> None:
        self._known = {name.lower(): name for name in columns}
        self._rows: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        self.size = 0

    def add(self, shape: Shape, record: dict[str, Any], system: System, source_file: str) -> bool:
        """Add one event, whose System part is read already; false where its fields could not be read."""
        fields: Fields = {}
        for path in shape.fields:
            flatten(at(record, (path,)), shape.drop, fields)
        readable = not shape.decode or decode(shape, record, fields, str(system[CHANNEL]), int(system[EVENT_ID] or 0))
        times = [text_of(at(record, paths)) for paths in shape.times]
        head = (*system, *times, shape.trusted, source_file)
        self._rows[tuple(fields)].append(head + tuple(fields.values()))
        self.size += 1
        return readable

    def take(self) -> pa.Table:
        """Give all events as one table of text columns, those that no event has left out, and start afresh."""
        parts = [self._part(names, rows) for names, rows in self._rows.items()]
        self._rows.clear()
        self.size = 0
        return pa.concat_tables(parts, promote_options="default").combine_chunks()

    def _part(self, names: tuple[str, ...], rows: list[Row]) -> pa.Table:
        """The events of one field list as columns; fields without a column go to `event_data`."""
        cells = list(zip(*rows, strict=True))
        columns = {name: _column(cells[i], name) for i, name in enumerate(HEAD)}
        rest: list[int] = []
        for i, name in enumerate(names, start=len(HEAD)):
            column = self._known.get(name.lower())
            if column is None or column in columns:
                rest.append(i)
            else:
                columns[column] = _column(cells[i], column)
        if rest:
            keys = [names[i - len(HEAD)] for i in rest]
            texts = [_json(keys, [row[i] for i in rest]) for row in rows]
            columns["event_data"] = pa.array(texts, pa.string())
        return pa.table(columns)


def _column(values: tuple[Any, ...], name: str) -> pa.Array:
    if name == "trusted":
        return pa.array(values, pa.bool_())
    if name in ADDRESSES:
        values = tuple(map(canonical, values))
    try:
        return pa.array(values, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):  # lone surrogates
        clean = [None if v is None else v.encode("utf-8", "replace").decode() for v in values]
        return pa.array(clean, pa.string())


def _json(keys: list[str], values: list[str | None]) -> str:
    """The remaining fields as JSON."""
    pairs = {k: v for k, v in zip(keys, values, strict=True) if v is not None}
    try:
        return orjson.dumps(pairs).decode()
    except TypeError:  # lone surrogates
        safe = {k.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode() for k, v in pairs.items()}
        return orjson.dumps(safe).decode()
