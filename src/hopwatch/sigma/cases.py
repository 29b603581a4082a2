"""Runs a rule's own cases: raw events that it must hit or miss, taken through normalisation first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hopwatch.model.rule import Rule

APART = 1000  # numbers of cases that are so far apart have the same time
SYSTEM = ("EventID", "Channel", "Computer", "UserID", "Level", "Keywords", "Provider_Name")


@dataclass(frozen=True)
class Case:
    """One raw event, and whether the rule must match it."""

    name: str
    hit: bool
    event: dict[str, Any]


def cases_of(raw: list[dict[str, Any]]) -> list[Case]:
    """The cases of a rule file; a case has a name and either `hit` or `miss`."""
    return [Case(str(c["name"]), "hit" in c, dict(c["hit"] if "hit" in c else c["miss"])) for c in raw]


def record(rule: Rule, case: Case, number: int) -> dict[str, Any]:
    """The case as a record: of the EVTX shape in the channel that the logsource means, or of its sensor's JSON."""
    places = [(condition.channel, condition.event_ids) for condition in rule.conditions]
    return raw_record(case.event, number, rule.conditions[0].table, places)


def raw_record(
    event: dict[str, Any], number: int, table: str, places: Sequence[tuple[str, tuple[int, ...]]]
) -> dict[str, Any]:
    """An event as a record; `places` are the channels and event ids that its rule reads."""
    channel, event_ids = places[0]
    if table != "windows_event":
        if channel.startswith("suricata_"):
            return _suricata_record(event, number, channel.removeprefix("suricata_"))
        return _zeek_record(event, number, channel.removeprefix("zeek_"))
    fields = {k: v for k, v in event.items() if k not in SYSTEM}
    event_id = event.get("EventID", event_ids[0] if event_ids else 0)
    channels = [name for name, ids in places if not ids or event_id in ids]
    return {
        "Event": {
            "System": {
                "Channel": event.get("Channel", channels[0] if channels else channel),
                "EventID": event_id,
                "Level": event.get("Level"),
                "Keywords": event.get("Keywords"),
                "Provider": {"#attributes": {"Name": event.get("Provider_Name")}},
                "EventRecordID": number,
                "Computer": event.get("Computer", "srv01.corp.example"),
                "Security": {"#attributes": {"UserID": event.get("UserID")}},
                "TimeCreated": {"#attributes": {"SystemTime": f"2026-01-05T10:00:{number % APART % 60:02d}.000000Z"}},
            },
            "EventData": fields,
        }
    }


def _zeek_record(event: dict[str, Any], number: int, path: str) -> dict[str, Any]:
    ends = {"id.orig_h": "10.20.1.11", "id.orig_p": 20000 + number % 40000, "id.resp_h": "10.20.2.21", "id.resp_p": 445}
    head = {
        "_path": path,
        "ts": 1767607200.0 + number % APART,
        "uid": f"C{number}",
        "proto": "tcp",
        "conn_state": "SF",
    }
    return head | ends | event


def _suricata_record(event: dict[str, Any], number: int, kind: str) -> dict[str, Any]:
    """A line of eve.json; a name with dots in the case is a field inside another."""
    record: dict[str, Any] = {
        "timestamp": f"2026-01-05T10:{number % APART // 60:02d}:{number % 60:02d}.000000+0000",
        "flow_id": number,
        "event_type": kind,
        "src_ip": "10.20.1.11",
        "src_port": 20000 + number % 40000,
        "dest_ip": "10.20.2.21",
        "dest_port": 445,
        "proto": "TCP",
    }
    for name, value in event.items():
        *outer, last = name.split(".")
        inner = record
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return record
