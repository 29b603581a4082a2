"""Gives a story's events the shape that a collector or an exporter would have given them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.support.story.events import Event
from tests.support.story.forms import PROVIDERS

EVENT_XMLNS = "http://schemas.microsoft.com/win/2004/08/events/event"
USER_DATA = {91: "EventXML"}


def evtx(event: Event, number: int) -> dict[str, Any]:
    """A record as a host's own log has it."""
    provider, guid, source, level, keywords = PROVIDERS[event.channel]
    version, task, _ = event.about
    named = {"Name": provider, "Guid": guid} | ({"EventSourceName": source} if source else {})
    event_id = {"#attributes": {"Qualifiers": 16384}, "#text": event.event_id} if source else event.event_id
    return {
        "Event": {
            "#attributes": {"xmlns": EVENT_XMLNS},
            "System": {
                "Provider": {"#attributes": named},
                "EventID": event_id,
                "Version": version,
                "Level": level,
                "Task": task,
                "Opcode": 0,
                "Keywords": keywords,
                "TimeCreated": {"#attributes": {"SystemTime": event.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}},
                "EventRecordID": number,
                "Correlation": None,
                "Execution": {"#attributes": {"ProcessID": event.pid, "ThreadID": 1400 + number % 7 * 4}},
                "Channel": event.channel,
                "Computer": event.host.fqdn,
                "Security": {"#attributes": {"UserID": event.user}} if event.user else None,
            },
            **_body(event),
        }
    }


def forwarded(event: Event, number: int) -> dict[str, Any]:
    """The record as ForwardedEvents has it: every value a text, the time to 100 ns, the original record id."""
    record: dict[str, Any] = _texts(evtx(event, number))
    created = record["Event"]["System"]["TimeCreated"]["#attributes"]
    created["SystemTime"] = event.time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
    return record


def winlogbeat(event: Event, number: int) -> dict[str, Any]:
    """The record as Winlogbeat 8 ships it: winlog.* and ECS."""
    provider, guid, _, _, _ = PROVIDERS[event.channel]
    version, task, text = event.about
    user = {"user": {"identifier": event.user, "type": "User"}} if event.user else {}
    return {
        "@timestamp": _iso(event.time),
        "agent": {"name": event.host.name, "type": "winlogbeat", "version": "8.17.0"},
        "ecs": {"version": "8.0.0"},
        "event": {
            "action": text.rstrip(".:"), "code": str(event.event_id), "kind": "event", "provider": provider,
            "created": _iso(event.time + timedelta(seconds=2)),
        },
        "host": {"name": event.host.fqdn, "hostname": event.host.name, "os": {"family": "windows", "type": "windows"}},
        "log": {"level": "information"},
        "message": text,
        "winlog": {
            "api": "wineventlog", "channel": event.channel, "computer_name": event.host.fqdn,
            "event_data": _texts(event.fields), "event_id": str(event.event_id), "opcode": "Info",
            "process": {"pid": event.pid, "thread": {"id": 1400 + number % 7 * 4}},
            "provider_guid": "{" + guid.strip("{}").upper() + "}", "provider_name": provider, "record_id": number,
            "task": str(task), "version": version, **user,
        },
    }  # fmt: skip


def nxlog(event: Event, number: int) -> dict[str, Any]:
    """The record as NXLog's im_msvistalog writes it and Logstash takes it in: local times, one flat object."""
    provider, guid, _, _, keywords = PROVIDERS[event.channel]
    version, task, text = event.about
    received = event.time + timedelta(milliseconds=2300 + number % 5 * 700)
    audit = event.channel == "Security"
    user = {"UserID": event.user, "AccountType": "User"} if event.user else {}
    fields = {key: value for key, value in _texts(event.fields).items() if value != ""}
    return {
        "@timestamp": _iso(received), "@version": "1", "EventTime": _local(event.time),
        "EventReceivedTime": _local(received), "Hostname": event.host.fqdn, "Channel": event.channel,
        "EventID": event.event_id, "SourceName": provider, "ProviderGuid": "{" + guid.strip("{}").upper() + "}",
        "RecordNumber": number, "ExecutionProcessID": event.pid, "ThreadID": 1400 + number % 7 * 4,
        "Keywords": int(keywords, 16) - 2**64, "Severity": "INFO", "SeverityValue": 2, "Task": task, "Version": version,
        "Opcode": "Info", "OpcodeValue": 0, "EventType": "AUDIT_SUCCESS" if audit else "INFO",
        "SourceModuleName": "eventlog", "SourceModuleType": "im_msvistalog", **user, **fields,
        "Message": text, "host": "wec01.corp.example", "port": 51544, "tags": ["windows"],
    }  # fmt: skip


def lines(records: Iterable[dict[str, Any]]) -> bytes:
    """JSON, one record a line."""
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def _body(event: Event) -> dict[str, Any]:
    """EventData, or UserData under the event's own name."""
    if name := USER_DATA.get(event.event_id):
        return {"UserData": {name: {"#attributes": {"xmlns": EVENT_XMLNS}, **event.fields}}}
    return {"EventData": dict(event.fields)}


def _texts(node: Any) -> Any:
    """The same with every number and boolean written out."""
    if isinstance(node, dict):
        return {key: _texts(value) for key, value in node.items()}
    if isinstance(node, bool):
        return "true" if node else "false"
    return str(node) if isinstance(node, int) else node


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _local(time: datetime) -> str:
    """The time on a wall clock in central Europe in March, without a zone and without fractions."""
    return (time + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
