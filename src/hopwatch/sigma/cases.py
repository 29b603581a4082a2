"""Runs a rule's own cases: raw events that it must hit or miss, taken through normalisation first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hopwatch.model.rule import Rule


@dataclass(frozen=True)
class Case:
    """One raw event, and whether the rule must match it."""

    name: str
    hit: bool
    event: dict[str, Any]


def cases_of(raw: list[dict[str, Any]]) -> list[Case]:
    """The cases of a rule file; a case has a name and either `hit` or `miss`."""
    return [Case(str(c["name"]), "hit" in c, dict(c["hit"] if "hit" in c else c["miss"])) for c in raw]


def _zeek_record(rule: Rule, case: Case, number: int) -> dict[str, Any]:
    ends = {"id.orig_h": "10.20.1.11", "id.orig_p": 50000 + number, "id.resp_h": "10.20.2.21", "id.resp_p": 445}
    path = rule.conditions[0].channel.removeprefix("zeek_")
    head = {"_path": path, "ts": 1767607200.0 + number, "uid": f"C{number}", "proto": "tcp", "conn_state": "SF"}
    return head | ends | case.event


def record(rule: Rule, case: Case, number: int) -> dict[str, Any]:
    """The case as a record: of the EVTX shape in the channel that the rule's logsource means, or of Zeek's JSON."""
    if rule.conditions[0].table != "windows_event":
        return _zeek_record(rule, case, number)
    fields = {k: v for k, v in case.event.items() if k not in ("EventID", "Channel", "Computer", "UserID")}
    place = rule.conditions[0]
    event_id = case.event.get("EventID", place.event_ids[0] if place.event_ids else 0)
    channels = [c.channel for c in rule.conditions if not c.event_ids or event_id in c.event_ids]
    return {
        "Event": {
            "System": {
                "Channel": case.event.get("Channel", channels[0] if channels else place.channel),
                "EventID": event_id,
                "EventRecordID": number,
                "Computer": case.event.get("Computer", "srv01.corp.example"),
                "Security": {"#attributes": {"UserID": case.event.get("UserID")}},
                "TimeCreated": {"#attributes": {"SystemTime": f"2026-01-05T10:00:{number % 60:02d}.000000Z"}},
            },
            "EventData": fields,
        }
    }
