"""One readable thing: a file, or a member of an archive."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEAD = 4096


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
            return stream.read(HEAD)


def file_source(path: Path, name: str) -> Source:
    """The source that a plain file is."""
    return Source(name, lambda: path.open("rb"), path.stat().st_size, path)


def bytes_source(name: str, content: bytes) -> Source:
    """A source whose bytes are in memory."""
    return Source(name, lambda: io.BytesIO(content), len(content))
