"""Makes of a query, in whichever language, the SQL that answers it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import duckdb_kql

from hopwatch.hunt import kusto
from hopwatch.hunt.cut import cut, outside, skip
from hopwatch.hunt.guard import checked
from hopwatch.hunt.place import wrong
from hopwatch.hunt.rewrite import FIELD, JOINED, WORD, Rewriter, language
from hopwatch.hunt.statement import Plan, columns_of, described
from hopwatch.hunt.tables import EVENTS, Tables
from hopwatch.model.errors import QueryError

if TYPE_CHECKING:
    from hopwatch.hunt.limits import Limits

LANGUAGES = ("auto", "kql", "lucene", "kibana", "sql", "sigma")
SQL = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(*\s*(?:select|with|from|values)\b", re.IGNORECASE | re.DOTALL)
# What begins a statement that is not a query: it is read as SQL, so that the refusal says so.
STATEMENT = re.compile(
    r"\s*(?:copy|attach|detach|install|load|set|reset|pragma|create|insert|update|delete|drop|alter|export|import|call|vacuum"
    r"|checkpoint|execute|prepare|explain|describe|summarize|show|use|begin|truncate|merge|comment|analyze|pivot|unpivot)\s+[\w'\"(*]",
    re.IGNORECASE,
)
ORDERED = {"sort", "order", "top", "take", "limit", "sample", "top-nested", "render"}
FIRST = ("TimeGenerated", "Timestamp", "ts", "timestamp", "TimeGenerated1", "Timestamp1", "_record", "_record1")


@dataclass(frozen=True)
class Asked:
    """A query as it was asked: its text, its language (`auto`: to be told), and the table that a search is over."""

    text: str
    language: str = "auto"
    table: str = EVENTS


def language_of(text: str, tables: Tables) -> str:
    """Tell the language of a query by its form."""
    if SQL.match(text) or STATEMENT.match(text):
        first = WORD.search(text)
        return "kql" if first and first[0] == "set" and "|" in text else "sql"
    start = skip(text, 0, len(text))
    found = WORD.match(text, start)
    word = found[0] if found else ""
    search = FIELD.match(text, start)
    if len(cut(text, 0, len(text), "|")) > 1 or len(cut(text, 0, len(text), ";")) > 1:
        return "kql"
    if not search and (word in tables.columns or word in language()["sources"] or text[start : start + 1] == "."):
        return "kql"
    shown = "".join(text[at] for at, _ in outside(text, 0, len(text)))
    return "kibana" if re.search(r"\s(?:and|or)\s|^\s*not\s", shown) and not JOINED.search(shown) else "lucene"


def plan(con: duckdb.DuckDBPyConnection, asked: Asked, tables: Tables, limits: Limits) -> Plan:
    """Make a plan of a query. Raises QueryError with line and column, what was found, and what was expected."""
    if len(asked.text) > limits.query:
        raise QueryError(f"the query has {len(asked.text):,} characters; more than {limits.query:,} are not read")
    if "\0" in asked.text:
        raise wrong(asked.text, asked.text.index("\0"), "text", "a null character")
    language = language_of(asked.text, tables) if asked.language == "auto" else asked.language
    if language == "sigma":
        from hopwatch.hunt.sigma import planned  # here, since only a rule needs what it imports

        return planned(con, Path(asked.text))
    if language == "sql":
        return _of_sql(con, asked.text, tables)
    return _of_kusto(con, asked, language, tables)


def _of_sql(con: duckdb.DuckDBPyConnection, text: str, tables: Tables) -> Plan:
    sql = text.strip().rstrip(";")
    checked(sql, tables)
    return Plan("sql", sql, columns=described(con, sql, {}, text))


def _of_kusto(con: duckdb.DuckDBPyConnection, asked: Asked, language: str, tables: Tables) -> Plan:
    table = tables.named(asked.table)
    if table is None:
        raise QueryError(f"--table {asked.table!r} is no table (hopwatch hunt --tables lists them)")
    schema = tables.schema()

    def columns(text: str) -> dict[str, str]:
        try:
            sql, parameters = kusto.to_sql(text, schema)
            checked(sql, tables, text)
            return columns_of(con, sql, parameters)
        except (duckdb_kql.KqlError, duckdb.Error, QueryError, ValueError, TypeError, KeyError, IndexError):
            return {}  # what is wrong with it is said when the whole is translated

    rewriter = Rewriter(asked.text, tables, columns, lambda name: spelled(con, name), table, language == "kibana")
    rewritten = rewriter.run() if language == "kql" else rewriter.search_alone()
    sql, parameters = kusto.translate(rewritten, asked.text, schema)
    checked(sql, tables, asked.text)
    found = described(con, sql, parameters, asked.text)
    if not _ordered(asked.text):
        sql = _in_order(sql, found)
    return Plan(language, sql, parameters, rewritten.text, tuple(rewriter.notes), found)


def _ordered(text: str) -> bool:
    """Whether a query sets the order of its rows itself."""
    words = (WORD.match(text, skip(text, a, b), b) for a, b in cut(text, 0, len(text), "|")[1:])
    return any(word[0] in ORDERED for word in words if word)


def _in_order(sql: str, columns: dict[str, str]) -> str:
    """The same rows in an order that is the same each time: by time and record, else by all that there is."""
    first = [f'"{name}"' for name in FIRST if name in columns]
    return f"SELECT * FROM (\n{sql}\n) ORDER BY {', '.join(first) if first else 'ALL'}"


def spelled(con: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """How events spell a field that has no column; null where none has it."""
    found = con.execute(SPELLED, [name]).fetchone()
    return str(found[0]) if found else None


SPELLED = """
SELECT k FROM (SELECT DISTINCT unnest(json_keys(event_data)) AS k FROM windows_event)
WHERE lower(k) = lower(?) ORDER BY k
"""
