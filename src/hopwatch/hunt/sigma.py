"""A Sigma rule as a query: the events that it matches."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hopwatch.hunt.statement import Plan, described
from hopwatch.model.detection import Match, State
from hopwatch.model.errors import QueryError
from hopwatch.sigma.columns import PSEUDO
from hopwatch.sigma.ruleset import load_rules
from hopwatch.sigma.run import inner_keys, place_sql, prepare, with_inner
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb


def planned(con: duckdb.DuckDBPyConnection, path: Path) -> Plan:
    """Make a plan of the rules in a file. Raises QueryError where none of them can be asked."""
    found = load_rules([path], schema_columns())
    ready = [entry for entry in found.entries if entry.state == State.READY and entry.matches]
    if not ready:
        why = next((f"line {p.line or e.line}: {p.text}" for e in found.entries for p in e.problems if p.fatal), None)
        state = next((str(e.state) for e in found.entries), "no rule")
        raise QueryError(why or f"no rule that can be asked: {state} (hopwatch rules check says more)", file=str(path))
    if any(entry.correlated is not None for entry in found.entries):
        raise QueryError("a correlation is not one query: hopwatch rules run asks it", file=str(path))
    prepare(con)
    tables: dict[str, list[str]] = defaultdict(list)
    notes: set[str] = set()
    for match in (match for entry in ready for match in entry.matches):
        tables[match.table].append(_keys(con, match))
        notes |= {
            f"{name} is not known in a hunt (hopwatch rules run asks it)" for name in PSEUDO if _asks(match, name)
        }
    table = "windows_event" if "windows_event" in tables else min(tables)
    notes |= {
        f"the rule also reads {other}: hopwatch rules run asks both"
        for other in tables
        if other != table and _any(con, other)
    }
    keys = "\nUNION\n".join(tables[table])
    con.execute(f"CREATE TEMP TABLE matched AS {keys}")
    con.execute(f'CREATE OR REPLACE VIEW "{table}" AS FROM store.main."{table}" SEMI JOIN matched USING (key)')
    sql = _rows(table)
    return Plan("sigma", sql, notes=tuple(sorted(notes)), columns=described(con, sql, {}, sql))


def _asks(match: Match, name: str) -> bool:
    return any(shadow.split(" ", 1)[-1].lower() == name.lower() for shadow in match.shadows)


def _any(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return con.execute(f"FROM {table} LIMIT 1").fetchone() is not None


def _keys(con: duckdb.DuckDBPyConnection, match: Match) -> str:
    """The statement that gives the keys of the events that a rule matches in one place."""
    where = place_sql(match)
    known = inner_keys(con, match.table, where, match.shadows.values())
    shadows = "".join(f', {with_inner(sql, known)} AS "{name}"' for name, sql in sorted(match.shadows.items()))
    return f"SELECT key FROM (SELECT *{shadows} FROM {match.table} WHERE {where}) WHERE {match.sql}"


def _rows(table: str) -> str:
    if table == "windows_event":
        return 'SELECT * FROM events ORDER BY "TimeGenerated", "_record"'
    return f'SELECT *, pointer(source_file, channel, event_id, record_id) AS "_record" FROM {table} ORDER BY time, key'
