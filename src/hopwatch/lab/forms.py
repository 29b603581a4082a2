"""What Windows writes of each kind of event: channel, provider and fields, from the data file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, eq=False)
class Channel:
    """A log and the provider that writes it."""

    name: str
    provider: str
    guid: str
    keywords: str
    level: int
    pid: int


@dataclass(frozen=True, eq=False)
class Form:
    """One kind of event: its channel, id, and fields in order with their usual values."""

    kind: str
    channel: Channel
    event_id: int
    version: int
    task: int
    text: str
    fields: dict[str, str]
    keywords: str
    level: int
    process: int
    user_data: str | None


@cache
def table(name: str) -> dict[str, Any]:
    """Read one of the lab's data files."""
    return tomllib.loads((files("hopwatch.lab") / "data" / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def forms() -> dict[str, Form]:
    """Give every form by its kind: `security.4624`, `sysmon.1`, …"""
    data = table("windows")
    channels = {short: Channel(**about) for short, about in data["channel"].items()}
    return {
        f"{short}.{number}": _form(short, channels[short], int(number), about)
        for short in channels
        for number, about in data[short].items()
    }


def _form(short: str, channel: Channel, event_id: int, about: dict[str, Any]) -> Form:
    return Form(
        kind=f"{short}.{event_id}",
        channel=channel,
        event_id=event_id,
        version=about["version"],
        task=about["task"],
        text=about["text"],
        fields=about["fields"],
        keywords=about.get("keywords", channel.keywords),
        level=about.get("level", channel.level),
        process=about.get("process", channel.pid),
        user_data=about.get("user_data"),
    )
