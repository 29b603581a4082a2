"""One readable thing: a file, or a member of an archive."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# What Python's archive modules raise on damaged input; ValueError includes undecodable names.
UNREADABLE = (
    OSError, EOFError, ValueError, NotImplementedError, OverflowError, struct.error, zlib.error, lzma.LZMAError,
    zipfile.BadZipFile,
)  # fmt: skip
HEAD = 4096 + 8  # as far as an EVTX file's first chunk shows itself, should its header be lost


@dataclass(frozen=True)
class Source:
    """A named stream of bytes that can be opened again and again; `size` is in bytes, where it is known."""

    name: str
    open: Callable[[], BinaryIO]
    size: int
    path: Path | None = None

    def head(self) -> bytes:
        """The first bytes, enough to tell what the content is."""
        with self.open() as stream:
            return stream.read(HEAD) or end(stream)


def end(stream: BinaryIO) -> bytes:
    """Read past the end, where a damaged archive raises what it kept back until all before it was read."""
    return stream.read(1)


def file_source(path: Path) -> Source:
    """The source that a plain file is."""
    return Source(shown(path), lambda: path.open("rb"), path.stat().st_size, path)


def shown(path: Path) -> str:
    """A path as text that can be stored and printed, whatever bytes the file system gave it."""
    return str(path).encode("utf-8", "replace").decode()


def bytes_source(name: str, content: bytes) -> Source:
    """A source whose bytes are in memory."""
    return Source(name, lambda: io.BytesIO(content), len(content))
