"""Tells whether a text holds the words of one of several sets, in one pass over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

import re2

# What nearly every record holds says nothing about one.
EVERYWHERE = b"system eventdata microsoft-windows-security-auditing microsoft-windows-sysmon/operational"
FEW = 6
Rest = tuple[bytes, ...]
Led = dict[bytes, list[Rest]]


class Words:
    """Sets of words in lower case, looked for in texts in lower case; `wide` where these are in UTF-16.

    One word of each set leads: only where it is found, the others are looked for. A few leaders are looked for one by
    one, many in one pass: RE2 takes time in proportion to the text, whatever it holds.
    """

    def __init__(self, sets: Iterable[Collection[bytes]], wide: bool = False) -> None:
        led = _led(frozenset(words) for words in sets)
        if wide:
            led = {_wide(word): [tuple(map(_wide, rest)) for rest in rests] for word, rests in led.items()}
        leaders = sorted(led, key=lambda word: (-len(word), word))
        self._led = led
        # A leader that stands inside of another is found with it.
        self._found = {word: [rest for one in leaders if one in word for rest in led[one]] for word in leaders}
        self._leaders = None if len(leaders) <= FEW else re2.compile(b"|".join(map(re2.escape, leaders)), _bytes())

    def in_text(self, text: bytes) -> bool:
        """Whether the text, in lower case, holds all words of one of the sets."""
        if self._leaders is None:
            return any(word in text and _any_in(text, rests) for word, rests in self._led.items())
        tried = set()
        found = self._leaders.search(text)
        while found is not None:
            leader = found[0]
            if leader not in tried:
                if _any_in(text, self._found[leader]):
                    return True
                tried.add(leader)
            found = self._leaders.search(text, found.start() + 1)
        return False


def _any_in(text: bytes, rests: list[Rest]) -> bool:
    return any(all(word in text for word in rest) for rest in rests)


def _bytes() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return options


def _wide(word: bytes) -> bytes:
    return word.decode().encode("utf-16-le")


def _led(sets: Iterable[frozenset[bytes]]) -> Led:
    """The sets by the word of each that leads it: one that many share, and that not every record holds."""
    left = set(sets)
    led: Led = {}
    while left:
        shared = Counter(word for words in left for word in words)
        leader = max(shared, key=lambda word: (*_tells(word), shared[word], len(word), word))
        mine = {words for words in left if leader in words}
        led[leader] = sorted(tuple(sorted(words - {leader}, key=len, reverse=True)) for words in mine)
        left -= mine
    return led


def _tells(word: bytes) -> tuple[bool, bool]:
    return word not in EVERYWHERE, not word.startswith(b"%%")
