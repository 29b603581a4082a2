"""Cuts records whose event id nobody asks for out of EVTX chunks, before anything is decoded."""

from __future__ import annotations

import re
import struct
from zlib import crc32

CHUNK = 65536
FIRST = 512  # where the first record of a chunk begins
MAGIC = b"**\x00\x00"
# Where a chunk's header has the numbers of its first and last record, the last one's id, how much of the chunk is used,
# and the checksum of that.
NUMBERS, LAST, USED, SUM = 8, 32, 48, 52
# What a record begins with behind its own header of 24 bytes: a fragment that is one instance of a template.
INSTANCE = b"\x0f\x01\x01\x00\x0c"
HEAD = struct.Struct("<4sI16x5s5xI")  # magic, size, INSTANCE, place of the template
TEMPLATE = HEAD.size  # a template that a record is the first to use stands here
DEFINITION = 24  # bytes before a template's content; the last four say how long that is
LONGEST = 64  # values before the event id
NAME = struct.pack("<HH", 0x61F5, 7) + "EventID\x00".encode("utf-16-le")  # hash, length, text
QUALIFIERS = "Qualifiers\x00".encode("utf-16-le")
# What follows the name of the element EventID in a template: an attribute, perhaps, and a value as its text.
TEXT = re.compile(
    rb"(?:.{4}[\x06\x46].{4}(?:.{8}" + re.escape(QUALIFIERS) + rb")?[\x0d\x0e].{3})?\x02[\x0d\x0e](.{2}).\x04",
    re.DOTALL,
)
SIZES = tuple(struct.Struct("<I" + "HBx" * (before + 1)) for before in range(LONGEST))
UNSIGNED = {2: 0x06, 4: 0x08, 8: 0x0A}  # the type of a number of so many bytes
UNKNOWN = -1


def without(chunk: bytes, ids: frozenset[int]) -> tuple[bytes, int]:
    """Give a chunk without the records whose event id is not among `ids`, and how many those are.

    Its first record stays in any case, unless all go: then nothing is given. A record is cut out by making the one
    before it longer, with a sign at its old end that its event ends there. Where anything is unusual, or the
    checksum says that the chunk is damaged, it is given as it is, for what is wrong with it is to be reported.
    A chunk is 65,536 bytes. Source: the EVTX format as documented by the libevtx project.
    """
    used, total = struct.unpack_from("<II", chunk, USED)
    if not FIRST < used <= CHUNK or crc32(memoryview(chunk)[FIRST:used]) != total:
        return chunk, 0
    kept, count = _places(chunk, used, ids)
    if not count:
        return chunk, 0
    if not kept:
        return b"", count
    starts = [FIRST, *(place for place in kept if place != FIRST)]
    content = bytearray(chunk)
    for start, end in zip(starts, [*starts[1:], used], strict=True):
        behind = start + struct.unpack_from("<I", chunk, start + 4)[0]
        if behind < end:
            content[behind - 4 : behind] = bytes(4)  # not its size again, but that its event ends here
            struct.pack_into("<I", content, start + 4, end - start)
    last = starts[-1]
    (first,) = struct.unpack_from("<Q", chunk, NUMBERS)
    struct.pack_into("<Q", content, NUMBERS + 8, first + len(starts) - 1)
    content[LAST : LAST + 8] = content[last + 8 : last + 16]
    return bytes(content), count - (kept[0] != FIRST)


def _places(chunk: bytes, used: int, ids: frozenset[int]) -> tuple[list[int], int]:
    """Where the records begin that are to be kept, and how many are not; none of these where anything is unusual."""
    name = struct.pack("<I", max(chunk.find(NAME) - 4, 0))
    asked = ids | {UNKNOWN}
    known: dict[int, int] = {}
    kept: list[int] = []
    place, count = FIRST, 0
    while place < used - TEMPLATE:
        magic, size, instance, template = HEAD.unpack_from(chunk, place)
        if magic != MAGIC or not TEMPLATE < size <= used - place:
            return [], 0
        before = known.get(template)
        if before is None:
            known[template] = before = _before(chunk, template, name)
        if instance != INSTANCE or _event_id(chunk, place + TEMPLATE, template, before) in asked:
            kept.append(place)
        place, count = place + size, count + 1
    first, last = struct.unpack_from("<QQ", chunk, NUMBERS)
    return (kept, count - len(kept)) if place == used and last - first + 1 == count else ([], 0)


def _before(chunk: bytes, template: int, name: bytes) -> int:
    """How many values stand before the event id in the records of a template, UNKNOWN where it has another form."""
    begin = template + DEFINITION
    if begin > CHUNK:
        return UNKNOWN
    end = begin + int.from_bytes(chunk[begin - 4 : begin], "little")
    place = chunk.find(name, begin, end)
    if place < 0 or chunk[place - 7] not in b"\x01\x41":
        return UNKNOWN
    behind = place + 4
    if behind == int.from_bytes(name, "little"):
        behind += 4 + len(NAME)
    found = TEXT.match(chunk, behind, end)
    number = int.from_bytes(found[1], "little") if found else LONGEST
    return number if number < LONGEST else UNKNOWN


def _event_id(chunk: bytes, values: int, template: int, before: int) -> int:
    """The event id of a record whose values stand at a place, or behind its template where that stands there."""
    if before == UNKNOWN:
        return UNKNOWN
    if values == template:
        values += DEFINITION + int.from_bytes(chunk[values + DEFINITION - 4 : values + DEFINITION], "little")
    if values + SIZES[before].size > CHUNK:
        return UNKNOWN
    count, *about = SIZES[before].unpack_from(chunk, values)
    size, kind = about[-2:]
    end = values + 4 + 4 * count + sum(about[::2])
    if count <= before or UNSIGNED.get(size) != kind or end > CHUNK:
        return UNKNOWN
    return int.from_bytes(chunk[end - size : end], "little")
