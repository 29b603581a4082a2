"""Collects events as columns: rows of one field list together, then one Arrow table for the store."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import orjson
import pyarrow as pa

from hopwatch.normalise.address import ADDRESSES, canonical
from hopwatch.normalise.decode import decode
from hopwatch.normalise.fields import Fields, flatten, text_of
from hopwatch.normalise.getters import getter
from hopwatch.normalise.shape import SYSTEM, TIMES, Shape

HEAD = (*SYSTEM, *TIMES, "trusted", "source_file")
COMPUTER, CHANNEL, EVENT_ID = (SYSTEM.index(name) for name in ("computer", "channel", "event_id"))
Head = list[str | None]  # the values of SYSTEM and TIMES
PLAIN = {str, type(None)}
NOTHING: frozenset[str] = frozenset()


class _Plan:
    """How the records of one shape are read: what of it was made out once."""

    def __init__(self, shape: Shape) -> None:
        self.head = getter((*shape.system, *shape.times))
        self.fields = getter([(path,) for path in shape.fields], raw=True)


@cache
def plan_of(shape: Shape) -> _Plan:
    """Give how the records of a shape are read."""
    return _Plan(shape)


class _Group:
    """Events with the same keys in the same order: `names` of those that are fields, `places` of them where not all."""

    def __init__(self, keys: tuple[str, ...], drop: frozenset[str]) -> None:
        places = [i for i, key in enumerate(keys) if key not in drop and key != "#attributes"]
        self.names = tuple(keys[i] for i in places)
        self.places = places if len(places) < len(keys) else None
        self.rows: list[list[Any]] = []


class EventTable:
    """Events on their way into the store, grouped by the list of their fields so that columns are cut, not filled."""

    def __init__(self, columns: Iterable[str]) -> None:
        self._known = {name.lower(): name for name in columns}
        self._groups: dict[tuple[frozenset[str], tuple[str, ...]], _Group] = {}
        self.size = 0

    def add(self, shape: Shape, record: dict[str, Any], head: Head, source_file: str) -> bool:
        """Add one event, whose System part and times are read already; false where its fields could not be read."""
        self.size += 1
        row = [*head, shape.trusted, source_file]
        nodes = [node for node in plan_of(shape).fields(record) if node is not None]
        if (
            not shape.decode
            and len(nodes) == 1
            and type(nodes[0]) is dict
            and self._add_plain(nodes[0], row, shape.drop)
        ):
            return True
        fields: Fields = {}
        for node in nodes:
            flatten(node, shape.drop, fields)
        readable = not shape.decode or decode(shape, record, fields, str(head[CHANNEL]), int(head[EVENT_ID] or 0))
        self._group(tuple(fields), NOTHING).rows.append([*row, *fields.values()])
        return readable

    def _add_plain(self, node: dict[str, Any], row: list[Any], drop: frozenset[str]) -> bool:
        """Add an event whose fields nest nothing; false where they do."""
        group = self._group(tuple(node), drop)
        values = list(node.values())
        if group.places is not None:
            values = [values[place] for place in group.places]
        types = set(map(type, values))
        if not types <= PLAIN:
            if dict in types and any(type(v) is dict and "#text" not in v for v in values):
                return False
            values = [v if type(v) is str else text_of(v) for v in values]
        group.rows.append(row + values)
        return True

    def _group(self, keys: tuple[str, ...], drop: frozenset[str]) -> _Group:
        group = self._groups.get((drop, keys))
        if group is None:
            group = self._groups[drop, keys] = _Group(keys, drop)
        return group

    def take(self) -> pa.Table:
        """Give all events as one table of text columns, those that no event has left out, and start afresh."""
        parts = [self._part(group.names, group.rows) for group in self._groups.values() if group.rows]
        self._groups.clear()
        self.size = 0
        return pa.concat_tables(parts, promote_options="default").combine_chunks()

    def _part(self, names: tuple[str, ...], rows: list[list[Any]]) -> pa.Table:
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
            texts = [_json(keys, values) for values in zip(*(cells[i] for i in rest), strict=True)]
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


def _json(keys: list[str], values: tuple[str | None, ...]) -> str:
    """The remaining fields as JSON."""
    pairs = {k: v for k, v in zip(keys, values, strict=True) if v is not None}
    try:
        return orjson.dumps(pairs).decode()
    except TypeError:  # lone surrogates
        safe = {k.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode() for k, v in pairs.items()}
        return orjson.dumps(safe).decode()
