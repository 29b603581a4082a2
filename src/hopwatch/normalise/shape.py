"""Source shapes as data: which keys mark a record's shape, and where its parts are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Path = tuple[str, ...]
SYSTEM = ("computer", "channel", "event_id", "provider", "record_id", "user_sid", "process_id", "level")
TIMES = ("utc", "local", "received_utc", "received_local")


@dataclass(frozen=True)
class Shape:
    """One source shape: paths into a record, as its table in `shapes/` has them."""

    name: str
    title: str
    note: str
    marks: tuple[str, ...]
    system: tuple[tuple[Path, ...], ...]
    times: tuple[tuple[Path, ...], ...]
    trusted: bool
    fields: tuple[Path, ...]
    drop: frozenset[str]

    def claims(self, record: dict[str, Any]) -> bool:
        """Whether the record has the keys that mark this shape."""
        return all(mark in record for mark in self.marks)


@cache
def shapes() -> tuple[Shape, ...]:
    """All known shapes of Windows events, those with the most marks first."""
    tables = [entry for entry in (files("hopwatch.normalise") / "shapes").iterdir() if entry.name.endswith(".toml")]
    texts = {table.name[:-5]: table.read_text("utf-8") for table in tables}
    found = [_load(name, raw) for name, text in texts.items() if "into" not in (raw := tomllib.loads(text))]
    return tuple(sorted(found, key=lambda shape: (-len(shape.marks), shape.name)))


def shape_of(record: dict[str, Any]) -> Shape | None:
    """The shape that claims a record, if any does."""
    return next((shape for shape in shapes() if shape.claims(record)), None)


def at(record: Any, paths: Iterable[Path]) -> Any:
    """The first value that one of the paths leads to, None where none does."""
    for path in paths:
        value = record
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
            if value is None:
                break
        else:
            if value is not None:
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
    )


def _paths(names: list[str]) -> tuple[Path, ...]:
    """Dotted names as steps; the empty name is the record itself."""
    return tuple(tuple(name.split(".")) if name else () for name in names)
