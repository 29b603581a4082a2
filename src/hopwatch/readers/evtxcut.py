"""Cuts records that nobody needs of the library out of EVTX chunks, before it decodes them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

CHUNK = 65536
FIRST = 512  # where the first record of a chunk begins
# Where a chunk's header has the numbers of its first and last record, the last one's id, how much of the chunk is used,
# and the checksum of that.
NUMBERS, LAST, USED, SUM = 8, 32, 48, 52


def without(chunk: bytes, used: int, kept: Sequence[int]) -> bytes:
    """Give a chunk of which only the records that begin at some places are left, the first one always among them.

    A record is cut out by making the one before it longer, with a sign at its old end that its event ends there:
    so templates and names that stand in it are still found. `used` is where the chunk's last record ends. Source: the
    EVTX format as documented by the libevtx project.
    """
    content = bytearray(chunk)
    for start, end in zip(kept, [*kept[1:], used], strict=True):
        behind = start + struct.unpack_from("<I", chunk, start + 4)[0]
        if behind < end:
            content[behind - 4 : behind] = bytes(4)  # not its size again, but that its event ends here
            struct.pack_into("<I", content, start + 4, end - start)
    last = kept[-1]
    (first,) = struct.unpack_from("<Q", chunk, NUMBERS)
    struct.pack_into("<Q", content, NUMBERS + 8, first + len(kept) - 1)
    content[LAST : LAST + 8] = content[last + 8 : last + 16]
    return bytes(content)
