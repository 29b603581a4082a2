"""Takes a large file apart into pieces that can be read alone: runs of EVTX chunks, runs of whole lines."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from hopwatch.readers import evtx, jsonlines
from hopwatch.readers.source import Source, piped

PIECE = 32 * 2**20  # bytes
BLOCK = 2**20
LINE_START = b"{"
COUNT = 42  # where an EVTX header has its number of chunks


@dataclass(frozen=True)
class Lines:
    """The lines of a file that begin in [start, end)."""

    path: Path
    start: int
    end: int

    def open(self) -> BinaryIO:
        """Give the lines from the first on."""
        stream = self.path.open("rb")
        if self.start:
            stream.seek(self.start - 1)
            stream.readline()
        return piped(lambda: self._next(stream), stream)

    def _next(self, stream: BinaryIO) -> bytes:
        left = self.end - stream.tell()
        if left <= 0:
            return b""
        block = stream.read(min(BLOCK, left))
        return block if left > BLOCK or block.endswith(b"\n") else block + stream.readline()


@dataclass(frozen=True)
class Chunks:
    """An EVTX file of some of the chunks of another, those that begin in [start, end), behind its header."""

    path: Path
    start: int
    end: int

    def open(self) -> BinaryIO:
        """Give the header, then the chunks."""
        stream = self.path.open("rb")
        header = stream.read(evtx.HEADER)
        first, count = ((place - evtx.HEADER) // evtx.CHUNK for place in (self.start, self.end))
        (all_chunks,) = struct.unpack_from("<H", header, COUNT)
        header = (
            header[:COUNT] + struct.pack("<H", max(0, min(count - first, all_chunks - first))) + header[COUNT + 2 :]
        )
        stream.seek(self.start)
        given = iter([header])
        return piped(lambda: next(given, None) or self._next(stream), stream)

    def _next(self, stream: BinaryIO) -> bytes:
        return stream.read(max(0, min(BLOCK, self.end - stream.tell())))


def pieces(source: Source, size: int = PIECE) -> Iterator[Source]:
    """Give a source in pieces of about `size` bytes, or whole where it is smaller or cannot be taken apart."""
    kind = _kind(source) if source.path is not None and source.size >= 2 * size else None
    if kind is None or source.path is None:
        yield source
        return
    head = evtx.HEADER if kind is Chunks else 0
    step = max(size // evtx.CHUNK, 1) * evtx.CHUNK
    begun = source.begun()
    for start in range(head, source.size, step):
        end = min(start + step, source.size)
        # The last piece has no end, for a file may have grown since.
        opener = kind(source.path, start, end if end < source.size else 2**62)
        yield replace(begun, opener=opener, path=None, size=end - start)


def _kind(source: Source) -> type[Lines] | type[Chunks] | None:
    head = source.head()
    if evtx.claims(head):
        return Chunks if head.startswith(evtx.MAGIC) else None
    text = head.removeprefix(jsonlines.BOM).lstrip(jsonlines.BLANK)
    first = text.partition(b"\n")[0].rstrip()
    return Lines if jsonlines.claims(head) and first.startswith(LINE_START) and len(first) > 1 else None
