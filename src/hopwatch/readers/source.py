"""One readable thing: a file, or a member of an archive; it can be opened again, also in another process."""

from __future__ import annotations

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol, cast

# What Python's archive modules raise on damaged input; ValueError includes undecodable names.
UNREADABLE = (
    OSError, EOFError, ValueError, NotImplementedError, OverflowError, struct.error, zlib.error, lzma.LZMAError,
    zipfile.BadZipFile, tarfile.TarError,
)  # fmt: skip
HEAD = 4096 + 8  # as far as an EVTX file's first chunk shows itself, should its header be lost
BUFFER = 2**20


class Opener(Protocol):
    """A way to bytes. It holds plain values only, so that it can be sent to another process."""

    def open(self) -> BinaryIO:
        """Give the bytes from the beginning."""


class Flaw(OSError):
    """Say of content that was read to its end that some of it was damaged."""


@dataclass(frozen=True)
class File:
    """The bytes of a file."""

    path: Path

    def open(self) -> BinaryIO:
        """Give the bytes from the beginning."""
        return self.path.open("rb")


@dataclass(frozen=True)
class Held:
    """Bytes in memory."""

    content: bytes

    def open(self) -> BinaryIO:
        """Give the bytes from the beginning."""
        return io.BytesIO(self.content)


@dataclass(frozen=True)
class Source:
    """A named stream of bytes that can be opened again and again.

    `size` is in bytes, of the content where `exact`, else of its packed form. `path` is the file where the source is a
    plain file. `start` and `digest` are kept where they are known. Sources of one `group` lie in one compressed run:
    opened in order they are read in one go, in another order each from the run's beginning.
    """

    name: str
    opener: Opener
    size: int
    path: Path | None = None
    exact: bool = True
    start: bytes | None = None
    digest: bytes | None = None
    group: str | None = None

    def open(self) -> BinaryIO:
        """Give the content from the beginning."""
        return self.opener.open()

    def head(self) -> bytes:
        """The first bytes, enough to tell what the content is."""
        if self.start is not None:
            return self.start
        with self.open() as stream:
            return stream.read(HEAD) or end(stream)

    def begun(self) -> Source:
        """The source with its first bytes at hand."""
        return self if self.start is not None else replace(self, start=self.head())


def end(stream: BinaryIO) -> bytes:
    """Read past the end, where a damaged archive raises what it kept back until all before it was read."""
    return stream.read(1)


def file_source(path: Path) -> Source:
    """The source that a plain file is."""
    return Source(shown(path), File(path), path.stat().st_size, path)


def bytes_source(name: str, content: bytes) -> Source:
    """A source whose bytes are in memory."""
    return Source(name, Held(content), len(content))


def shown(path: Path | str) -> str:
    """A path as text that can be stored and printed, whatever bytes the file system gave it."""
    return str(path).encode("utf-8", "replace").decode()


def piped(pull: Callable[[], bytes], *closed: object) -> BinaryIO:
    """A stream of what `pull` gives until it gives nothing; `closed` are closed with it.

    Where it raises, what it gave before is read first, as if there were no more; only who reads on hears of the error.
    """
    return io.BufferedReader(_Piped(pull, closed), BUFFER)


class _Piped(io.RawIOBase):
    def __init__(self, pull: Callable[[], bytes], closed: tuple[object, ...]) -> None:
        self._pull, self._closed = pull, closed
        self._rest = memoryview(b"")
        self._error: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        if self._error:
            raise self._error
        if not self._rest:
            try:
                self._rest = memoryview(self._pull())
            except UNREADABLE as error:
                self._error = error
                return 0
        view = memoryview(cast(bytearray, buffer))
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        for each in self._closed:
            cast(BinaryIO, each).close()
        super().close()
