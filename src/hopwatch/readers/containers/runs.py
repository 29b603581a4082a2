"""Parts of a long run of bytes, read forward: the members of a tar or 7z archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO
from zlib import crc32

from hopwatch.readers.source import HEAD, UNREADABLE, Opener, piped

CHUNK = 2**16
KEPT = 2**20  # bytes of a part's beginning that are kept, so that who has looked at them can read it from the beginning


class Run:
    """Bytes that are opened once and read on from part to part; only who goes back has them opened anew.

    It is sent to another process without what is open. One sent once, with all its parts, is read in one go there too.
    """

    def __init__(self, inner: Opener) -> None:
        self._inner = inner
        self._stream: BinaryIO | None = None
        self._place = 0
        self._begin, self._kept = -1, bytearray()

    def __reduce__(self) -> tuple[object, ...]:
        return Run, (self._inner,)

    def begin(self, place: int) -> None:
        """Begin with a part."""
        if place != self._begin:
            self._begin, self._kept = place, bytearray()

    def read(self, place: int, size: int) -> bytes:
        """Some bytes from a place on, `size` at most; none at the end."""
        at = place - self._begin
        if 0 <= at < len(self._kept):
            return bytes(self._kept[at : at + size])
        stream = self._go_to(place)
        data = stream.read(size) or stream.read(1)  # at the end a damaged stream says what is wrong with it
        self._place += len(data)
        if at == len(self._kept) < KEPT:
            self._kept += data
        return data

    def _go_to(self, place: int) -> BinaryIO:
        if self._stream is None or place < self._place:
            if self._stream:
                self._stream.close()
            self._stream, self._place = self._inner.open(), 0
        if self._stream.seekable():
            self._place = self._stream.seek(place)
        while self._place < place and (data := self._stream.read(min(CHUNK, place - self._place))):
            self._place += len(data)
        return self._stream


@dataclass(frozen=True)
class Part:
    """So many bytes of a run, and the CRC-32 that they should have, if any."""

    run: Run
    place: int
    size: int
    crc: int | None = None

    def open(self) -> BinaryIO:
        """Give the part from its beginning."""
        done, crc = 0, 0
        self.run.begin(self.place)

        def piece() -> bytes:
            nonlocal done, crc
            if done == self.size:
                if self.crc not in (None, crc):
                    raise ValueError("the checksum of an archive member is wrong")
                return b""
            self.run.begin(self.place)
            data = self.run.read(self.place + done, min(CHUNK, self.size - done))
            if not data:
                raise EOFError("the archive ends before its member does")
            done, crc = done + len(data), crc32(data, crc)
            return data

        return piped(piece)


def measured(stream: BinaryIO, size: int) -> tuple[bytes, bytes | None]:
    """The beginning of the next `size` bytes of a stream, and their digest where all are there and sound."""
    begin, digest, left = b"", new_digest(), size
    try:
        while left and (data := stream.read(min(CHUNK, left))):
            begin = begin or data[:HEAD]
            digest.update(data)
            left -= len(data)
    except UNREADABLE:  # who reads on is told again
        pass
    return begin, None if left else digest.digest()


class Onward:
    """A stream on which parts are measured one after the other; those that nobody asks for are passed over."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._place = stream, 0

    def at(self, place: int, size: int) -> Callable[[], tuple[bytes, bytes | None]]:
        """How to measure the part at a place."""

        def measure() -> tuple[bytes, bytes | None]:
            measured(self._stream, place - self._place)
            self._place = place + size
            return measured(self._stream, size)

        return measure


def new_digest() -> blake2b:
    """The digest by which contents are told apart."""
    return blake2b(digest_size=20)
