"""Runs compiled rules over the store: one query for each channel and event id, all its rules at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from hopwatch.sigma.literal import literal
from hopwatch.store.database import beside, run

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Condition, Rule

THREADS = 2
INSERT = """
INSERT INTO signal
SELECT key, hit.rule, hit.text, hit.target, hit.source, hit.account
FROM (SELECT key, unnest([{cases}]) AS hit FROM (SELECT {columns} FROM {table} WHERE {where}))
WHERE hit IS NOT NULL
"""
WORD = re.compile(r"\w+")
LOWER = re.compile(r'lower\("(\w+)"\)')


def wanted(rules: list[Rule]) -> dict[str, set[int] | None]:
    """The event ids that rules ask for, by channel; None where a rule may match any event of it."""
    want: dict[str, set[int] | None] = {}
    for condition in (c for rule in rules for c in rule.conditions if c.table == "windows_event"):
        have = want.setdefault(condition.channel, set())
        if not condition.event_ids:
            want[condition.channel] = None
        elif have is not None:
            have.update(condition.event_ids)
    return want


def needed_words(rules: list[Rule]) -> dict[tuple[str, int], frozenset[frozenset[str]]]:
    """Words in lower case by channel and event id: every event that a rule may match holds all of one of the sets.

    An event whose kind is not here may match whatever it holds.
    """
    words: dict[tuple[str, int], set[frozenset[str]]] = defaultdict(set)
    whole: set[tuple[str, int]] = set()
    for condition in (c for rule in rules for c in rule.conditions if c.table == "windows_event"):
        for event_id in condition.event_ids:
            place = (condition.channel, event_id)
            words[place].update(map(frozenset, condition.needles))
            if not condition.needles:
                whole.add(place)
    return {place: least(some) for place, some in words.items() if place not in whole}


def least(every: Iterable[frozenset[str]]) -> frozenset[frozenset[str]]:
    """Give the sets of words that are no stricter than another: some hold wherever a stricter one does."""
    found = frozenset(every)
    return frozenset(words for words in found if not any(other < words for other in found))


def match(con: duckdb.DuckDBPyConnection, rules: list[Rule]) -> None:
    """Fill the table `signal` with every event of the store that matches a rule."""
    present = {(c, e) for c, e in con.execute("SELECT DISTINCT channel, event_id FROM windows_event").fetchall()}
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for rule in rules:
        for condition in rule.conditions:
            sql = condition.sql.replace("@RULE@", literal(rule.name))
            for where in _places(condition, present):
                groups[condition.table, where].append(sql)
    columns = {table: _columns(con, table) for table in {table for table, _ in groups}}
    _run_all(
        con,
        [
            _statement(table, where, ", ".join(cases), columns[table])
            for (table, where), cases in sorted(groups.items())
            if columns[table]
        ],
    )


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> frozenset[str]:
    """The columns of a table; none of one without rows."""
    found = con.execute(f"FROM {table} LIMIT 1").fetchall()
    return frozenset(name for name, *_ in con.description or ()) if found else frozenset()


def _statement(table: str, where: str, cases: str, known: frozenset[str]) -> str:
    """The statement for one place; what many rules lower is lowered once, for which conditions give no occasion."""
    used = sorted(known.intersection(WORD.findall(cases)) | {"key"})
    columns = [f'"{name}"' for name in used]
    columns += [f'lower("{name}") AS "lower {name}"' for name in sorted(set(LOWER.findall(cases)))]
    cases = LOWER.sub(r'"lower \1"', cases)
    return INSERT.format(cases=cases, columns=", ".join(columns), table=table, where=where)


def _run_all(con: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    """Run statements, two at a time: to plan one takes longer than to run it, and no more than one thread."""
    free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    for _ in range(THREADS):
        free.put(beside(con))

    def one(statement: str) -> None:
        own = free.get()
        try:
            run(own, statement)
        finally:
            free.put(own)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(one, sorted(statements, key=len, reverse=True)):
            pass


def _places(condition: Condition, present: set[tuple[str, int]]) -> list[str]:
    """The parts of the condition's table in which it is to be tried, as SQL."""
    if condition.table != "windows_event":
        return ["TRUE"]
    ids = condition.event_ids
    found = sorted(e for c, e in present if c == condition.channel and (not ids or e in ids))
    return [f"channel = {literal(condition.channel)} AND event_id = {event_id}" for event_id in found]
