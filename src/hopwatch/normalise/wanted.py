"""Which Windows events to keep, told as early as can be: most records are passed over before they are parsed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from hopwatch.normalise.words import Words

# The event id where most of the shapes put it, found in the text before it is parsed; without it, parsing tells.
EVENT_ID = re.compile(rb'"(?:EventID|event_id|EventId|EventCode)"\s*:\s*(?:\{.{0,80}?"#text"\s*:\s*)?"?(\d{1,9})')
# Words that a number in hexadecimal digits, a GUID, bytes or a truth value may hold too.
ELSEWHERE = re.compile(rb"^(?:x?[0-9a-f-]+|tru|rue|true|fals|alse|false)$")
Channels = Mapping[str, set[int] | None]
Sets = Collection[Collection[str]]
Encoded = frozenset[frozenset[bytes]]
Place = tuple[bytes, Words | None]  # a channel, and its words


class Grade(Enum):
    """How much of a record is needed."""

    NOTHING = 0
    PRESENCE = 1  # that there is one of its kind on that host at that time
    ALL = 2


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    `channels`: event ids by channel (None: every one). `words`, in lower case by channel and id: only events that hold
    all of one of the sets are needed whole; backslashes stand in them as often as in the value of a field. `kinds`: ids
    of which it matters also that there are others.
    """

    channels: Channels
    words: Mapping[tuple[str, int], Sets] = field(default_factory=dict)
    kinds: frozenset[int] = frozenset()


class Wanted:
    """Tells which records are asked for; all of them where `asked` is None.

    `ids` are the event ids that any channel wants, None where one wants all.
    """

    def __init__(self, asked: Asked | None) -> None:
        self._channels = None if asked is None else {name.lower(): ids for name, ids in asked.channels.items()}
        self.ids = _all_ids(asked)
        sets = {} if asked is None else _sets(asked)
        self._places = {number: tuple(_place(*one) for one in those) for number, those in sets.items()}
        self._value_sets = {} if asked is None else _of_values(asked)
        self._kinds = frozenset() if asked is None else asked.kinds

    def grade(self, text: bytes) -> Grade:
        """Tell how much of a record, a JSON text, can be needed."""
        if self.ids is None:
            return Grade.ALL
        found = EVENT_ID.search(text)
        if found is None:
            return Grade.ALL
        number = int(found[1])
        if number not in self.ids:
            return Grade.NOTHING
        places = self._places.get(number)
        return Grade.ALL if places is None or _holds(text.lower(), places) else self.without_words(number)

    def words_of(self, channel: str, number: int, known: bytes) -> Words | None:
        """Give the words that an event's values must hold as its words tell; none where they need hold none.

        `known` is what the event's JSON holds beside its values, in lower case. A word that a number or an identifier
        may hold as well is taken to be there.
        """
        sets = self._value_sets.get((channel.lower(), number))
        if sets is None:
            return None
        left = frozenset(frozenset(word for word in words if word not in known) for words in sets)
        return None if frozenset() in left else _wide(left)

    def without_words(self, number: int) -> Grade:
        """Tell how much of an event of an id is needed that does not hold the words that are asked for."""
        return Grade.PRESENCE if number in self._kinds else Grade.NOTHING

    def wants(self, channel: str, event_id: int) -> bool:
        """Tell whether events of a channel and id are asked for."""
        if self._channels is None:
            return True
        ids = self._channels.get(channel.lower(), set())
        return ids is None or event_id in ids


def _all_ids(asked: Asked | None) -> frozenset[int] | None:
    """Every event id that any channel wants; None where one wants all."""
    if asked is None or any(ids is None for ids in asked.channels.values()):
        return None
    return frozenset(i for ids in asked.channels.values() for i in ids or ())


def _sets(asked: Asked) -> dict[int, list[tuple[bytes, Encoded | None]]]:
    """Where an event id that has words may be from: every channel that wants it, each with its words if it has any."""
    found = {}
    for number in {number for _, number in asked.words}:
        channels = [name for name, ids in asked.channels.items() if ids is None or number in ids]
        found[number] = [(name.lower().encode(), _encoded(asked.words.get((name, number)))) for name in channels]
    return found


def _encoded(sets: Sets | None) -> Encoded | None:
    """Words as they stand in JSON."""
    if sets is None:
        return None
    return frozenset(frozenset(word.replace("\\", "\\\\").encode() for word in words) for words in sets)


@lru_cache(maxsize=512)
def _place(channel: bytes, sets: Encoded | None) -> Place:
    """A channel and its words; none where nothing need be there."""
    return channel, None if sets is None or frozenset() in sets else Words(sets)


@lru_cache(maxsize=512)
def _wide(sets: Encoded) -> Words:
    return Words(sets, wide=True)


def _of_values(asked: Asked) -> dict[tuple[str, int], Encoded]:
    """The words by channel, in lower case, and event id, without those that may stand in a value that is no text."""
    return {
        (channel.lower(), number): frozenset(
            frozenset(word for word in map(str.encode, words) if not ELSEWHERE.search(word)) for words in sets
        )
        for (channel, number), sets in asked.words.items()
    }


def _holds(text: bytes, places: tuple[Place, ...]) -> bool:
    """Whether a record, in lower case, holds the words of a channel that it names, or names no such channel."""
    named = False
    for channel, words in places:
        if channel in text:
            named = True
            if words is None or words.in_text(text):
                return True
    return not named
