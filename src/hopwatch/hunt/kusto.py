"""Translates Kusto queries to SQL through duckdb-kql, with functions that it lacks and errors that name the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb_kql
from duckdb_kql.translate.functions import SCALAR_FUNCTIONS, FunctionSpec

from hopwatch.hunt.place import Rewritten, offset_of, wrong
from hopwatch.model.errors import QueryError

# Functions by macros of ours: name, SQL, how many arguments.
ADDED = (
    FunctionSpec("ipv4_is_private", "template", "coalesce(ipv4_private({0}), FALSE)", (1,)),
    FunctionSpec("ipv4_is_in_range", "template", "ipv4_in({0}, {1})", (2,)),
    FunctionSpec("ipv4_is_match", "template", "ipv4_in({0}, {1})", (2,)),
    FunctionSpec("ipv4_compare", "template", "ipv4_compared({0}, {1})", (2,)),
    FunctionSpec("ipv4_is_in_any_range", "template", "(SELECT ipv4_in_any(a[1], a[2:]) FROM (SELECT [{}] AS a))"),
    FunctionSpec("hopwatch_slot", "template", "CAST(floor(epoch({0}) / {1}) AS BIGINT)", (2,)),
    FunctionSpec("parse_ipv4", "template", "ipv4_number({0})", (1,)),
)
MOST = 6  # expectations that a message lists
EXPECTING = re.compile(r"(?:mismatched input|extraneous input) (.+?) expecting (.+)", re.DOTALL)
MISSING = re.compile(r"missing (.+?) at (.+)", re.DOTALL)
NEAR = re.compile(r"(?:no viable alternative at input|token recognition error at:) (.+)", re.DOTALL)
TOKENS = {"<EOF>": "the end of the query", "'<EOF>'": "the end of the query", "';'": "the end of the query"}


@contextmanager
def _added() -> Iterator[None]:
    """Lend the translator our functions."""
    new = {spec.name: spec for spec in ADDED if spec.name not in SCALAR_FUNCTIONS}
    SCALAR_FUNCTIONS.update(new)
    try:
        yield
    finally:
        for name in new:
            del SCALAR_FUNCTIONS[name]


def to_sql(query: str, schema: dict[str, list[str]]) -> tuple[str, dict[str, object]]:
    """Translate a query; give the SQL and its parameters. Raises the translator's errors."""
    with _added():
        result = duckdb_kql.to_sql(query, schema=schema, allow_write=False)
    return str(result), dict(result.parameters)


def translate(rewritten: Rewritten, original: str, schema: dict[str, list[str]]) -> tuple[str, dict[str, object]]:
    """Translate a rewritten query. Raises QueryError that names the place in the original."""
    text = rewritten.text
    try:
        return to_sql(text, schema)
    except duckdb_kql.KqlSyntaxError as error:
        raise _syntax(error, rewritten, original) from error
    except duckdb_kql.KqlUnsupportedError as error:
        raise _unsupported(error, rewritten, original) from error
    except duckdb_kql.KqlSchemaError as error:
        at = find(original, str(error.name))
        hint = re.sub(r"; known: .*", "", error.hint or "no such table or column", flags=re.DOTALL)
        raise wrong(original, at, f"a table or column that there is ({hint})", repr(str(error.name))) from error
    except RecursionError as error:
        raise QueryError("the query is nested too deeply") from error
    except (
        duckdb_kql.KqlError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        AssertionError,
        ArithmeticError,
    ) as error:
        why = " ".join(str(error).split())[:200]
        raise QueryError(f"the query cannot be translated: {why or type(error).__name__}") from error


def _syntax(error: duckdb_kql.KqlSyntaxError, rewritten: Rewritten, original: str) -> QueryError:
    if not error.diagnostics:
        return QueryError(f"the query cannot be read: {' '.join(str(error).split())[:200]}")
    first = error.diagnostics[0]
    at = rewritten.origin(offset_of(rewritten.text, first.span.line, first.span.column))
    found, expected = _told(first.message)
    return wrong(original, at, expected, found)


def _told(message: str) -> tuple[str | None, str]:
    """What the parser found and what it expected, in words."""
    if m := EXPECTING.fullmatch(message):
        return _token(m[1]), _expected(m[2])
    if m := MISSING.fullmatch(message):
        return _token(m[2]), _expected(m[1])
    if NEAR.fullmatch(message):
        return None, "something else here: this is no part of Kusto's language"
    return None, "something else here"


def _token(text: str) -> str:
    return TOKENS.get(text.strip(), text.strip()[:80])


def _expected(text: str) -> str:
    names = [_token(name.strip()) for name in text.strip("{}").split(", ")]
    signs = [name for name in dict.fromkeys(names) if name.startswith(("'", "the"))]
    words = [name.lower().replace("_", " ") for name in names if not name.startswith(("'", "the"))]
    shown = (signs if len(signs) <= MOST or not words else words)[:MOST]
    if len(names) > 3 * MOST:
        return "an expression: a column, a value, a function or an opening bracket"
    return " or ".join(shown) if len(names) <= MOST else ", ".join(shown) + " or the like"


def _unsupported(error: duckdb_kql.KqlUnsupportedError, rewritten: Rewritten, original: str) -> QueryError:
    kind, _, name = error.construct.rpartition(":")
    if error.span is not None:
        at = rewritten.origin(offset_of(rewritten.text, error.span.line, error.span.column))
    else:
        at = find(original, name)
    if kind == "function":
        return wrong(original, at, f"a function that hopwatch knows; {name} is none", repr(name))
    what = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("expression", "").split())
    hint = error.hint if error.hint and "wave" not in error.hint else ""
    return wrong(
        original, at, f"something that is supported; this is not: {what}{' (' + hint[:160] + ')' if hint else ''}"
    )


def find(text: str, name: str) -> int:
    """Where a query names something; its beginning where it does not."""
    found = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE)
    return found.start() if found else 0
