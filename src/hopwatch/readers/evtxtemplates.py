"""Remembers the templates of EVTX chunks, for most chunks of a log have the same ones."""

from __future__ import annotations

from hopwatch.readers.binxml import DEFINITION, Definition, Unusual
from hopwatch.readers.evtxfields import Inner, inner
from hopwatch.readers.evtxplan import Outer

VARIANTS = 32  # of one template, by which names it is the first in its chunk to use
KNOWN = 2000  # templates that are made before all are forgotten
SIZES = 60_000  # combinations of types and sizes of their values


class Templates:
    """The templates of the chunks that were read so far."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Definition]] = {}
        self._exact: dict[tuple[int, bytes], Definition] = {}
        self._count = 0
        self._alike: dict[str, Definition] = {}  # one of the definitions with some content
        self._outer: dict[Definition, Outer | None] = {}
        self._inner: dict[tuple[Definition, str | None], Inner | None] = {}

    def at(self, chunk: bytes, place: int) -> Definition:
        """Give the template that a chunk has at a place; raises Unusual where it is not of the usual form."""
        begin = place + DEFINITION.size
        end = begin + int.from_bytes(chunk[begin - 4 : begin], "little")
        if end > len(chunk):
            raise Unusual
        exact = begin, chunk[place + 4 : end]
        if found := self._exact.get(exact):
            return found
        known = self._known.setdefault(chunk[place + 4 : begin], [])  # GUID and length
        for definition in known:
            if definition.is_at(chunk, begin, end):
                return definition
        definition = Definition(chunk, begin, end)
        if self._count >= KNOWN:
            self._forget()
            known = self._known.setdefault(chunk[place + 4 : begin], [])
        self._count += 1
        if len(known) < VARIANTS:
            known.append(definition)
            if definition.alone:
                self._exact[exact] = definition
        return definition

    def make_room(self) -> None:
        """Forget everything where it has become too much; to be called between two logs."""
        sizes = sum(len(one.layouts) for one in {*self._outer.values()} if one)
        sizes += sum(len(one.cuts) for one in {*self._inner.values()} if one)
        if sizes > SIZES:
            self._forget()

    def outer(self, definition: Definition) -> Outer | None:
        """Give what a template says of whole events, none where it is not of the usual form."""
        if definition not in self._outer:
            like = self._like(definition)
            if like not in self._outer:
                try:
                    self._outer[like] = Outer(definition.root)
                except Unusual:
                    self._outer[like] = None
            self._outer[definition] = self._outer[like]
        return self._outer[definition]

    def inner(self, definition: Definition, container: str | None) -> Inner | None:
        """Give what a template says of the fields of events, none where it is not of the usual form."""
        if (definition, container) not in self._inner:
            like = self._like(definition)
            if (like, container) not in self._inner:
                try:
                    self._inner[like, container] = inner(definition.root, container)
                except Unusual:
                    self._inner[like, container] = None
            self._inner[definition, container] = self._inner[like, container]
        return self._inner[definition, container]

    def _like(self, definition: Definition) -> Definition:
        """The definition that stands for all of the same content: events of one form are to be known as such."""
        return self._alike.setdefault(repr(definition.root), definition)

    def _forget(self) -> None:
        for known in (self._known, self._exact, self._alike, self._outer, self._inner):
            known.clear()
        self._count = 0
