"""Writes out what Hayabusa's timelines shorten: channels and the names of fields."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.normalise.fields import text_of

Record = dict[str, Any]
SEPARATOR = " ¦ "
ABSENT = {"", "-", "n/a"}


def expanded(record: Record) -> Record:
    """Give the record with the whole name of its channel, and every field that it has under `fields`.

    `AllFieldInfo` and `ExtraFieldInfo` bear Windows' names, `Details` abbreviations.
    """
    short = str(record.get("Channel"))
    fields = _pairs(record.get("Details"))
    names = _names(short, str(text_of(record.get("EventID"))))
    found = {names.get(name, name): value for name, value in fields.items()}
    for part in ("ExtraFieldInfo", "AllFieldInfo"):
        found |= _pairs(record.get(part))
    return record | {"Channel": _table()["channels"].get(short, short), "fields": found}


def _pairs(value: Any) -> Record:
    """The fields of one column: an object in JSON; "name: value ¦ name: value" in CSV."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return {}
    pairs = [part.partition(": ") for part in value.split(SEPARATOR)]
    return {name.strip(): text.strip() for name, colon, text in pairs if colon and text.strip() not in ABSENT}


def _names(channel: str, event_id: str) -> dict[str, str]:
    """The whole names of an event's abbreviations."""
    own: dict[str, str] = _table()["event"].get(channel, {}).get(event_id, {})
    subject: dict[str, str] = _table()["subject"] if channel == "Sec" else {}
    return subject | own


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("hopwatch.normalise") / "hayabusa.toml").read_text("utf-8"))
