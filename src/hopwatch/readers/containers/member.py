"""What an archive says of one of its members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hopwatch.readers.source import Opener

JUNK = {"__macosx", "thumbs.db", "desktop.ini"}  # what macOS and Windows leave in folders


@dataclass(frozen=True)
class Found:
    """A member by its name in the archive, or why it cannot be read; without a name, what is wrong with the archive.

    `measure` is there where members lie in one compressed run, all of which must be unpacked to find the next one: it
    gives the beginning and the digest of this one on the way.
    """

    name: str
    size: int
    opener: Opener | None = None
    problem: str = ""
    folder: bool = False
    measure: Callable[[], tuple[bytes, bytes | None]] | None = None


def is_passed_over(name: str) -> bool:
    """Whether a path leads to a hidden file, or to what an operating system left there."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return not parts or any(is_hidden(part) for part in parts)


def is_hidden(name: str) -> bool:
    """Whether the name of a file or folder is one that is passed over."""
    return name.startswith(".") or name.lower() in JUNK
