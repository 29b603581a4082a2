"""Takes the values of EVTX records out of their chunks by the records' templates, and tells what it must leave."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from zlib import crc32

from hopwatch.model.decoded import EVENT_ID, USER_SID, UTC, Cut, Form, Head, Row
from hopwatch.readers.binxml import DEFINITION, FRAGMENT, Definition, Unusual
from hopwatch.readers.evtxcut import CHUNK, FIRST, NUMBERS, USED, without
from hopwatch.readers.evtxfields import BINXML, LATEST, MOST, NULL, Inner, Taken, sound
from hopwatch.readers.evtxplan import LARGEST, Outer
from hopwatch.readers.evtxtemplates import Templates

MAGIC = b"**\x00\x00"
INSTANCE = FRAGMENT + b"\x0c"  # what a record begins with behind its own header: it is one instance of a template
HEAD = struct.Struct("<4sI16x5s5xI")  # magic, size, INSTANCE, place of the template
TEMPLATE = HEAD.size  # a template that a record is the first to use stands here
INNER = 14  # bytes of that and of what tells which template it is
ABOUT = struct.Struct("<HBx")  # size and type of a value
END = b"\0\0"
NOTHING = bytes(4)  # what stands before no values
COUNT = struct.Struct("<I")
IN_CHUNK = 64  # templates that one chunk may have
PASSED: Row = (Cut(Form((), b"", b""), b""), (), b"")  # stands for a record that nobody asks for


@dataclass
class Found:
    """What the records of a chunk became: `left` are the places of those that the library must read."""

    rows: list[Row] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    passed: int = 0


def rows(run: bytes, place: int, ids: frozenset[int] | None, templates: Templates) -> tuple[list[Row], bytes, int]:
    """Give the rows of the chunk at a place of a run, what of it is left for the library, and how many are in neither.

    Left are the records that are not of the usual form, the first one too where there are any (`without` tells why),
    and the chunk as it is where its checksum says that it is damaged or anything else is unusual. Records whose event
    id is not among `ids` are in neither.
    """
    used, total = struct.unpack_from("<II", run, place + USED)
    chunk = run[place : place + min(used, CHUNK)]
    if not FIRST < used <= CHUNK or crc32(memoryview(chunk)[FIRST:]) != total:
        return [], run[place : place + CHUNK], 0
    try:
        reader = _Chunk(chunk, ids, templates)
        found = _walk(chunk, reader)
        if found.left and found.left[0] != FIRST:
            found = _walk(chunk, reader, leave_first=True)
    except (Unusual, struct.error, IndexError):
        return [], run[place : place + CHUNK], 0
    rest = without(run[place : place + CHUNK], used, found.left) if found.left else b""
    return found.rows, rest, found.passed


def _walk(chunk: bytes, reader: _Chunk, leave_first: bool = False) -> Found:
    """Read a chunk's records, or leave the first one at least; raises Unusual where they do not fill the chunk."""
    found = Found()
    place, used = FIRST, len(chunk)
    while place < used - TEMPLATE:
        magic, size, instance, template = HEAD.unpack_from(chunk, place)
        if magic != MAGIC or not TEMPLATE < size <= used - place:
            raise Unusual
        row = (
            reader.row(place + TEMPLATE, place + size - 4, template)
            if instance == INSTANCE and not leave_first
            else None
        )
        if row is PASSED:
            found.passed += 1
        elif row is None:
            found.left.append(place)
        else:
            found.rows.append(row)
        place += size
        leave_first = False
    number, last = struct.unpack_from("<QQ", chunk, NUMBERS)
    if place != used or last - number + 1 != len(found.rows) + len(found.left) + found.passed:
        raise Unusual
    return found


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
        """Read a record whose template, if it is the first to use it, or else values stand at a place.

        Its binary XML ends at `stop`. None is for the library, PASSED for nobody.
        """
        chunk = self._chunk
        end, outer = self._outer.get(template) or self._outer_at(template)
        if at == template:
            at = end
        if outer is None:
            return self._left(at, stop)
        about = chunk[at : at + outer.about]
        layout = outer.layouts.get(about) or outer.layout(about)
        if layout is None or at + layout.body > stop:
            return self._left(at, stop)
        found = layout.values.unpack_from(chunk, at + outer.about)
        if self._ids is not None and found[layout.event_id] not in self._ids:
            return PASSED
        head = layout.order(found + layout.constants)
        sid = head[USER_SID]
        if sid and len(sid) != 8 + 4 * sid[1]:
            raise Unusual  # it may reach into the next record
        if head[EVENT_ID] > LARGEST or head[UTC] >= LATEST:
            return self._left(at, stop)
        if outer.body is None:
            return self._taken(outer.fields, head, at, stop)
        return self._nested(outer, head, found, at + layout.body, stop)

    def _nested(self, outer: Outer, head: Head, found: Head, body: int, stop: int) -> Row | None:
        """Read the fields of a record that are an instance of another template, which stands at `body`."""
        end = body + found[0]
        if end != stop and (end > stop or self._chunk[end]):
            raise Unusual
        if end == body or found[1] != BINXML:
            return self._bare(outer, head, found[1])
        if found[-2] != INSTANCE:
            return None
        place = found[-1], outer.container
        defined, fields = self._inner.get(place) or self._inner_at(*place)
        at = defined if body + INNER == place[0] else body + INNER
        return self._taken(fields, head, at, end) if fields else self._left(at, end)

    def _bare(self, outer: Outer, head: Head, kind: int) -> Row | None:
        """The row of a record that has no fields."""
        found = outer.fields.cut(NOTHING) if kind in (NULL, BINXML) else None
        return (found.cut, head, b"") if found else None

    def _taken(self, fields: Inner, head: Head, at: int, stop: int) -> Row | None:
        """Take the values of an instance whose number of values stands at a place."""
        chunk = self._chunk
        found = fields.cuts.get(chunk[at : at + fields.about]) or self._cut(fields, at)
        if found is None:
            return self._left(at, stop)
        begin = at + found.behind
        end = begin + found.size
        if end != stop and (end > stop or chunk[end]):
            return self._left(at, stop)
        for place, count in found.sids:
            if chunk[begin + place] != count:
                raise Unusual
        for place in found.lists:
            if chunk[begin + place - 2 : begin + place] != END:
                raise Unusual
        for place in found.times:
            if int.from_bytes(chunk[begin + place : begin + place + 8], "little") >= LATEST:
                return None
        return found.cut, head, chunk[begin:end]

    def _cut(self, fields: Inner, at: int) -> Taken | None:
        (count,) = COUNT.unpack_from(self._chunk, at)
        return fields.cut(self._chunk[at : at + 4 + 4 * count]) if count <= MOST else None

    def _left(self, at: int, stop: int) -> Row | None:
        """Leave a record to the library; raises Unusual where that may read what does not belong to the record.

        What is cut out of the chunk must not change what it reads.
        """
        (count,) = COUNT.unpack_from(self._chunk, at)
        place = at + 4 + 4 * count
        if place > stop:
            raise Unusual
        for size, kind in ABOUT.iter_unpack(self._chunk[at + 4 : place]):
            if not sound(self._chunk[place : place + size], kind):
                raise Unusual
            place += size
        if place > stop:
            raise Unusual
        return None

    def _outer_at(self, place: int) -> tuple[int, Outer | None]:
        end, definition = self._definition(place)
        self._outer[place] = found = (end, self._templates.outer(definition) if definition else None)
        return found

    def _inner_at(self, place: int, container: str | None) -> tuple[int, Inner | None]:
        end, definition = self._definition(place)
        self._inner[place, container] = found = (
            end,
            self._templates.inner(definition, container) if definition else None,
        )
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
