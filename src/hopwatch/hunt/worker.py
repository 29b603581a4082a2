"""Answers one query in a process of its own, which can be given limits, and be ended."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import orjson

from hopwatch.hunt.limits import Limits
from hopwatch.hunt.plan import Asked, plan
from hopwatch.hunt.statement import Plan, failure
from hopwatch.hunt.tables import Tables, make_tables
from hopwatch.model.errors import HopwatchError, QueryError

Say = Callable[[dict[str, Any]], None]
BATCH = 500  # rows fetched at once
LARGEST = 2**53  # what every reader of JSON takes for a number
BESIDE = 1024  # MB that a process needs beside what the database may take


def main() -> None:
    """Read one request, answer it in JSON lines: what the query became, rows, and the end or what was wrong."""
    request = orjson.loads(sys.stdin.buffer.read())
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    with contextlib.suppress(BrokenPipeError):
        _answer(request, lambda line: _write(answers, line))
        answers.flush()
    os._exit(0)  # a statement that is still being given up must not keep the process


def _write(answers: Any, line: dict[str, Any]) -> None:
    answers.write(orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n")


def _answer(request: dict[str, Any], say: Say) -> None:
    limits = Limits(**request["limits"])
    _confine(limits)
    try:
        con, tables = opened(request["store"], limits, request["temp"])
        timer = threading.Timer(limits.seconds, con.interrupt)
        timer.daemon = True
        timer.start()
        if request.get("list"):
            say({"tables": tables.columns})
        else:
            _ask(con, request, tables, limits, say)
    except QueryError as error:
        say({"error": error.text, "line": error.line, "column": error.column})
    except HopwatchError as error:
        say({"error": str(error), "line": None, "column": None})
    except duckdb.InterruptException:
        say({"error": f"the query took longer than {limits.seconds} s (--timeout)", "line": None, "column": None})
    except duckdb.Error as error:
        say({"error": failure(error, request["text"]).text, "line": None, "column": None})
    except MemoryError:
        say({"error": "the query needs more memory than it may take (--memory)", "line": None, "column": None})
    except RecursionError:
        say({"error": "the query is nested too deeply", "line": None, "column": None})


def _ask(con: duckdb.DuckDBPyConnection, request: dict[str, Any], tables: Tables, limits: Limits, say: Say) -> None:
    asked = Asked(request["text"], request["language"], request["table"])
    made = plan(con, asked, tables, limits)
    head: dict[str, Any] = {"language": made.language, "sql": made.sql, "kql": made.kql, "notes": made.notes}
    if request["explain"]:
        from hopwatch.hunt.explain import explained

        head |= explained(con, asked, made, tables)
    say({"plan": head, "columns": list(made.columns), "types": list(made.columns.values())})
    if request["explain"]:
        say({"end": 0, "more": False, "cut": 0})
    elif request["rule"]:
        from hopwatch.hunt.rule import rule_of

        say({"rule": rule_of(con, made, tables, request["rule"])})
    else:
        rows(con, made, limits, say, request["text"])


def rows(con: duckdb.DuckDBPyConnection, made: Plan, limits: Limits, say: Say, text: str) -> None:
    """Run a plan and give its rows, as many as may be."""
    given = shortened = 0
    more = False
    try:
        con.execute(made.sql, made.parameters or None)
        while (batch := con.fetchmany(min(BATCH, limits.rows - given + 1))) and not more:
            more = given + len(batch) > limits.rows
            batch = batch[: limits.rows - given]
            plain = [[_plain(value, limits.cell) for value in row] for row in batch]
            shortened += sum(isinstance(v, str) and len(v) == limits.cell + 1 for row in plain for v in row)
            given += len(batch)
            say({"rows": plain})
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise failure(error, text) from error
    say({"end": given, "more": more, "cut": shortened})


def _plain(value: Any, longest: int) -> Any:
    """A value as JSON has it: times in UTC as ISO 8601 text, large texts cut."""
    if isinstance(value, str):
        return value if len(value) <= longest else value[:longest] + "…"
    if isinstance(value, dict):
        return {str(key): _plain(inner, longest) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner, longest) for inner in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()[:longest]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -LARGEST <= value <= LARGEST else str(value)
    return float(value) if isinstance(value, Decimal) else str(value)[:1000]


def _confine(limits: Limits) -> None:
    """Bound what the process may take, where the system has such bounds."""
    try:
        import resource
    except ImportError:
        return
    megabyte = 2**20
    bounds = {
        resource.RLIMIT_DATA: (limits.memory + BESIDE) * megabyte,
        resource.RLIMIT_CPU: limits.seconds * max(os.cpu_count() or 1, 1) + 5,
        resource.RLIMIT_FSIZE: limits.temp * megabyte,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in bounds.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def opened(store: str, limits: Limits, temp: str) -> tuple[duckdb.DuckDBPyConnection, Tables]:
    """Open a store read-only, with the tables that can be asked; nothing else can be reached from there on."""
    con = duckdb.connect(
        config={
            "memory_limit": f"{limits.memory}MB",
            "temp_directory": temp,
            "max_temp_directory_size": f"{limits.temp}MB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
        }
    )
    con.execute("SET TimeZone = 'UTC'")
    try:
        con.execute(f"ATTACH '{store.replace(chr(39), chr(39) * 2)}' AS store (READ_ONLY)")
    except duckdb.Error as error:
        raise QueryError(f"{store} is no store (hopwatch store makes one)") from error
    con.execute("SET enable_external_access = false")
    try:
        tables = make_tables(con, "store")
    except duckdb.CatalogException as error:
        raise QueryError(f"{store} is no store of this version (hopwatch store makes one)") from error
    con.execute("SET lock_configuration = true")
    return con, tables
