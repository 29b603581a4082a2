"""JSON lines as nearly all files have them, one object a line: cut by the block, not line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from hopwatch.readers.batch import Batch, Report
from hopwatch.readers.eventjson import events_inside, may_hold_events
from hopwatch.readers.source import UNREADABLE, piped

BLOCK = 2**20
BOM = b"\xef\xbb\xbf"


def plain_runs(stream: BinaryIO, report: Report, others: Callable[[BinaryIO], Iterable[Batch]]) -> Iterator[Batch]:
    """Give the lines of a stream in batches, as long as each is an object of its own.

    From the first block on in which that is not so, `others` reads the stream. What a stream gave before it failed is
    given before the error is raised.
    """
    rest = stream.read(len(BOM)).removeprefix(BOM)
    while True:
        try:
            block = stream.read(BLOCK)
        except UNREADABLE:
            yield from others(_before(rest))
            raise
        text = rest + block
        if b"\r" in text:  # a look for one byte is much faster than one for two
            text = text.replace(b"\r\n", b"\n")
        lines = text.split(b"\n")
        tail = lines.pop()
        if not block or not lines or not _plain(lines):
            yield from others(_before(text, stream))
            return
        rest = tail
        yield list(events_inside(lines, report)) if may_hold_events(text) else lines


def _plain(lines: list[bytes]) -> bool:
    return all(line.startswith(b"{") and line.endswith(b"}") for line in lines) and b"{" not in lines


def _before(held: bytes, stream: BinaryIO | None = None) -> BinaryIO:
    """A stream of what was read of another already, and of the rest of it."""
    given = iter([held])
    return piped(lambda: next(given, b"") or (stream.read(BLOCK) if stream else b""))
