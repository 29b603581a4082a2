"""How a shape's fields are reached in SQL: in JSON texts by one transformation, in separated lines by column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hopwatch.normalise.network.shape import NetworkShape

STEP = re.compile(r"(.*?)(?:\[(-?\d*)\])?")
Step = tuple[str, str | None]  # a key; and of a list the place of one element, empty for all


class Access(Protocol):
    """Gives the SQL that reads a shape's field."""

    def __call__(self, steps: tuple[Step, ...], as_list: bool) -> str | None:
        """Give an expression for the value at a path, None where there can be none."""


@dataclass
class JsonAccess:
    """Reads fields of the struct `v` that `json_transform` makes of a text; `spec` collects what it must hold."""

    variable: str = "v"
    spec: dict[str, Any] = field(default_factory=dict)

    def __call__(self, steps: tuple[Step, ...], as_list: bool) -> str | None:
        """Give the expression, and note in `spec` that it is asked for."""
        _note(self.spec, steps)
        value, place = self.variable, None
        for i, (key, index) in enumerate(steps):
            if place is not None and i:  # the keys of the objects in a list
                value = f"list_transform({value}, lambda x: x.{_name(key)})"
            else:
                value = f"{value}.{_name(key)}"
            place = index if index is not None else place
        return _shaped(value, place, as_list)

    def transform(self, text: str) -> str:
        """Give the SQL that makes the struct of a JSON text."""
        return f"json_transform({text}, '{json.dumps(self.spec)}')"


@dataclass(frozen=True)
class LineAccess:
    """Reads columns that bear the fields' names; sets and vectors are split."""

    fields: frozenset[str]
    set_separator: str

    def __call__(self, steps: tuple[Step, ...], as_list: bool) -> str | None:
        """Give the expression, None for a field that the lines do not have."""
        (key, place), *deeper = steps
        if deeper or key not in self.fields:
            return None
        if place is None:
            return _shaped(_name(key), None, as_list)
        separator = self.set_separator.replace("'", "''")
        return _shaped(f"string_split({_name(key)}, '{separator}')", place, as_list)


def column_sql(shape: NetworkShape, column: str, access: Access, as_list: bool) -> str:
    """The SQL of a column's text, or list of texts: the first field that has one."""
    paths = [steps for path in shape.columns[column] for steps in variants(shape.sensor, path)]
    found = [sql for steps in paths if (sql := access(steps, as_list))]
    empty = "CAST(NULL AS VARCHAR[])" if as_list else "CAST(NULL AS VARCHAR)"
    return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0] if found else empty


def keep_sql(shape: NetworkShape, access: Access) -> str:
    """The shape's condition, its columns replaced by the SQL that reads them."""
    values = {name: column_sql(shape, name, access, False) for name in shape.kept_by}
    return with_columns(shape.keep or "TRUE", values)


def with_columns(condition: str, values: Mapping[str, str]) -> str:
    """A condition with the names of columns replaced, but not inside its quoted texts."""
    names = re.compile(rf"\b({'|'.join(map(re.escape, values)) or '(?!)'})\b")
    parts = condition.split("'")
    parts[::2] = [names.sub(lambda found: values[found[1]], part) for part in parts[::2]]
    return "'".join(parts)


def variants(sensor: str, path: str) -> Iterable[tuple[Step, ...]]:
    """The ways to write a path: Suricata nests; Zeek has `id.orig_h` as one key, as `id_orig_h`, or nested."""
    nested = tuple(_step(part) for part in path.split("."))
    if sensor == "suricata" or "." not in path:
        return [nested]
    key, place = _step(path)
    return [((key, place),), ((key.replace(".", "_"), place),), nested]


def _step(text: str) -> Step:
    found = STEP.fullmatch(text)
    return (found[1], found[2]) if found else (text, None)


def _shaped(value: str, place: str | None, as_list: bool) -> str:
    """A value, or list of values, as what is asked for: one text, or a list without gaps."""
    if as_list:
        listed = value if place is not None else f"[{value}]"
        return f"nullif(list_filter({listed}, lambda x: x IS NOT NULL), [])"
    if place is None:
        return value
    number = int(place or 0)
    return f"({value})[{number + 1 if number >= 0 else number}]"


def _note(spec: dict[str, Any], steps: tuple[Step, ...]) -> None:
    (key, place), *deeper = steps
    if not deeper:
        spec[key] = "VARCHAR" if place is None else ["VARCHAR"]
    elif place is None:
        _note(spec.setdefault(key, {}), tuple(deeper))
    else:
        _note(spec.setdefault(key, [{}])[0], tuple(deeper))


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
