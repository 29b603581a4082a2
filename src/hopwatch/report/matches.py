"""What Sigma rules matched: one JSON object a match, or by rule for a reader at a terminal."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from rich.text import Text

from hopwatch.model.hop import SEVERITIES, iso
from hopwatch.report.safe import json_text, shown
from hopwatch.report.text import summary_lines
from hopwatch.report.words import STYLES
from hopwatch.store.columns import windows_columns

if TYPE_CHECKING:
    import duckdb
    from rich.console import RenderableType

    from hopwatch.model.detection import Entry, Ruleset
    from hopwatch.model.summary import Summary

Row = dict[str, Any]
Timed = tuple[datetime, int, Row]
POINTER = ("computer", "host", "channel", "event_id", "record_id", "source_file")
OURS = {"key", "time", "rule", "event_data", "source_table", "named"}
BATCH = 1000  # rows fetched at once
EVENTS = 10  # events that the text shows of a rule
POINTED = 50  # events that a correlation's line names
WIDTH = 110  # characters of a field in the text
MATCHES = """
SELECT m.rule, e.* FROM sigma_match m JOIN {table} e USING (key) WHERE m.source_table = '{table}'
ORDER BY e.time, m.rule, key
"""
CORRELATIONS = "SELECT * FROM sigma_correlation ORDER BY time, rule, id"
POINTERS = """
SELECT rule, source_table, time, key FROM sigma_correlation_event WHERE id = ? ORDER BY time, rule, key LIMIT {most}
"""


def lines(con: duckdb.DuckDBPyConnection, rules: Ruleset) -> Iterator[str]:
    """Give one line for each match of a rule or correlation that is not hidden, in order of time."""
    for _, _, row in rows(con, rules):
        yield json_text(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS).decode()) + "\n"


def rows(con: duckdb.DuckDBPyConnection, rules: Ruleset) -> Iterator[Timed]:
    """Give every match that is not hidden, in order of time and rule."""
    names = con.execute("SELECT DISTINCT source_table FROM sigma_match ORDER BY ALL").fetchall()
    streams = [_matches(con, rules, table) for (table,) in names]
    yield from heapq.merge(*streams, _correlations(con, rules), key=lambda timed: timed[:2])


def _matches(con: duckdb.DuckDBPyConnection, rules: Ruleset, table: str) -> Iterator[Timed]:
    for raw in _fetched(con, MATCHES.format(table=table)):
        if raw["rule"] not in rules.hidden:
            yield raw["time"], raw["rule"], _head(rules.entries[raw["rule"]]) | event(raw)


def event(raw: Row) -> Row:
    """One event of any table: where its record is, and its fields that have a value."""
    inner = orjson.loads(raw.get("event_data") or "{}")
    names = windows_columns() if "computer" in raw else [name for name in raw if name not in (*OURS, *POINTER)]
    fields = {name: raw[name] for name in names if raw[name] is not None}
    return {
        "time": iso(raw["time"]),
        "host": raw.get("computer") or raw.get("host"),
        "channel": raw["channel"],
        "event_id": raw.get("event_id"),
        "record_id": raw.get("record_id"),
        "file": raw.get("source_file"),
        "event": fields | inner,
    }


def _head(entry: Entry) -> Row:
    return {
        "rule": entry.label,
        "title": entry.title,
        "id": entry.id or None,
        "level": entry.level or None,
        "tags": list(entry.tags),
        "rule_file": entry.file,
    }


def _correlations(con: duckdb.DuckDBPyConnection, rules: Ruleset) -> Iterator[Timed]:
    for raw in _fetched(con, CORRELATIONS):
        if raw["rule"] not in rules.hidden:
            entry = rules.entries[raw["rule"]]
            yield raw["time"], raw["rule"], _head(entry) | _found(con, rules, entry, raw)


def _found(con: duckdb.DuckDBPyConnection, rules: Ruleset, entry: Entry, raw: Row) -> Row:
    assert entry.correlated is not None
    (total,) = con.cursor().execute(
        "SELECT count(*) FROM sigma_correlation_event WHERE id = ?", [raw["id"]]
    ).fetchone() or (0,)
    return {
        "correlation": entry.correlated.type,
        "time": iso(raw["time"]),
        "start": iso(raw["start"]),
        "end": iso(raw["end"]),
        "group": dict(zip(entry.correlated.group_by, raw["grp"], strict=False)),
        "value": raw["value"],
        "events": [_pointer(con, rules, *pointer) for pointer in _pointers(con, raw["id"])],
        "events_total": total,
    }


def _pointers(con: duckdb.DuckDBPyConnection, number: int) -> list[tuple[int, str, datetime, int]]:
    return con.cursor().execute(POINTERS.format(most=POINTED), [number]).fetchall()


def _pointer(con: duckdb.DuckDBPyConnection, rules: Ruleset, rule: int, table: str, time: datetime, key: int) -> Row:
    row: Row = {"rule": rules.entries[rule].label, "time": iso(time)}
    if table == "sigma_correlation":
        return row
    computer = "computer" if table == "windows_event" else "CAST(NULL AS VARCHAR)"
    sql = f"SELECT {computer}, channel, event_id, record_id, source_file FROM {table} WHERE key = ? LIMIT 1"
    found = con.cursor().execute(sql, [key]).fetchone()
    return row | dict(zip(("host", "channel", "event_id", "record_id", "file"), found or (), strict=False))


def _fetched(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Row]:
    cursor = con.cursor().execute(sql)
    names = [column[0] for column in cursor.description or ()]
    while batch := cursor.fetchmany(BATCH):
        for row in batch:
            yield dict(zip(names, row, strict=True))


def report(
    con: duckdb.DuckDBPyConnection, rules: Ruleset, summary: Summary | None, before: bool = False
) -> Iterator[RenderableType]:
    """Render what rules matched, rule by rule, the gravest first; after what was read, where a summary is given.

    `before`: something else stands before it.
    """
    if before:
        yield Text("\nSigma rules", "bold underline")
    if summary is not None:
        yield from summary_lines(summary)
    held: dict[int, list[Row]] = {}
    counts: dict[int, int] = {}
    for _, rule, row in rows(con, rules):
        counts[rule] = counts.get(rule, 0) + 1
        if len(held.setdefault(rule, [])) < EVENTS:
            held[rule].append(row)
    total = sum(counts.values())
    yield Text(
        f"{_count(total, 'match', 'es')} of {_count(len(counts), 'rule')} among {len(rules.entries)} loaded", "bold"
    )
    for rule in sorted(held, key=lambda r: (-_rank(rules.entries[r].level), rules.entries[r].title, r)):
        yield from _of_rule(rules.entries[rule], held[rule], counts[rule])


def _of_rule(entry: Entry, found: list[Row], count: int) -> Iterator[Text]:
    yield Text()
    level = entry.level or "no level"
    head = Text.assemble((f" {level} ", STYLES.get(entry.level, "dim")), " ", (shown(entry.title), "bold"))
    head.append(f"  {_count(count, 'match', 'es')}   {shown(entry.file)}:{entry.line}", "dim")
    yield head
    for row in found:
        yield from _correlated(row) if "correlation" in row else _event(entry, row)
    if count > len(found):
        yield Text(f"    … and {count - len(found):,} more: --format jsonl gives all of them", "dim")


def _event(entry: Entry, row: Row) -> Iterator[Text]:
    where = row["channel"].rsplit("/", 1)[0].removeprefix("Microsoft-Windows-")
    number = "" if row["event_id"] is None else f" {row['event_id']}"
    record = "" if row["record_id"] is None else f" #{row['record_id']}"
    yield Text(f"    {row['time']}  {shown(row['host'] or '')}  {shown(where)}{number}{record}  {shown(row['file'])}")
    for name in asked_fields(entry):
        if (value := row["event"].get(name)) is not None:
            text = shown(" ".join(str(value).split()))  # line ends and tabs only lengthen it
            yield Text(f"        {shown(name)}: {text[:WIDTH]}{'…' if len(text) > WIDTH else ''}", "dim")


def asked_fields(entry: Entry) -> list[str]:
    """The fields of events that a rule's conditions ask for."""
    words = {name.split(" ", 1)[1] for match in entry.matches for name in match.shadows if " " in name}
    return sorted(word.removeprefix("data.") for word in words)


def _correlated(row: Row) -> Iterator[Text]:
    group = ", ".join(f"{shown(name)} {shown(value)}" for name, value in row["group"].items())
    value = f"{row['value']:g}" if row["value"] is not None else "?"
    yield Text(f"    {row['start']} to {row['end']}  {row['correlation']} {value}{'  ' + group if group else ''}")
    for pointer in row["events"][:EVENTS]:
        yield Text(f"        {pointer['time']}  {shown(pointer['rule'])}  {_where(pointer)}", "dim")
    if row["events_total"] > EVENTS:
        yield Text(f"        … {row['events_total']:,} events in all", "dim")


def _where(pointer: Row) -> str:
    parts = (pointer.get("host"), pointer.get("channel"), pointer.get("event_id"), pointer.get("file"))
    return " ".join(shown(part) for part in parts if part is not None)


def _rank(level: str) -> int:
    return SEVERITIES.index(level) if level in SEVERITIES else -1


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number:,} {noun}{'' if number == 1 else plural}"
