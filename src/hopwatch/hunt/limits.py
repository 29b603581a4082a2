"""What one query may take: time, memory, disk, rows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Limits:
    """Seconds of time, MB of memory, rows, MB on disk, characters of a value and of a query."""

    seconds: int
    memory: int
    rows: int
    temp: int
    cell: int
    query: int


def limits(**given: int | None) -> Limits:
    """The limits of `limits.toml`, but for those given."""
    usual = tomllib.loads((files("hopwatch.hunt") / "limits.toml").read_text("utf-8"))
    return Limits(**(usual | {name: value for name, value in given.items() if value is not None}))
