"""Runs the rules that a user brings over the store: by event-id groups, many rules in one pass over the events."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb

from hopwatch.sigma.columns import INNER, member
from hopwatch.sigma.literal import literal
from hopwatch.sigma.logsource import ANY
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    from hopwatch.model.detection import Match, Ruleset

TABLES = """
CREATE OR REPLACE TABLE sigma_match (rule INTEGER, source_table VARCHAR, key UBIGINT, time TIMESTAMP);
"""
# In a CASE each part of a condition looks only at the rows that are left to it; in a WHERE the optimizer makes joins of
# the lists. The shadows stand in a query of their own, so that each is computed once.
INSERT = """
INSERT INTO sigma_match
SELECT DISTINCT rule, '{table}', key, time
FROM (SELECT key, time, unnest([{cases}]) AS rule FROM (SELECT key, time{shadows} FROM {events}))
WHERE rule IS NOT NULL
"""
RULES = 100  # rules of one statement
SQL = 150_000  # characters of conditions of one statement
Keys = dict[str, list[str]]


@dataclass
class Group:
    """Rules that read the same events: of a table, or of a channel and event ids."""

    table: str
    where: str
    rules: list[tuple[int, Match]] = field(default_factory=list)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the macros that conditions use, and the tables that these ask."""
    run_sql(con, files("hopwatch.sigma") / "macros.sql")


def match_rules(con: duckdb.DuckDBPyConnection, rules: Ruleset, one_by_one: bool = False) -> dict[int, str]:
    """Fill the table `sigma_match` with every event of the store that a rule matches.

    `one_by_one` runs a statement for each rule: slower, and the same. Gives the rules, by index, that could not be run,
    and why: they do not stop the others.
    """
    failed: dict[int, str] = {}
    prepare(con)
    con.execute(TABLES)
    for group in groups(con, rules):
        keys = inner_keys(
            con, group.table, group.where, (sql for _, match in group.rules for sql in match.shadows.values())
        )
        for part in _parts(group.rules, one_by_one):
            failed |= _run(con, group, part, keys)
    return failed


def _run(con: duckdb.DuckDBPyConnection, group: Group, part: list[tuple[int, Match]], keys: Keys) -> dict[int, str]:
    """Run rules together; where that fails, find the one that is to blame by halves."""
    try:
        con.execute(statement(group, part, keys))
    except duckdb.Error as error:
        if len(part) == 1:
            return {part[0][0]: str(error).split("\n")[0]}
        half = len(part) // 2
        return _run(con, group, part[:half], keys) | _run(con, group, part[half:], keys)
    return {}


def statement(group: Group, part: list[tuple[int, Match]], keys: Keys) -> str:
    """The statement that finds the events of a group that rules match."""
    shadows: dict[str, str] = {}
    for _, match in part:
        shadows |= match.shadows
    names = sorted({inner[1].replace("''", "'") for sql in shadows.values() for inner in INNER.finditer(sql)})
    shown = {name: spelled for name in names for spelled in [keys.get(_plain(name), [])]}
    columns = [f'{_resolved(sql, shown)} AS "{name}"' for name, sql in sorted(shadows.items())]
    return INSERT.format(
        table=group.table,
        cases=", ".join(f"CASE WHEN {match.sql} THEN {rule} END" for rule, match in part),
        shadows="".join(f", {column}" for column in columns),
        events=_events(group, shown),
    )


def _events(group: Group, shown: Keys) -> str:
    """The events of a group; with the fields inside `event_data` that rules ask for, taken out once."""
    spelled = sorted({key for keys in shown.values() for key in keys})
    if not spelled:
        return f"{group.table} WHERE {group.where}"
    paths = ", ".join(literal("$." + member(key)) for key in spelled)
    taken = f"json_extract_string(event_data, [{paths}])"
    return f"(SELECT *, {taken} AS inner_data FROM {group.table} WHERE {group.where})"


def _resolved(sql: str, shown: Keys) -> str:
    """An expression with the fields inside `event_data` by their place among those taken out."""
    spelled = sorted({key for keys in shown.values() for key in keys})

    def put(found: re.Match[str]) -> str:
        places = [f"inner_data[{spelled.index(key) + 1}]" for key in shown.get(found[1].replace("''", "'"), ())]
        return f"coalesce({', '.join(places)})" if len(places) > 1 else places[0] if places else "CAST(NULL AS VARCHAR)"

    return INNER.sub(put, sql)


def _plain(name: str) -> str:
    """A field's name without what loggers write differently: case, blanks and underscores."""
    return re.sub(r"[\s_]", "", name).lower()


def inner_keys(con: duckdb.DuckDBPyConnection, table: str, where: str, expressions: Iterable[str]) -> Keys:
    """How the events of a place spell the fields that they have inside `event_data`; empty where no expression asks."""
    if table != "windows_event" or not any(INNER.search(sql) for sql in expressions):
        return {}
    sql = f"SELECT DISTINCT unnest(json_keys(event_data)) AS k FROM {table} WHERE {where} ORDER BY k"
    keys: Keys = defaultdict(list)
    for (key,) in con.execute(sql).fetchall():
        keys[_plain(key)].append(key)
    return keys


def with_inner(sql: str, keys: Keys) -> str:
    """An expression with the fields inside `event_data` taken out where they stand."""

    def put(found: re.Match[str]) -> str:
        spelled = keys.get(_plain(found[1].replace("''", "'")), ())
        places = [f"json_extract_string(event_data, {literal('$.' + member(key))})" for key in spelled]
        return f"coalesce({', '.join(places)})" if len(places) > 1 else places[0] if places else "CAST(NULL AS VARCHAR)"

    return INNER.sub(put, sql)


def _parts(rules: list[tuple[int, Match]], one_by_one: bool) -> Iterator[list[tuple[int, Match]]]:
    part: list[tuple[int, Match]] = []
    size = 0
    for rule, match in rules:
        if part and (one_by_one or len(part) >= RULES or size + len(match.sql) > SQL):
            yield part
            part, size = [], 0
        part.append((rule, match))
        size += len(match.sql)
    if part:
        yield part


def groups(con: duckdb.DuckDBPyConnection, rules: Ruleset) -> list[Group]:
    """The groups of rules for which the store holds events; event ids that the same rules read are one."""
    matches = [(i, match) for i, entry in enumerate(rules.entries) for match in entry.matches]
    present = con.execute("SELECT DISTINCT channel, event_id FROM windows_event ORDER BY ALL").fetchall()
    found: dict[str, Group] = {}
    alike: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
    for channel, event_id in present:
        wanted = tuple(n for n, (_, match) in enumerate(matches) if _reads(match, channel, event_id))
        if wanted:
            alike[channel, wanted].append(event_id)
    for (channel, wanted), ids in alike.items():
        where = f"channel = {literal(channel)} AND event_id IN ({', '.join(map(str, ids))})"
        found[where] = Group("windows_event", where, [matches[n] for n in wanted])
    for table in sorted({match.table for _, match in matches} - {"windows_event"}):
        if con.execute(f"FROM {table} LIMIT 1").fetchone() is not None:
            found[table] = Group(table, "TRUE", [pair for pair in matches if pair[1].table == table])
    return list(found.values())


def _reads(match: Match, channel: str, event_id: int) -> bool:
    at = match.table == "windows_event" and match.channel in (ANY, channel)
    return at and (not match.event_ids or event_id in match.event_ids)


def place_sql(match: Match) -> str:
    """The SQL of the place that a match is in."""
    if match.table != "windows_event" or match.channel == ANY:
        return "TRUE"
    ids = f" AND event_id IN ({', '.join(map(str, match.event_ids))})" if match.event_ids else ""
    return f"channel = {literal(match.channel)}{ids}"


def wanted_events(matches: Iterable[Match]) -> dict[str, set[int] | None] | None:
    """The event ids that matches ask for, by channel (None: every one); None where one asks for every channel."""
    want: dict[str, set[int] | None] = {}
    for match in matches:
        if match.table != "windows_event":
            continue
        if match.channel == ANY:
            return None
        have = want.setdefault(match.channel, set())
        if not match.event_ids:
            want[match.channel] = None
        elif have is not None:
            have.update(match.event_ids)
    return want
