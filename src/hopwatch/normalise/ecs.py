"""Gives the fields that Elastic's modules move to ECS names their Windows names back."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.normalise.fields import Fields, text_of
from hopwatch.normalise.shape import Path, at

# A record without any of these went through no module.
SIGNS = frozenset({"process", "source", "destination", "file", "registry", "dns", "network", "user"})
Moved = dict[str, tuple[Path, ...]]


def moved_back(record: Any, fields: Fields, channel: str, event_id: int) -> bool:
    """Add what `event_data` lacks and stands under an ECS name; true in any case, for nothing need be moved."""
    if not isinstance(record, dict) or SIGNS.isdisjoint(record):
        return True
    for name, paths in _moved(channel.lower(), event_id).items():
        if fields.get(name) is None:
            values = [text_of(at(record, (path,))) for path in paths]
            if None not in values:
                fields[name] = "\\".join(filter(None, values))
    return True


@cache
def _table() -> list[dict[str, Any]]:
    text = (files("hopwatch.normalise") / "ecs.toml").read_text("utf-8")
    return list(tomllib.loads(text)["moved"])


def _moved(channel: str, event_id: int) -> Moved:
    return _known().get((channel, event_id)) or _known().get((channel, 0), {})


@cache
def _known() -> dict[tuple[str, int], Moved]:
    """What is moved, by channel and event id; 0 stands for every event of the channel."""
    known: dict[tuple[str, int], Moved] = {}
    for part in _table():
        paths = {n: tuple(tuple(p.split(".")) for p in text.split(" \\ ")) for n, text in part["fields"].items()}
        for event_id in part["ids"]:
            place = known.setdefault((part["channel"].lower(), event_id), {})
            place.update(paths)
    return known
