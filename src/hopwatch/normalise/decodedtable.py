"""Makes one table of events that a reader gave as the values of their forms."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from hopwatch.model import decoded
from hopwatch.model.decoded import Field, Form, Head
from hopwatch.normalise.address import ADDRESSES, canonical
from hopwatch.normalise.binvalues import sids, strings, times, write
from hopwatch.normalise.table import HEAD

NUMBERS = ("record_id", "process_id", "level")
TEXTS = ("provider", "computer")
Columns = dict[str, pa.Array]


@dataclass
class Group:
    """Events of one form, channel (as it is to be named), event id and source file."""

    form: Form
    channel: str
    event_id: str
    file: str
    heads: list[Head] = field(default_factory=list)
    sizes: list[bytes] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)


class DecodedTable:
    """Events on their way into the store, grouped by their form, so that columns are made of many values at once."""

    def __init__(self, columns: Iterable[str], trusted: bool) -> None:
        self._known = {name.lower(): name for name in columns}
        self._trusted = trusted  # the time
        self._groups: list[Group] = []

    def add(self, group: Group) -> Group:
        """Add a group, into which events may be put until the table is taken."""
        self._groups.append(group)
        return group

    def take(self) -> pa.Table | None:
        """Give all events as one table of text columns, those that no event has left out, and start afresh."""
        groups, self._groups = [group for group in self._groups if group.heads], []
        if not groups:
            return None
        columns = _heads(groups)
        columns["trusted"] = pa.array([self._trusted] * len(columns["utc"]), pa.bool_())
        pieces = _Pieces()
        for group, written in zip(groups, _written(groups), strict=True):
            for name, column in self._fields(group.form, written, len(group.heads)).items():
                pieces.add(name, column)
            pieces.place += len(group.heads)
        for name, column in pieces.whole().items():
            columns[name] = _addresses(column) if name in ADDRESSES else column
        return pa.table(columns)

    def _fields(self, form: Form, written: dict[int, pa.Array], count: int) -> Columns:
        """The columns of the fields of one form; those without a column of their own go to `event_data`."""
        columns: Columns = {}
        rest: Columns = {}
        for each in form.fields:
            column = _column(each, written, count)
            name = self._known.get(each.name.lower())
            if name is None or name in columns or name in HEAD:
                rest[each.name] = column
            else:
                columns[name] = column
        if rest:
            columns["event_data"] = pa.array(_json(rest), pa.string())
        return columns


def _written(groups: list[Group]) -> list[dict[int, pa.Array]]:
    """The values of each group's fields as texts: those of one type are written at once, whatever group has them."""
    values = _values(groups)
    pools: dict[int, list[tuple[int, int]]] = {}
    places: dict[int, array[int]] = {}
    begin = 0
    for number, group in enumerate(groups):
        types = group.form.types
        end = begin + len(types) * len(group.heads)
        for slot in group.form.slots:
            kind = types[slot]
            pools.setdefault(kind, []).append((number, slot))
            places.setdefault(kind, array("i")).extend(range(begin + slot, end, len(types)))
        begin = end
    texts: list[dict[int, pa.Array]] = [{} for _ in groups]
    for kind, pool in pools.items():
        picked = values.take(pa.Array.from_buffers(pa.int32(), len(places[kind]), [None, pa.py_buffer(places[kind])]))
        columns = write(kind, picked, [len(groups[number].heads) for number, _ in pool])
        for (number, slot), column in zip(pool, columns, strict=True):
            texts[number][slot] = column
    return texts


def _values(groups: list[Group]) -> pa.Array:
    """All values of all events, one after the other, as bytes."""
    sizes = b"".join([bytes(4), *chain.from_iterable(group.sizes for group in groups)])
    content = b"".join(chain.from_iterable(group.values for group in groups))
    count = len(sizes) // 4
    places = pc.cumulative_sum(pa.Array.from_buffers(pa.int32(), count, [None, pa.py_buffer(sizes)]))
    return pa.Array.from_buffers(pa.binary(), count - 1, [None, places.buffers()[1], pa.py_buffer(content)])


def _column(each: Field, written: dict[int, pa.Array], count: int) -> pa.Array:
    value = each.value
    column = written[value] if isinstance(value, int) else pa.array([value or ""] * count, pa.string())
    return _none(column) if each.null else column


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


def _heads(groups: list[Group]) -> Columns:
    heads = list(chain.from_iterable(group.heads for group in groups))
    of = dict(zip(decoded.HEAD, zip(*heads, strict=True), strict=True))
    columns = {name: pa.array(of[name], pa.uint64()).cast(pa.string()) for name in NUMBERS}
    columns["keywords"] = _flags(of["keywords"])
    texts = pa.array(chain.from_iterable(of[name] for name in TEXTS), pa.binary())
    for name, column in zip(TEXTS, strings(texts, [len(heads)] * len(TEXTS)), strict=True):
        columns[name] = _none(column)
    each = array("i")
    for number, group in enumerate(groups):
        each.extend([number] * len(group.heads))
    numbers = pa.array(each, pa.int32())
    for name, of_groups in (
        ("channel", [group.channel for group in groups]),
        ("event_id", [group.event_id for group in groups]),
        ("source_file", [group.file for group in groups]),
    ):
        columns[name] = pa.array(of_groups, pa.string()).take(numbers)
    return columns | {"user_sid": sids(of["user_sid"]), "utc": times(of["utc"])}


def _flags(numbers: Iterable[int | None]) -> pa.Array:
    """Numbers in hexadecimal digits, of which there are few different ones."""
    coded = pa.array(numbers, pa.uint64()).dictionary_encode()
    return pa.array(map("0x{:x}".format, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


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
