"""Reads the definitions of binary XML templates that Windows' event logs are made of."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

Leaf = str | int  # a text that the template itself holds, or the number of the value that is put in
FRAGMENT = b"\x0f\x01\x01\x00"
DEFINITION = struct.Struct("<4x16sI")  # what stands before a template's content: its GUID, and how long it is
NAME = re.compile(r"[A-Za-z_][\w.:-]*", re.ASCII)  # what no encoding of records escapes
DEEPEST = 6
LONGEST = 8192  # bytes of a definition
END, OPEN, CLOSE_START, CLOSE_EMPTY, CLOSE, TEXT, ATTRIBUTE = 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
SUBSTITUTION, OPTIONAL = 0x0D, 0x0E
MORE = 0x40  # a flag of an element with attributes, and of an attribute before another one
STRING = 0x01


class Unusual(Exception):
    """Say that something is not of the form that nearly all logs have."""


@dataclass
class Element:
    """An element of a template: its attributes, and its elements or the one leaf that it holds, if any."""

    name: str
    attributes: dict[str, Leaf] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)

    @property
    def leaf(self) -> Leaf | None:
        """What it holds where that is one text or value and no element; raises Unusual where it holds more."""
        if self.children or len(self.leaves) > 1:
            raise Unusual
        return self.leaves[0] if self.leaves else None

    def everything(self) -> Iterator[Leaf]:
        """Give all texts and values in it."""
        yield from (*self.attributes.values(), *self.leaves)
        for child in self.children:
            yield from child.everything()


@dataclass(frozen=True)
class Name:
    """Where a definition refers to a name, from its start on, where that is, and its length and text."""

    place: int
    inline: bool
    at: int
    content: bytes


class Definition:
    """A template as one chunk has it, and how to tell that another chunk has the same.

    Two chunks' definitions differ in where their names stand, for a name is written where it is first used.
    """

    def __init__(self, chunk: bytes, begin: int, end: int) -> None:
        reader = _Reader(chunk, begin, end)
        self.root = reader.read()
        names = reader.names
        self.alone = all(begin <= name.at < end for name in names)  # its names stand in itself
        self._places = struct.Struct("<" + _gaps([name.place for name in names]))
        self._own = [(number, name.place + 4) for number, name in enumerate(names) if name.inline]
        self._others = [(number, name.content) for number, name in enumerate(names) if not name.inline]
        mask = bytearray(b"\xff" * (end - begin))
        for name in names:
            # Of a name that stands here also the place of the next one in the chunk's table differs.
            mask[name.place : name.place + 4 + 4 * name.inline] = bytes(4 + 4 * name.inline)
        self._mask = int.from_bytes(mask, "little")
        self._fixed = int.from_bytes(chunk[begin:end], "little") & self._mask

    def is_at(self, chunk: bytes, begin: int, end: int) -> bool:
        """Whether a chunk's definition of the same length is this one."""
        if int.from_bytes(chunk[begin:end], "little") & self._mask != self._fixed:
            return False
        places = self._places.unpack_from(chunk, begin)
        for number, place in self._own:
            if places[number] != begin + place:
                return False
        # Most names are used many times, and stand at one place.
        for place, content in {(places[number], content) for number, content in self._others}:
            if not chunk.startswith(content, place + 6):
                return False
        return True


def _gaps(places: list[int]) -> str:
    """The format of numbers of four bytes at some places."""
    behind = [0, *(place + 4 for place in places)]
    return "".join(f"{place - before}xI" for place, before in zip(places, behind, strict=False))


class _Reader:
    """Reads one definition, token by token; raises Unusual or struct.error where it is not of the usual form."""

    def __init__(self, chunk: bytes, begin: int, end: int) -> None:
        self.chunk, self.begin, self.at, self.end = chunk, begin, begin, end
        self.names: list[Name] = []

    def read(self) -> Element:
        if self.chunk[self.at : self.at + 4] != FRAGMENT or not 4 < self.end - self.at <= LONGEST:
            raise Unusual
        self.at += 4
        root = self._element(self._token(), 0)
        if self._token() != END or self.at != self.end:
            raise Unusual
        return root

    def _token(self) -> int:
        token, self.at = self.chunk[self.at], self.at + 1
        if self.at > self.end:
            raise Unusual
        return token

    def _element(self, token: int, depth: int) -> Element:
        if token & ~MORE != OPEN or depth > DEEPEST:
            raise Unusual
        self.at += 6
        element = Element(self._name())
        if token & MORE:
            self.at += 4
            while self._attribute(element):
                pass
        token = self._token()
        if token == CLOSE_START:
            while (token := self._token()) != CLOSE:
                if token in (TEXT, SUBSTITUTION, OPTIONAL):
                    element.leaves.append(self._leaf(token))
                else:
                    element.children.append(self._element(token, depth + 1))
        elif token != CLOSE_EMPTY:
            raise Unusual
        return element

    def _attribute(self, element: Element) -> bool:
        """Add an attribute; whether there is another."""
        token = self._token()
        name = self._name()
        if token & ~MORE != ATTRIBUTE or name in element.attributes:
            raise Unusual
        element.attributes[name] = self._leaf(self._token() & ~MORE)
        return bool(token & MORE)

    def _leaf(self, token: int) -> Leaf:
        if token in (SUBSTITUTION, OPTIONAL):
            (number,) = struct.unpack_from("<H", self.chunk, self.at)
            self.at += 3
            return int(number)
        kind, length = struct.unpack_from("<BH", self.chunk, self.at)
        if token != TEXT or kind != STRING:
            raise Unusual
        self.at += 3 + 2 * length
        return _text(self.chunk[self.at - 2 * length : self.at], length)

    def _name(self) -> str:
        (place,) = struct.unpack_from("<I", self.chunk, self.at)
        (length,) = struct.unpack_from("<H", self.chunk, place + 6)
        content = self.chunk[place + 6 : place + 8 + 2 * length]
        inline = place == self.at + 4
        self.names.append(Name(self.at - self.begin, inline, place, content))
        self.at += 4 + (10 + 2 * length if inline else 0)
        text = _text(content[2:], length)
        if not NAME.fullmatch(text):
            raise Unusual
        return text


def _text(content: bytes, length: int) -> str:
    try:
        text = content.decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise Unusual from error
    if len(content) != 2 * length or "\0" in text:
        raise Unusual
    return text
