"""Source shapes as data: which keys mark a record's shape, and where its parts are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

Path = tuple[str, ...]
SYSTEM = ("computer", "channel", "event_id", "provider", "record_id", "user_sid", "process_id", "level", "keywords")
TIMES = (
    "utc",
    "local",
    "received_utc",
    "received_local",
    "collected",
)  # the last: only the receipt's, never the event's
MARK_SETS = 1024  # combinations of marks whose shape is remembered


@dataclass(frozen=True, eq=False)  # a shape is itself: what is made of it is kept by it
class Shape:
    """One source shape: paths into a record, as its table in `shapes/` has them.

    `via` names the rewriting that a record goes through before the paths apply; `decode` the parts in which fields
    stand without their names, and how each is read.
    """

    name: str
    title: str
    note: str
    marks: tuple[str, ...]
    system: tuple[tuple[Path, ...], ...]
    times: tuple[tuple[Path, ...], ...]
    trusted: bool
    fields: tuple[Path, ...]
    drop: frozenset[str]
    via: str = ""
    decode: tuple[tuple[str, tuple[Path, ...]], ...] = ()

    def claims(self, keys: Iterable[str]) -> bool:
        """Whether the keys of a record mark this shape."""
        return all(mark in keys for mark in self.marks)


@cache
def shapes() -> tuple[Shape, ...]:
    """All known shapes of Windows events, those with the most marks first."""
    tables = [entry for entry in (files("hopwatch.normalise") / "shapes").iterdir() if entry.name.endswith(".toml")]
    raw = {table.name[:-5]: tomllib.loads(table.read_text("utf-8")) for table in tables}
    found = [_load(name, raw[table.get("like", name)] | table) for name, table in raw.items() if "into" not in table]
    return tuple(sorted(found, key=lambda shape: (-len(shape.marks), shape.name)))


def shape_of(record: dict[str, Any]) -> Shape | None:
    """The shape that claims a record, if any does."""
    return _marked(_all_marks().intersection(record))


@cache
def _all_marks() -> frozenset[str]:
    return frozenset(mark for shape in shapes() for mark in shape.marks)


@lru_cache(MARK_SETS)
def _marked(marks: frozenset[str]) -> Shape | None:
    """The shape of a record with these marks: most records have one of a few sets of them."""
    return next((shape for shape in shapes() if shape.claims(marks)), None)


def at(record: Any, paths: Iterable[Path]) -> Any:
    """The first value that one of the paths leads to, None where none does; an empty text is none."""
    for path in paths:
        value = record
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
            if value is None:
                break
        else:
            if value is not None and value != "":
                return value
    return None


def _load(name: str, raw: dict[str, Any]) -> Shape:
    return Shape(
        name=name,
        title=raw["title"],
        note=raw["note"],
        marks=tuple(raw["marks"]),
        system=tuple(_paths(raw["system"].get(key, [])) for key in SYSTEM),
        times=tuple(_paths(raw["time"].get(key, [])) for key in TIMES),
        trusted=bool(raw["time"].get("trusted", False)),
        fields=_paths(raw["fields"]),
        drop=frozenset(raw["drop"]),
        via=raw.get("via", ""),
        decode=tuple((kind, _paths(names)) for kind, names in raw.get("decode", {}).items()),
    )


def _paths(names: list[str]) -> tuple[Path, ...]:
    """Dotted names as steps; the empty name is the record itself."""
    return tuple(tuple(name.split(".")) if name else () for name in names)
