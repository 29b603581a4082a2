"""Makes one table of events that a reader gave as the values of their forms."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from hopwatch.model import decoded
from hopwatch.model.decoded import Field, Form, Head, Row
from hopwatch.normalise.address import ADDRESSES, canonical
from hopwatch.normalise.binvalues import WRITERS, sids, strings, times
from hopwatch.normalise.table import HEAD

NUMBERS = ("event_id", "record_id", "process_id", "level")
Columns = dict[str, pa.Array]


class _Group:
    """Events of one form: their heads, their values, and the channel and source file of each."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.values: list[tuple[bytes, ...]] = []
        self.channels: list[str] = []
        self.files: list[str] = []


class DecodedTable:
    """Events on their way into the store, grouped by their form, so that columns are made of many values at once."""

    def __init__(self, columns: Iterable[str], trusted: bool) -> None:
        self._known = {name.lower(): name for name in columns}
        self._trusted = trusted  # the time
        self._groups: dict[Form, _Group] = {}
        self.size = 0

    def add(self, row: Row, channel: str, file: str) -> None:
        """Add an event of a channel, which is named as it is to be, and of a source file."""
        form, head, values = row
        group = self._groups.get(form)
        if group is None:
            group = self._groups[form] = _Group()
        group.heads.append(head)
        group.values.append(values)
        group.channels.append(channel)
        group.files.append(file)
        self.size += 1

    def take(self) -> pa.Table:
        """Give all events as one table of text columns, those that no event has left out, and start afresh."""
        groups, self._groups, self.size = self._groups, {}, 0
        columns = _heads(groups.values())
        columns["trusted"] = pa.array([self._trusted] * len(columns["utc"]), pa.bool_())
        pieces = _Pieces()
        written = _Written({form: list(zip(*group.values, strict=True)) for form, group in groups.items()})
        for form, group in groups.items():
            for name, column in self._fields(form, written, len(group.heads)).items():
                pieces.add(name, column)
            pieces.place += len(group.heads)
        for name, column in pieces.whole().items():
            columns[name] = _addresses(column) if name in ADDRESSES else column
        return pa.table(columns)

    def _fields(self, form: Form, written: _Written, count: int) -> Columns:
        """The columns of the fields of one form; those without a column of their own go to `event_data`."""
        columns: Columns = {}
        rest: Columns = {}
        for field in form.fields:
            column = written.column(form, field, count)
            name = self._known.get(field.name.lower())
            if name is None or name in columns or name in HEAD:
                rest[field.name] = column
            else:
                columns[name] = column
        if rest:
            columns["event_data"] = pa.array(_json(rest), pa.string())
        return columns


class _Written:
    """The values of all fields as texts: those of one type are written at once, whatever forms have them."""

    def __init__(self, values: dict[Form, list[tuple[bytes, ...]]]) -> None:
        pools: dict[int, list[tuple[bytes, ...]]] = {}
        self._places: dict[tuple[Form, int], tuple[int, int]] = {}
        sizes: dict[int, int] = {}
        for form, columns in values.items():
            for slot in {field.value for field in form.fields if isinstance(field.value, int)}:
                kind = form.types[slot]
                place = sizes.get(kind, 0)
                self._places[form, slot] = kind, place
                pools.setdefault(kind, []).append(columns[slot])
                sizes[kind] = place + len(columns[slot])
        self._texts = {kind: WRITERS[kind](list(chain.from_iterable(pool))) for kind, pool in pools.items()}

    def column(self, form: Form, field: Field, count: int) -> pa.Array:
        """The texts of one field of the events of a form."""
        if isinstance(field.value, int):
            kind, place = self._places[form, field.value]
            column = self._texts[kind].slice(place, count)
        else:
            column = pa.array([field.value or ""] * count, pa.string())
        return _none(column) if field.null else column


class _Pieces:
    """Columns on their way: each in pieces, with nulls between them. `place` is where the next piece begins."""

    def __init__(self) -> None:
        self.place = 0
        self._pieces: dict[str, list[pa.Array]] = {}
        self._filled: dict[str, int] = {}

    def add(self, name: str, piece: pa.Array) -> None:
        """Add the next piece of a column."""
        self._fill(name)
        self._pieces[name].append(piece)
        self._filled[name] = self.place + len(piece)

    def whole(self) -> Columns:
        """Give the columns, each as long as all."""
        for name in self._pieces:
            self._fill(name)
        return {name: pa.concat_arrays(pieces) for name, pieces in self._pieces.items()}

    def _fill(self, name: str) -> None:
        pieces = self._pieces.setdefault(name, [])
        if gap := self.place - self._filled.get(name, 0):
            pieces.append(pa.nulls(gap, pa.string()))


def _heads(groups: Iterable[_Group]) -> Columns:
    groups = list(groups)
    heads = chain.from_iterable(group.heads for group in groups)
    of = dict(zip(decoded.HEAD, zip(*heads, strict=True), strict=True))
    columns = {name: pa.array(of[name], pa.uint64()).cast(pa.string()) for name in NUMBERS}
    columns |= {name: _none(strings(of[name])) for name in ("provider", "computer")}
    columns["channel"] = pa.array([name for group in groups for name in group.channels], pa.string())
    columns["source_file"] = pa.array([name for group in groups for name in group.files], pa.string())
    return columns | {"user_sid": sids(of["user_sid"]), "utc": times(of["utc"])}


def _none(column: pa.Array) -> pa.Array:
    """The column with empty texts as nulls."""
    return pc.if_else(pc.equal(column, ""), None, column)


def _addresses(column: pa.Array) -> pa.Array:
    coded = column.dictionary_encode()
    return pa.array(map(canonical, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


def _json(columns: Columns) -> list[bytes]:
    """The fields of each event as JSON."""
    names = list(columns)
    rows: Any = zip(*(column.to_pylist() for column in columns.values()), strict=True)
    if any(column.null_count for column in columns.values()):
        return [orjson.dumps({k: v for k, v in zip(names, row, strict=True) if v is not None}) for row in rows]
    return [orjson.dumps(dict(zip(names, row, strict=True))) for row in rows]
