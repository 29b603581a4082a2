"""Reads the fields of events that a source gives without their names: inserts, messages, payloads, ECS fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hopwatch.normalise.ecs import moved_back
from hopwatch.normalise.fields import Fields
from hopwatch.normalise.messages import from_columns, from_message
from hopwatch.normalise.payload import from_payload
from hopwatch.normalise.positional import from_inserts
from hopwatch.normalise.shape import Shape, at

# Each adds to the fields and says whether it could read the value: (value, fields, channel, event id).
DECODERS: dict[str, Callable[[Any, Fields, str, int], bool]] = {
    "columns": from_columns,
    "ecs": moved_back,
    "inserts": from_inserts,
    "message": from_message,
    "payload": from_payload,
}


def decode(shape: Shape, record: dict[str, Any], fields: Fields, channel: str, event_id: int) -> bool:
    """Add the fields that the first readable part gives; false where there are parts, and none could be read."""
    given = False
    for kind, paths in shape.decode:
        value = at(record, paths)
        if value is not None:
            given = True
            if DECODERS[kind](value, fields, channel, event_id):
                return True
    return not given
