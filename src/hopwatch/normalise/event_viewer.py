"""Gives the rows of Event Viewer's CSV the channel that the file leaves out."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.normalise.fields import text_of

Record = dict[str, Any]
OWN = {"eventlog", "microsoft-windows-eventlog"}


def with_channel(record: Record) -> Record:
    """Add `Log`, the channel that the event's source writes to; of an unknown source, the source's name."""
    source = text_of(record.get("Source")) or ""
    channels, security_ids = _table()
    if source.lower() in OWN and text_of(record.get("Event ID")) in security_ids:
        return record | {"Log": "Security"}
    return record | {"Log": channels.get(source.lower(), source)}


@cache
def _table() -> tuple[dict[str, str], frozenset[str]]:
    raw = tomllib.loads((files("hopwatch.normalise") / "event_viewer.toml").read_text("utf-8"))
    names = {source.lower(): channel for source, channel in raw["channels"].items()}
    return names, frozenset(map(str, raw["security_ids"]["ids"]))
