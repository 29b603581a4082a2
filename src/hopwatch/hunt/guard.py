"""Lets through only statements that read the tables of the store and reach nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import duckdb
import orjson

from hopwatch.hunt.place import wrong
from hopwatch.hunt.tables import Tables
from hopwatch.model.errors import QueryError

# Table functions that only make rows of what they are given; every other could read something.
ROWS = {"range", "generate_series", "unnest", "json_each", "json_tree"}
# Functions that tell of the machine, its files, its settings, or of other tables, or that run text as a query.
FORBIDDEN = re.compile(
    r"read_.*|write_.*|duckdb_.*|pragma_.*|pg_.*|set_.*|get_?env|getvariable|current_setting|current_schemas?|current_database"
    r"|current_catalog|current_user|session_user|user|version|query|query_table|json_(?:de)?serialize_.*|json_execute_.*"
    r"|sniff_.*|glob|parquet_.*|which_secret|nextval|currval|.*checkpoint|txid_.*|sleep.*|in_search_path|has_.*_privilege"
    r"|from_substrait.*|get_substrait.*|st_read.*|.*_scan|sql_auto_complete|check_peg_parser|test_.*|summary|enable_.*|disable_.*"
    r"|add_parquet_key|parse_duckdb_log.*|storage_info|icu_.*|.*_secrets?|col_description|obj_description|shobj_description"
)
NO_WHERE = 2**64 - 1


def checked(sql: str, tables: Tables, original: str | None = None) -> None:
    """Raise QueryError unless the statement is one SELECT over the tables, by functions that reach nothing else.

    `original` is the query that the statement was made of, where that is another text.
    """
    text = original if original is not None else sql
    tree = _tree(sql, original is None)
    names = {name.lower() for name in tables.columns} | _ctes(tree)
    for node in _nodes(tree):
        kind, at = node.get("type"), node.get("query_location", NO_WHERE)
        place = at if original is None and isinstance(at, int) and at < len(sql) else None
        if kind == "BASE_TABLE":
            _table(node, names, tables, text, place)
        elif kind == "TABLE_FUNCTION":
            _function(node.get("function", {}).get("function_name", "?"), True, text, place)
        elif kind == "SHOW_REF":
            raise wrong(
                text,
                place or 0,
                "a SELECT (hopwatch hunt --tables lists tables and columns)",
                "DESCRIBE, SHOW or SUMMARIZE",
            )
        elif node.get("class") == "FUNCTION":
            _function(node.get("function_name", "?"), False, text, place)


def _tree(sql: str, own: bool) -> dict[str, Any]:
    """The statement as DuckDB parses it."""
    con = duckdb.connect(config={"enable_external_access": "false", "autoload_known_extensions": "false"})
    try:
        found = con.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
        tree: dict[str, Any] = orjson.loads(found[0]) if found else {"error": True}
    except (duckdb.Error, ValueError) as error:
        raise QueryError(f"the query cannot be read: {' '.join(str(error).split())[:200]}") from error
    finally:
        con.close()
    if tree.get("error"):
        message = str(tree.get("error_message", ""))
        at = _byte_offset(sql, int(tree["position"])) if str(tree.get("position", "")).isdigit() else None
        if at is not None and own:
            near = re.search(r'at or near "(.*?)"', message, re.DOTALL)
            raise wrong(sql, at, "something else here, as SQL has it", repr(near[1]) if near else None)
        if "SELECT" in message:
            raise wrong(sql, len(sql) - len(sql.lstrip()), "one SELECT: a query only reads")
        raise QueryError(f"the query cannot be read: {message}")
    if len(tree.get("statements", ())) != 1:
        raise wrong(sql, 0, "one statement", f"{len(tree.get('statements', ()))} statements")
    return tree


def _byte_offset(text: str, at: int) -> int:
    return len(text.encode()[:at].decode(errors="ignore"))


def _ctes(tree: dict[str, Any]) -> set[str]:
    """The names that WITH gives, anywhere in the statement."""
    maps = [node["cte_map"]["map"] for node in _nodes(tree) if isinstance(node.get("cte_map"), dict)]
    return {str(entry.get("key", "")).lower() for each in maps for entry in each}


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every node of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _table(node: dict[str, Any], names: set[str], tables: Tables, text: str, place: int | None) -> None:
    name = str(node.get("table_name", ""))
    path = node.get("qualified_name", {}).get("path") or [name]
    if name.lower() not in names or node.get("schema_name") or node.get("catalog_name") or len(path) > 1:
        like = ", ".join(list(tables.columns)[:3])
        raise wrong(
            text, place or 0, f"a table of the store ({like}, …; --tables lists them)", repr(".".join(map(str, path)))
        )


def _function(name: str, gives_rows: bool, text: str, place: int | None) -> None:
    if (gives_rows and name.lower() not in ROWS) or FORBIDDEN.fullmatch(name.lower()):
        raise wrong(text, place or 0, "a function that reads the store only", f"{name!r}, which is not allowed")
