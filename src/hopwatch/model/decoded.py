"""Windows events whose values were taken out of their binary records, but are not texts yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

Head = tuple[Any, ...]  # what HEAD names, in order
HEAD = (
    *("event_id", "utc", "record_id", "process_id", "level", "keywords"),  # numbers
    *("user_sid", "provider", "channel", "computer", "static"),
)
EVENT_ID, UTC, RECORD_ID, PROCESS_ID, LEVEL, KEYWORDS, USER_SID, PROVIDER, CHANNEL, COMPUTER, STATIC = range(len(HEAD))


@dataclass(frozen=True)
class Field:
    """A field of an event: `value` is a text, or the number of the value.

    `null` says that empty is none, `many` that the value may be a list of texts.
    """

    name: str
    value: str | int | None
    null: bool = False
    many: bool = False


@dataclass(frozen=True, eq=False)  # a form is itself: events are grouped by it
class Form:
    """What events of one form have in common: their fields, and the binary XML type of each of their values.

    `static` is what their JSON would hold beside the values, in lower case.
    """

    fields: tuple[Field, ...]
    types: bytes
    static: bytes

    @cached_property
    def slots(self) -> tuple[int, ...]:
        """Which values are those of fields."""
        return tuple({field.value: None for field in self.fields if isinstance(field.value, int)})


@dataclass(frozen=True, eq=False)
class Cut:
    """How the values of an event are taken apart: its form, and how many bytes each has, in numbers of four bytes."""

    form: Form
    sizes: bytes


Row = tuple[Cut, Head, bytes]


@dataclass(frozen=True)
class Decoded:
    """Events in the order of their log, each with how to take its values apart, its head, and its values.

    In a head numbers are numbers (`utc` is a FILETIME) and texts are UTF-16; `size` is how many bytes of the log were
    read, `content` about how many of them are these events.
    """

    rows: list[Row]
    size: int
    content: int
