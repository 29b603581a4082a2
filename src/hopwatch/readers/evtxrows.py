"""Takes the values of EVTX records out of their chunks by the records' templates, and tells what it must leave."""

from __future__ import annotations

import struct
from zlib import crc32

from hopwatch.model.decoded import EVENT_ID, Form, Head, Row
from hopwatch.readers.binxml import DEFINITION, FRAGMENT, Definition, Unusual
from hopwatch.readers.evtxcut import CHUNK, FIRST, NUMBERS, SUM, USED, without
from hopwatch.readers.evtxplan import BINXML, MOST, NULL, Inner, Outer, inner

MAGIC = b"**\x00\x00"
INSTANCE = FRAGMENT + b"\x0c"  # what a record begins with behind its own header: it is one instance of a template
HEAD = struct.Struct("<4sI16x5s5xI")  # magic, size, INSTANCE, place of the template
TEMPLATE = HEAD.size  # a template that a record is the first to use stands here
INNER = struct.Struct("<5s5xI")  # the same inside a record
COUNT = struct.Struct("<I")
ABOUT = struct.Struct("<HB")  # size and type of a value
VARIANTS = 32  # of one template, by which names it is the first in its chunk to use
KNOWN = 2000  # templates that are remembered
IN_CHUNK = 64  # templates that one chunk may have
PASSED: Row = (Form((), b"", b""), (), ())  # stands for a record that nobody asks for


class Templates:
    """The templates of the chunks that were read so far."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Definition]] = {}
        self._count = 0
        self._outer: dict[Definition, Outer | None] = {}
        self._inner: dict[tuple[Definition, str | None], Inner | None] = {}

    def at(self, chunk: bytes, place: int) -> Definition:
        """Give the template that a chunk has at a place; raises Unusual where it is not of the usual form."""
        begin = place + DEFINITION.size
        end = begin + int.from_bytes(chunk[begin - 4 : begin], "little")
        if end > CHUNK:
            raise Unusual
        known = self._known.setdefault(chunk[place + 4 : begin], [])  # GUID and length
        for definition in known:
            if definition.is_at(chunk, begin, end):
                return definition
        definition = Definition(chunk, begin, end)
        if self._count >= KNOWN:
            self._known.clear()
            self._outer.clear()
            self._inner.clear()
            self._count, known = 0, self._known.setdefault(chunk[place + 4 : begin], [])
        if len(known) < VARIANTS:
            known.append(definition)
            self._count += 1
        return definition

    def outer(self, definition: Definition) -> Outer | None:
        """Give what a template says of whole events, none where it is not of the usual form."""
        if definition not in self._outer:
            try:
                self._outer[definition] = Outer(definition.root)
            except Unusual:
                self._outer[definition] = None
        return self._outer[definition]

    def inner(self, definition: Definition, container: str | None) -> Inner | None:
        """Give what a template says of the fields of events, none where it is not of the usual form."""
        if (definition, container) not in self._inner:
            try:
                self._inner[definition, container] = inner(definition.root, container)
            except Unusual:
                self._inner[definition, container] = None
        return self._inner[definition, container]


def rows(chunk: bytes, ids: frozenset[int] | None, templates: Templates) -> tuple[list[Row], bytes, int]:
    """Give the rows of a chunk, what of it is left for the library, and how many records are in neither.

    Left are the records that are not of the usual form, the first one too where there are any (`without` tells why),
    and the chunk as it is where its checksum says that it is damaged or anything else is unusual. Records whose event
    id is not among `ids` are in neither.
    """
    used, total = struct.unpack_from("<II", chunk, USED)
    if not FIRST < used <= CHUNK or crc32(memoryview(chunk)[FIRST:used]) != total:
        return [], chunk, 0
    try:
        places, found = _walk(chunk, used, _Chunk(chunk, ids, templates))
    except (Unusual, struct.error, IndexError):
        return [], chunk, 0
    if None in found:
        found[0] = None
    left = [place for place, row in zip(places, found, strict=True) if row is None]
    given = [row for row in found if row is not None and row is not PASSED]
    rest = without(chunk, used, left) if left else b""
    return given, rest, len(found) - len(given) - len(left)


def _walk(chunk: bytes, used: int, reader: _Chunk) -> tuple[list[int], list[Row | None]]:
    """Where a chunk's records begin, and what each became; raises Unusual where they do not fill the chunk."""
    places, found = [], []
    place = FIRST
    while place < used - TEMPLATE:
        magic, size, instance, template = HEAD.unpack_from(chunk, place)
        if magic != MAGIC or not TEMPLATE < size <= used - place:
            raise Unusual
        places.append(place)
        found.append(reader.row(place + TEMPLATE, place + size - 4, template) if instance == INSTANCE else None)
        place += size
    first, last = struct.unpack_from("<QQ", chunk, NUMBERS)
    if place != used or last - first + 1 != len(places):
        raise Unusual
    return places, found


class _Chunk:
    """One chunk whose records are read."""

    def __init__(self, chunk: bytes, ids: frozenset[int] | None, templates: Templates) -> None:
        self._chunk = chunk
        self._ids = ids
        self._templates = templates
        self._definitions: dict[int, tuple[int, Definition | None]] = {}
        self._guids: dict[bytes, Definition] = {}
        self._outer: dict[int, tuple[int, Outer | None]] = {}
        self._inner: dict[tuple[int, str | None], tuple[int, Inner | None]] = {}

    def row(self, at: int, stop: int, template: int) -> Row | None:
        """Read a record whose template, if it is the first to use it, or else values stand at a place."""
        chunk = self._chunk
        end, outer = self._outer.get(template) or self._outer_at(template)
        if outer is None:
            return None
        first = (end if at == template else at) + 4
        (count,) = COUNT.unpack_from(chunk, first - 4)
        if not outer.prefix <= count <= MOST:
            return None
        about = chunk[first : first + 4 * outer.prefix]
        layout = outer.layouts.get(about) or outer.layout(about)
        begin = first + 4 * count
        if layout is None or begin + layout.size > stop:
            return None
        head = layout.head(chunk, begin)
        if head is None:
            return None
        if self._ids is not None and head[EVENT_ID] not in self._ids:
            return PASSED
        if outer.body is None:
            return self._taken(outer.fields, head, first - 4, stop)
        if count != outer.body + 1:
            return None
        return self._body(outer, head, begin, begin + layout.size, stop)

    def _body(self, outer: Outer, head: Head, begin: int, body: int, stop: int) -> Row | None:
        """Read the fields of a record that are an instance of another template, which stands at `body`."""
        chunk = self._chunk
        size, kind = ABOUT.unpack_from(chunk, begin - 4)
        end = body + size
        if end != stop and not (end < stop and chunk[end] == 0):
            return None
        if kind == NULL or not size:
            return self._none(outer, head) if kind in (NULL, BINXML) else None
        instance, template = INNER.unpack_from(chunk, body)
        if kind != BINXML or instance != INSTANCE:
            return None
        defined, fields = self._inner.get((template, outer.container)) or self._inner_at(template, outer.container)
        at = body + INNER.size
        return fields and self._taken(fields, head, defined if at == template else at, end)

    def _none(self, outer: Outer, head: Head) -> Row | None:
        kind = outer.fields.kind(b"")
        return kind and (kind.form, head, ())

    def _taken(self, fields: Inner, head: Head, at: int, stop: int) -> Row | None:
        """Take the values of an instance whose number of values stands at a place."""
        chunk = self._chunk
        (count,) = COUNT.unpack_from(chunk, at)
        if count > MOST:
            return None
        begin = at + 4 + 4 * count
        about = chunk[at + 4 : begin]
        kind, cut = fields.cuts.get(about) or fields.cut(about)
        if kind is None:
            return None
        end = begin + cut.size
        if end != stop and not (end < stop and chunk[end] == 0):
            return None
        values = cut.unpack_from(chunk, begin)
        if kind.checked and not kind.holds(values):
            return None
        return kind.form, head, values

    def _outer_at(self, place: int) -> tuple[int, Outer | None]:
        end, definition = self._definition(place)
        self._outer[place] = found = (end, definition and self._templates.outer(definition))
        return found

    def _inner_at(self, place: int, container: str | None) -> tuple[int, Inner | None]:
        end, definition = self._definition(place)
        self._inner[place, container] = found = (end, definition and self._templates.inner(definition, container))
        return found

    def _definition(self, place: int) -> tuple[int, Definition | None]:
        """Where a template ends, and what it is; raises Unusual where that is in doubt."""
        if place in self._definitions:
            return self._definitions[place]
        if len(self._definitions) >= IN_CHUNK:
            raise Unusual
        chunk = self._chunk
        guid, length = DEFINITION.unpack_from(chunk, place)
        definition: Definition | None
        try:
            definition = self._templates.at(chunk, place)
        except (Unusual, struct.error, IndexError):
            definition = None
        if self._guids.setdefault(guid, definition) is not definition:  # type: ignore[arg-type]
            raise Unusual  # the library knows templates by their GUID
        self._definitions[place] = found = (place + DEFINITION.size + length, definition)
        return found
