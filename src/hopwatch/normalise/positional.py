"""Names the values of events whose fields a source gives by position only."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.normalise.fields import Fields, text_of

Names = dict[int, tuple[str, ...]]  # by how many there are


def from_inserts(value: Any, fields: Fields, channel: str, event_id: int) -> bool:
    """Add inserts under the names that this event's values have where there are so many of them.

    Of an event that is not in the table the texts become `Data`, as its XML without names would give them.
    """
    if not isinstance(value, list) or not value:
        return False
    texts = [text_of(_bare(item)) for item in value]
    known = _table().get((channel.lower(), event_id))
    if known is None:
        fields["Data"] = "\n".join(text for text in texts if text is not None)
        return True
    names = known.get(len(texts)) or known.get(0, ())
    if not names or len(names) > len(texts):
        return False
    fields.update(zip(names, texts, strict=False))
    return True


def _bare(item: Any) -> Any:
    """A value, also as PowerShell's JSON of an event's properties has it."""
    return item.get("Value") if isinstance(item, dict) and len(item) == 1 else item


@cache
def _table() -> dict[tuple[str, int], Names]:
    """Names by channel and event id; under 0 those of an event to whose end newer versions of Windows add."""
    text = (files("hopwatch.normalise") / "positional.toml").read_text("utf-8")
    table: dict[tuple[str, int], Names] = {}
    for event in tomllib.loads(text)["event"]:
        lists = [tuple(names.split()) for names in event["fields"]]
        by_count = {len(names): names for names in lists}
        if event.get("grows"):
            by_count[0] = max(lists, key=len)
        table[event["channel"].lower(), event["id"]] = by_count
    return table
