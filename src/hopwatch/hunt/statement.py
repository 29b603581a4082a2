"""What a query became: a statement, its columns, and what the database says against it in the query's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import duckdb

from hopwatch.hunt import kusto
from hopwatch.hunt.place import wrong
from hopwatch.model.errors import QueryError

REFERENCED = re.compile(
    r'(?:Referenced column|column named|Referenced table|Table with name) "?([^"!]+?)"? (?:not found|does not exist)'
)
CANDIDATES = re.compile(r"(?:Candidate bindings|Did you mean|Candidates?):?(.*)", re.DOTALL)
FUNCTION = re.compile(
    r"(?:Function with name|function) \"?(\w+)\"?.* (?:does not exist|not found)|No function matches .*?'(\w+)\(",
    re.DOTALL,
)


@dataclass(frozen=True)
class Plan:
    """What a query became: SQL with its parameters, and on the way Kusto's language where it went that way."""

    language: str
    sql: str
    parameters: dict[str, Any] = field(default_factory=dict)
    kql: str | None = None
    notes: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)


def described(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any], text: str) -> dict[str, str]:
    """The columns that a statement gives, and their types. Raises QueryError where it cannot be bound."""
    try:
        return columns_of(con, sql, parameters)
    except duckdb.Error as error:
        raise failure(error, text) from error


def columns_of(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> dict[str, str]:
    """The same; what the database says against it is raised as it is."""
    rows = con.execute(f"DESCRIBE {sql}", parameters or None).fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def failure(error: duckdb.Error, text: str) -> QueryError:
    """What the database says of a query, by its place in it where it names one."""
    message = re.sub(r"\s*LINE \d+:.*", "", str(error), flags=re.DOTALL)
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("the query needs more memory than it may take (--memory)")
    if found := REFERENCED.search(message):
        near = re.findall(r'"([^"]+)"', (CANDIDATES.search(str(error)) or [""])[0])
        like = f", perhaps {' or '.join(dict.fromkeys(n.split('.')[-1] for n in near[:3]))}" if near else ""
        return wrong(text, kusto.find(text, found[1]), f"a column that there is at this point{like}", repr(found[1]))
    if found := FUNCTION.search(message):
        name = found[1] or found[2]
        return wrong(
            text, kusto.find(text, name), "a function that there is, with values of the kinds that it takes", repr(name)
        )
    plain = " ".join(re.sub(r"\s*Candidate (?:functions|bindings):.*", "", message, flags=re.DOTALL).split())
    return QueryError(f"the query cannot be answered: {plain[:300]}")
