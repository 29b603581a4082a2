"""Cuts a stream of event XML into one piece an event, whatever stands around, between or inside them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO

from hopwatch.readers.batch import Report
from hopwatch.readers.eventtree import NO_EVENT
from hopwatch.readers.source import end

BLOCK = 2**20
LIMIT = 2 * 2**20  # bytes of one event; Windows' own are 64 KiB before they are written as text
GAP = 2**16  # bytes between events that wait for what follows them
TAIL = 80  # bytes in which the beginning of an event may hide that is not whole yet
BLANK = b" \t\r\n\x00\xef\xbb\xbf"
PREFIX = rb"(?:[A-Za-z_][\w.-]{0,63}:)?"
START = re.compile(rb"<" + PREFIX + rb"Event(?=[\s/>])")
# Where this stands an event begins, for inside one Windows writes it escaped.
SYSTEM = re.compile(rb"<" + PREFIX + rb"Event(?:\s[^<>]{0,4096})?>\s{0,999}<" + PREFIX + rb"System[\s>]")
TOKEN = re.compile(rb"</?" + PREFIX + rb"Event(?=[\s/>])|<!\[CDATA\[|<!--")
CLOSES = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}
ID = b"EventID"
CLOSE = b"</Event>"
# What stands around events by right: the declaration, comments, the root's tags, and a syslog header or a time.
AROUND = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->|</?[A-Za-z_][\w.:-]*(?:\s[^<>]*)?>)*+", re.DOTALL)
HEADER = re.compile(
    rb"(?:<\d{1,3}>\d{0,2}\s?)?(?:\d{4}-\d\d-\d\d|\d\d?[/.]\d\d?[/.]\d{2,4}|\d{10}|[A-Z][a-z]{2} [ \d]\d )"
    rb"[^<>\r\n]{0,999}"
)
DOCTYPE = re.compile(
    rb"""[\s\xef\xbb\xbf]*+(?:<\?[^<>]*\?>\s*+)?<!DOCTYPE(?:[^<>\[\]"']|"[^"]*"|'[^']*')*+"""
    rb"""(?:\[(?:[^\]"']|"[^"]*"|'[^']*')*+\]\s*+)?>"""
)
REFUSED = "a document type declaration, which is not obeyed: entities are never resolved"
GARBAGE = "something between events that is none"
TOO_LONG = f"an event of more than {LIMIT // 2**20} MiB, or without an end"
NOWHERE = sys.maxsize // 2
Convert = Callable[[bytes], bytes | None]


class Cutter:
    """Cuts a stream into pieces that begin as an event does, and end where it ends or the next begins.

    `easy` gives the record of a piece that is one event beyond doubt, or None; what it leaves is cut with care, and
    given to `hard`. Each byte is looked at a bounded number of times; LIMIT and two blocks of them are held at most.
    """

    def __init__(self, easy: Convert, hard: Convert, report: Report) -> None:
        self._easy = easy
        self._hard = hard
        self._report = report
        self._data = b""
        self._seen: dict[bytes, int] = {}  # where in the data a sign stands next
        self._dirty = False

    def records(self, stream: BinaryIO) -> Iterator[bytes]:
        """Give what the pieces become; what stands between them is looked at, and reported."""
        self._data = stream.read(BLOCK)
        place = self._declaration()
        while block := stream.read(BLOCK):
            place = yield from self._cut(place, last=False)
            self._data = self._data[place:] + block
            self._seen.clear()
            place = 0
        yield from self._cut(place, last=True)
        end(stream)

    def _declaration(self) -> int:
        """Give the place behind a document type declaration, whose entities might look like events."""
        found = DOCTYPE.match(self._data)
        if found is None:
            return 0
        self._report(REFUSED)
        return found.end()

    def _cut(self, place: int, last: bool) -> Generator[bytes, None, int]:
        """Give the records of the data from a place on, and return the place up to which all is done."""
        data = self._data
        while found := START.search(data, place):
            self._between(place, found.start())
            self._dirty = False
            stop = self._next(CLOSE, found.end()) + len(CLOSE)
            if stop - found.start() <= LIMIT and (record := self._easy(data[found.start() : stop])):
                yield record
                place = stop
                continue
            start, limit = self._careful(found, last)
            if limit is None:
                return start
            stop = limit
            if stop - start > LIMIT:
                self._report(TOO_LONG)
            elif record := self._hard(data[start:stop]):
                yield record
            place = stop
        if not last and len(data) - place < GAP:
            return place
        rest = len(data) if last else max(place, len(data) - TAIL)
        self._between(place, rest)
        return rest

    def _careful(self, found: re.Match[bytes], last: bool) -> tuple[int, int | None]:
        """Give start and end of a piece that is no easy one: no end to read on for it, beyond LIMIT to give it up."""
        start, behind = self._skip_empty(found)
        stop = self._stop(start, behind)
        if stop is None and len(self._data) - start > LIMIT:
            return start, start + LIMIT + 1
        return start, len(self._data) if stop is None and last else stop

    def _skip_empty(self, found: re.Match[bytes]) -> tuple[int, int]:
        """Give start and end of the last start tag before an event id; those before have none and are no events."""
        start, behind = found.span()
        number = self._next(ID, behind)
        if self._data.find(b"Event", behind, number) < 0:
            return start, behind
        count = 0
        for count, later in enumerate(START.finditer(self._data, behind, min(number, len(self._data))), 1):  # noqa: B007
            start, behind = later.span()
        if count:
            self._report(NO_EVENT)
        return start, behind

    def _stop(self, start: int, behind: int) -> int | None:
        """Give where an event ends, or is torn by the next, though it may hold elements of its name, or tags as text.

        None where neither is in the data, or in as much of it as an event may have.
        """
        data, depth, text_until = self._data, 1, 0
        windows = SYSTEM.match(data, start) is not None
        for token in TOKEN.finditer(data, behind, min(start + LIMIT, len(data))):
            place, sign = token.start(), token[0]
            begins = sign[1:2] not in (b"/", b"!")
            if begins and (not windows or SYSTEM.match(data, place)):
                return place
            if place < text_until:
                continue
            if sign in CLOSES:
                closed = self._next(CLOSES[sign], token.end())
                text_until = closed if closed < NOWHERE else 0
                continue
            depth += 1 if begins else -1
            if not depth:
                return data.find(b">", token.end()) + 1 or None
        return None

    def _next(self, sign: bytes, place: int) -> int:
        """Give where a sign stands from a place on, in the data; places must not go back."""
        known = self._seen.get(sign, -1)
        if known < place:
            known = self._data.find(sign, place)
            self._seen[sign] = known = known if known >= 0 else NOWHERE
        return known

    def _between(self, place: int, stop: int) -> None:
        """Report what stands between events and belongs to nothing, once for each run of it."""
        if place == stop:
            return
        gap = self._data[place:stop].strip(BLANK)
        dirty = bool(gap) and not _belongs(gap)
        if dirty and not self._dirty:
            self._report(REFUSED if b"<!DOCTYPE" in gap else GARBAGE)
        self._dirty = dirty


def _belongs(gap: bytes) -> bool:
    around = AROUND.match(gap)
    place = around.end() if around else 0
    return place == len(gap) or HEADER.fullmatch(gap, place) is not None
