"""Shapes of network logs as data: which log fills which table, and what of it is kept."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

COLUMN = re.compile(r"[a-z_]+")
REDUCED = re.compile(r"_(?:red|long|agg)$")  # what Corelight appends to the names of reduced logs


@dataclass(frozen=True)
class NetworkShape:
    """One log of one sensor, as its table in `shapes/` has it.

    `columns` gives for each column the fields that may hold it, the first that does first; a column that the table
    `into` does not have serves `sql` only. `keep` is a condition over the columns' texts, `sql` is computed from the
    typed columns, `needs` are columns without which a row is none.
    """

    name: str
    title: str
    note: str
    sensor: str
    log: str
    into: str
    marks: tuple[str, ...]
    keep: str | None
    needs: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    fixed: dict[str, str]
    sql: dict[str, str]

    @property
    def kept_by(self) -> tuple[str, ...]:
        """The columns that `keep` asks about."""
        words = set(COLUMN.findall(self.keep or ""))
        return tuple(name for name in self.columns if name in words)


@cache
def network_shapes() -> tuple[NetworkShape, ...]:
    """All shapes of network logs, in order of name."""
    folder = files("hopwatch.normalise") / "shapes"
    texts = {entry.name[:-5]: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    tables = {name: tomllib.loads(text) for name, text in sorted(texts.items())}
    return tuple(_load(name, table) for name, table in tables.items() if "into" in table)


@cache
def shapes_of(sensor: str, log: str) -> tuple[NetworkShape, ...]:
    """The shapes that one log of a sensor has: none where it is of no use."""
    return tuple(shape for shape in network_shapes() if (shape.sensor, shape.log) == (sensor, log))


@cache
def unused_logs(sensor: str) -> frozenset[str]:
    """A sensor's logs that are known and of no use here."""
    table = tomllib.loads((files("hopwatch.normalise.network") / "unused.toml").read_text("utf-8"))
    return frozenset(table.get(sensor, []))


def known_log(sensor: str, log: str) -> str:
    """A log's name for the summary; names that nobody knows are one, for they come from the log."""
    known = shapes_of(sensor, log) or log in unused_logs(sensor)
    return f"{sensor} {log}" if known else f"{sensor} other"


@cache
def zeek_logs() -> frozenset[str]:
    """The names of Zeek's logs that have a shape."""
    return frozenset(shape.log for shape in network_shapes() if shape.sensor == "zeek")


def zeek_log(name: str | None) -> str | None:
    """A log's usual name, of the name that Zeek or Corelight gives it; None where it is none that is known."""
    plain = REDUCED.sub("", (name or "").lower())
    return plain if plain in zeek_logs() or plain in unused_logs("zeek") else None


def log_of_fields(fields: frozenset[str]) -> str | None:
    """The Zeek log that has such fields, told by the shapes' marks."""
    shapes = [shape for shape in network_shapes() if shape.sensor == "zeek"]
    return next((shape.log for shape in shapes if not fields.isdisjoint(shape.marks)), None)


def log_of_file(name: str) -> str | None:
    """The Zeek log that a file's name promises: `conn.00:00:00-01:00:00.log.gz`, `NASHUA_smb_files.log`."""
    last = re.split(r"[/\\!]", name)[-1].lower()
    found = _log_names().search(last)
    return found[1] if found else None


@cache
def _log_names() -> re.Pattern[str]:
    names = sorted(zeek_logs() | unused_logs("zeek"), key=lambda name: (-len(name), name))
    return re.compile(rf"(?:^|[^a-z])({'|'.join(names)})(?![a-z])")


def _load(name: str, raw: dict[str, object]) -> NetworkShape:
    columns = raw["columns"]
    assert isinstance(columns, dict)
    return NetworkShape(
        name=name,
        title=str(raw["title"]),
        note=str(raw["note"]),
        sensor=str(raw["sensor"]),
        log=str(raw["log"]),
        into=str(raw["into"]),
        marks=_texts(raw.get("marks", [])),
        keep=str(raw["keep"]) if "keep" in raw else None,
        needs=_texts(raw.get("needs", [])),
        columns={column: _texts(fields) for column, fields in columns.items()},
        fixed=_table(raw.get("fixed", {})),
        sql=_table(raw.get("sql", {})),
    )


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


def _table(value: object) -> dict[str, str]:
    assert isinstance(value, dict)
    return value
