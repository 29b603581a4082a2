"""Rewrites records whose keys are written flat: with dots, or with the prefixes of a log collector."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
DEPTH = 8  # levels that dotted keys may make
GRAYLOG = "winlogbeat_"
GRAYLOG_PARTS = ("winlog_event_data_", "winlog_user_data_")
GRAYLOG_KEYS = {
    "winlog_channel": "channel",
    "winlog_computer_name": "computer_name",
    "winlog_event_id": "event_id",
    "winlog_provider_name": "provider_name",
    "winlog_keywords": "keywords",
    "winlog_record_id": "record_id",
    "event_provider": "provider_name",
}


def nested(record: Record) -> Record:
    """Make nested keys of dotted ones, and single values of lists of one, as a search's `fields` have them."""
    out: Record = {}
    for key, value in record.items():
        *steps, last = key.split(".", DEPTH)
        place = out
        for step in steps:
            inner = place.get(step)
            if not isinstance(inner, dict):
                inner = place[step] = {}
            place = inner
        if not isinstance(place.get(last), dict):
            place[last] = value[0] if isinstance(value, list) and len(value) == 1 else value
    return out


def from_graylog(record: Record) -> Record:
    """Make of a Beats record that Graylog flattened one as Winlogbeat writes it."""
    winlog: Record = {"event_data": {}}
    for key, value in record.items():
        name = key.removeprefix("_").removeprefix(GRAYLOG)
        part = next((part for part in GRAYLOG_PARTS if name.startswith(part)), None)
        if part:
            winlog["event_data"][name.removeprefix(part)] = value
        elif name in GRAYLOG_KEYS:
            winlog[GRAYLOG_KEYS[name]] = value
        elif name == "winlog_process_pid":
            winlog["process"] = {"pid": value}
        elif name == "winlog_user_identifier":
            winlog["user"] = {"identifier": value}
    received = record.get("gl2_receive_timestamp") or record.get("winlogbeat_event_created")
    return {"@timestamp": record.get("timestamp"), "event": {"created": received}, "winlog": winlog}


def from_gelf(record: Record) -> Record:
    """Take the underscore off the additional fields of a GELF message."""
    return {key.removeprefix("_"): value for key, value in record.items()}
