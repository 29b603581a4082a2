"""Writes the SQL that brings one shape's log into its table: texts first, then values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.normalise.network.access import Access, JsonAccess, LineAccess, column_sql, keep_sql
from hopwatch.normalise.network.shape import NetworkShape

if TYPE_CHECKING:
    import duckdb

Types = Mapping[str, str]
COMMON = ("key", "sensor", "channel", "event_id", "record_id", "source_file")


def table_types(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The columns of each table with their types, in schema order."""
    sql = "SELECT table_name, column_name, data_type FROM duckdb_columns() ORDER BY table_name, column_index"
    types: dict[str, dict[str, str]] = {}
    for table, column, kind in con.execute(sql).fetchall():
        types.setdefault(table, {})[column] = kind
    return types


def texts_of_json(shape: NetworkShape, types: Types) -> str:
    """The query that gives the texts of a log's kept records, of the table `routed` of JSON texts."""
    asked = JsonAccess("k")
    condition = keep_sql(shape, asked)
    access = JsonAccess("v")
    columns = _text_columns(shape, types, access)
    if not shape.keep:
        return f"""SELECT {columns} FROM (
            SELECT source_file, {access.transform("text")} AS v FROM routed WHERE log = $log)"""
    return f"""SELECT {columns} FROM (
        SELECT source_file, {access.transform("text")} AS v
        FROM (SELECT text, source_file, {asked.transform("text")} AS k FROM routed WHERE log = $log)
        WHERE {condition})"""


def texts_of_lines(shape: NetworkShape, types: Types, fields: frozenset[str], set_separator: str) -> str:
    """The query that gives the texts of a log's kept lines, of the table `lines` of text columns."""
    access = LineAccess(fields, set_separator)
    return f"SELECT {_text_columns(shape, types, access)} FROM lines WHERE {keep_sql(shape, access)}"


def values_of_texts(shape: NetworkShape, types: Types) -> str:
    """The statement that makes rows of a shape's table from the table `texts`; rows without what they need fall out."""
    content = [name for name in types if name not in COMMON]
    needs = " AND ".join(f"{name} IS NOT NULL" for name in _needed(shape, types))
    return f"""INSERT INTO {shape.into} BY NAME
        SELECT hash(channel, {", ".join(f'"{name}"' for name in content)}) AS key, *
        FROM (SELECT {_computed(shape, types)} FROM (SELECT {_values(shape, types)} FROM texts))
        WHERE {needs}"""


def lacking(shape: NetworkShape, types: Types) -> str:
    """The query that counts, by file, the texts that make no row."""
    needs = " AND ".join(f"{name} IS NOT NULL" for name in _needed(shape, types))
    return f"""SELECT source_file, count(*) FROM (
            SELECT {_computed(shape, types)} FROM (SELECT {_values(shape, types)} FROM texts))
        WHERE NOT ({needs}) GROUP BY ALL"""


def _needed(shape: NetworkShape, types: Types) -> tuple[str, ...]:
    return shape.needs if shape.into == "asset" else ("time", *(n for n in shape.needs if n != "time"))


def _text_columns(shape: NetworkShape, types: Types, access: Access) -> str:
    parts = [f'{column_sql(shape, name, access, types.get(name) == "VARCHAR[]")} AS "{name}"' for name in shape.columns]
    return ", ".join(["source_file", *parts])


def _values(shape: NetworkShape, types: Types) -> str:
    """Every column of the shape as a value of the table's type; columns that only serve others stay text."""
    parts = [f'{_converted(shape, name, types.get(name, ""))} AS "{name}"' for name in shape.columns]
    return ", ".join(["source_file", *parts])


def _converted(shape: NetworkShape, name: str, kind: str) -> str:
    table = _macros()
    macro = None
    if kind:
        macro = table["table"].get(shape.into, {}).get(name) or table["column"].get(name) or table["type"].get(kind)
    if macro:
        return f'{macro}("{name}")'
    return f'TRY_CAST("{name}" AS {kind})' if kind in ("INTEGER", "BOOLEAN") else f'"{name}"'


def _computed(shape: NetworkShape, types: Types) -> str:
    """Every column of the table: computed, fixed, as it is, or null."""
    known = {
        **{name: f'"{name}"' for name in shape.columns},
        **{name: f"'{text}'" for name, text in shape.fixed.items()},
        **shape.sql,
        "sensor": f"'{shape.sensor}'",
        "channel": f"'{shape.sensor}_{shape.log}'",
        "source_file": "source_file",
    }
    parts = [f'CAST({known.get(name, "NULL")} AS {kind}) AS "{name}"' for name, kind in types.items() if name != "key"]
    return ", ".join(parts)


@cache
def _macros() -> dict[str, Any]:
    return tomllib.loads((files("hopwatch.normalise.network") / "values.toml").read_text("utf-8"))
