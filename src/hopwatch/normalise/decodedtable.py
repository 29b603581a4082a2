"""Makes one table of events that a reader gave as the values of their forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from hopwatch.model import decoded
from hopwatch.model.decoded import Field, Form, Head
from hopwatch.normalise.address import ADDRESSES, canonical
from hopwatch.normalise.binvalues import WRITERS, sids, strings, text, times
from hopwatch.normalise.table import HEAD

Rows = tuple[list[tuple[str, ...]], list[Head], list[tuple[bytes, ...]]]


@lru_cache(4096)
def short(value: bytes) -> str:
    """A text that many events have: the name of a channel or of a computer."""
    return text(value)


class DecodedTable:
    """Events on their way into the store, grouped by their form, so that a column is made of a form's values at once."""

    def __init__(self, columns: Iterable[str], trusted: bool) -> None:
        self._trusted = trusted  # the time
        self._known = {name.lower(): name for name in columns}
        self._groups: dict[Form, Rows] = {}
        self.size = 0

    def add(self, form: Form, head: Head, values: tuple[bytes, ...], names: tuple[str, str]) -> None:
        """Add an event; `names` are its channel as it is to be and its source file."""
        group = self._groups.get(form)
        if group is None:
            group = self._groups[form] = ([], [], [])
        group[0].append(names)
        group[1].append(head)
        group[2].append(values)
        self.size += 1

    def take(self) -> pa.Table:
        """Give all events as one table of text columns, those that no event has left out, and start afresh."""
        names = [each for group in self._groups.values() for each in group[0]]
        heads = [each for group in self._groups.values() for each in group[1]]
        columns = _head(heads, names) | {"trusted": pa.array([self._trusted] * len(heads), pa.bool_())}
        parts: dict[str, list[pa.Array]] = {}
        filled: dict[str, int] = {}
        place = 0
        for form, group in self._groups.items():
            for name, column in self._fields(form, group[2]).items():
                some = parts.setdefault(name, [])
                if gap := place - filled.get(name, 0):
                    some.append(pa.nulls(gap, pa.string()))
                some.append(column)
                filled[name] = place + len(group[2])
            place += len(group[2])
        self._groups, self.size = {}, 0
        for name, some in parts.items():
            if gap := place - filled[name]:
                some.append(pa.nulls(gap, pa.string()))
            columns[name] = pa.concat_arrays(some)
        return pa.table(columns)

    def _fields(self, form: Form, rows: list[tuple[bytes, ...]]) -> dict[str, pa.Array]:
        """The columns of the fields of one form; those without a column of their own go to `event_data`."""
        values = list(zip(*rows, strict=True))
        columns: dict[str, pa.Array] = {}
        rest: dict[str, pa.Array] = {}
        for field in form.fields:
            column = _column(field, form.types, values, len(rows))
            name = self._known.get(field.name.lower())
            if name is None or name in columns or name in HEAD:
                rest[field.name] = column
            else:
                columns[name] = _addresses(column) if name in ADDRESSES else column
        if rest:
            columns["event_data"] = pa.array(_json(rest), pa.string())
        return columns


def _head(heads: list[Head], names: list[tuple[str, ...]]) -> dict[str, pa.Array]:
    of = dict(zip(decoded.HEAD, zip(*heads, strict=True), strict=True))
    columns = {
        name: pa.array(of[name], pa.uint64()).cast(pa.string())
        for name in ("event_id", "record_id", "process_id", "level")
    }
    columns |= {name: _none(strings(of[name])) for name in ("provider", "computer")}
    channels, files = zip(*names, strict=True)
    columns |= {"channel": pa.array(channels, pa.string()), "source_file": pa.array(files, pa.string())}
    return columns | {"user_sid": sids(of["user_sid"]), "utc": times(of["utc"])}


def _column(field: Field, types: bytes, values: Sequence[tuple[bytes, ...]], count: int) -> pa.Array:
    if isinstance(field.value, int):
        column = WRITERS[types[field.value]](values[field.value])
    else:
        column = pa.array([field.value or ""] * count, pa.string())
    return _none(column) if field.null else column


def _none(column: pa.Array) -> pa.Array:
    """The column with empty texts as nulls."""
    return pc.if_else(pc.equal(column, ""), None, column)


def _addresses(column: pa.Array) -> pa.Array:
    coded = column.dictionary_encode()
    return pa.array(map(canonical, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


def _json(columns: dict[str, pa.Array]) -> list[bytes]:
    """The fields of each event as JSON."""
    names = list(columns)
    rows: Any = zip(*(column.to_pylist() for column in columns.values()), strict=True)
    if any(column.null_count for column in columns.values()):
        return [orjson.dumps({k: v for k, v in zip(names, row, strict=True) if v is not None}) for row in rows]
    return [orjson.dumps(dict(zip(names, row, strict=True))) for row in rows]
