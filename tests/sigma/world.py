"""Short ways for tests to load rules and to run them over raw events."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import orjson
import yaml

from hopwatch.model.detection import Entry, Ruleset
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.pipeline.rules import match
from hopwatch.report.matches import rows
from hopwatch.sigma.ruleset import load_rules
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import connect

Event = Mapping[str, Any]
SYSTEM = {"Channel", "EventID", "Computer", "Level", "Keywords", "UserID", "Provider_Name", "Time"}
TABLES = ("windows_event", "connection", "dns", "dce_rpc", "smb_activity", "asset")


def loaded(*texts: str, values: Mapping[str, tuple[str, ...]] | None = None) -> Ruleset:
    """Load rules, each text a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for i, text in enumerate(texts):
            (Path(folder) / f"{i}.yml").write_text(text, "utf-8")
        return load_rules([folder], schema_columns(), values)


def one(text: str, **options: Any) -> Entry:
    """Load the one rule of a text."""
    [entry] = loaded(text, **options).entries
    return entry


def rule(detection: Any, **more: Any) -> str:
    """The text of a rule for the Security log, of a detection without its condition or with it."""
    detection = detection if "condition" in detection else {"selection": detection, "condition": "selection"}
    head = {"title": "A rule", "logsource": {"product": "windows", "service": "security"}}
    return yaml.safe_dump(head | {"detection": detection} | more, sort_keys=False)


@cache
def store() -> duckdb.DuckDBPyConnection:
    """The one store that these tests share."""
    return connect()


def filled(events: Iterable[Event]) -> duckdb.DuckDBPyConnection:
    """Give the store with these events and no others, the first of which has the record id 1."""
    con = store()
    for table in TABLES:
        con.execute(f"DELETE FROM {table}")
    ingest = Ingest(con, None, Summary())
    records = [orjson.dumps(event if "_path" in event else evtx(event, i)) for i, event in enumerate(events, 1)]
    for _, batch in groupby(records, key=lambda text: b'"_path"' in text):
        ingest.add(list(batch), "events")
    ingest.finish()
    return con


def evtx(event: Event, number: int) -> dict[str, Any]:
    """A raw record of an event; `Time` are seconds after ten o'clock."""
    second = float(event.get("Time", number))
    return {
        "Event": {
            "System": {
                "Channel": event.get("Channel", "Security"),
                "EventID": event.get("EventID", 4688),
                "EventRecordID": number,
                "Level": event.get("Level"),
                "Keywords": event.get("Keywords"),
                "Provider": {"#attributes": {"Name": event.get("Provider_Name")}},
                "Computer": event.get("Computer", "srv01.corp.example"),
                "Security": {"#attributes": {"UserID": event.get("UserID")}},
                "TimeCreated": {"#attributes": {"SystemTime": time(second)}},
            },
            "EventData": {name: value for name, value in event.items() if name not in SYSTEM},
        }
    }


def time(second: float) -> str:
    """A time so many seconds after ten o'clock."""
    whole = int(second)
    return f"2026-01-05T{10 + whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{int(second % 1 * 1e6):06}Z"


def hits(rules: Ruleset, events: Iterable[Event]) -> set[int]:
    """The numbers of the Windows events that any of the rules matches, hidden or not."""
    return {number for _, number in numbered(rules, events)}


def numbered(rules: Ruleset, events: Iterable[Event]) -> set[tuple[int, int]]:
    """The same with the rules that match, by their numbers."""
    con = filled(events)
    assert match(con, rules) == {}
    return set(con.execute("SELECT rule, record_id FROM sigma_match JOIN windows_event USING (key)").fetchall())


def named(number: int, event: Event) -> dict[str, Any]:
    """A record of Zeek of a DNS query, with the fields of an event: `answers` is a list."""
    head = {"_path": "dns", "ts": 1767600000.0 + number, "id.orig_h": "10.20.1.1", "id.orig_p": number, "proto": "udp"}
    return head | {"id.resp_h": "10.20.1.2", "id.resp_p": 53, "trans_id": 1, "query": "srv01.corp.example", **event}


def names_numbered(rules: Ruleset, events: Iterable[Event]) -> set[tuple[int, int]]:
    """The numbers of the rules and of the queries that they match."""
    con = filled(named(number, event) for number, event in enumerate(events, 1))
    assert match(con, rules) == {}
    return set(con.execute("SELECT rule, client_port FROM sigma_match JOIN dns USING (key)").fetchall())


def found(rules: Ruleset, events: Iterable[Event]) -> list[dict[str, Any]]:
    """The rows that a run prints."""
    con = filled(events)
    assert match(con, rules) == {}
    return [row for _, _, row in rows(con, rules)]
