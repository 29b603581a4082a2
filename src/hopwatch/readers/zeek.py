"""Zeek's separated logs, with any separator, to runs of lines that one header describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from hopwatch.model.lines import SeparatedLines
from hopwatch.readers.batch import Batch, Report
from hopwatch.readers.source import Source, end

BOM = b"\xef\xbb\xbf"
BLOCK = 4 * 2**20
LINE_LIMIT = 8 * 2**20  # bytes of one line
HEADERS = 1000  # header lines a file may change its mind in; more is damage
SIGNS = (b"#separator", b"#set_separator", b"#empty_field", b"#unset_field", b"#path", b"#fields")
ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")


def claims(head: bytes) -> bool:
    """Whether the content begins with a line of Zeek's header."""
    return head.removeprefix(BOM).startswith(SIGNS)


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give runs of whole lines, each with the header above it; a header may change or come again within a file."""
    header = Header()
    with source.open() as stream:
        for block in whole_lines(stream, report):
            for run in _runs(block):
                if not run.startswith(b"#"):
                    yield from header.describe(run, report)
                elif not header.take(run.rstrip(b"\r\n")):
                    report("a Zeek log that changes its header again and again; not read further")
                    return
        end(stream)


class Header:
    """What the header lines so far say of the lines to come."""

    def __init__(self) -> None:
        self._lines = 0
        self._begin(b"\t")

    def _begin(self, separator: bytes) -> None:
        self._separator = separator
        self._set_separator, self._empty, self._unset, self._log = ",", "(empty)", "-", ""
        self._fields: tuple[str, ...] = ()

    def take(self, line: bytes) -> bool:
        """Take in one header line, and say whether there may be more."""
        if line.startswith(b"#separator"):
            found = ESCAPE.sub(lambda each: bytes.fromhex(each[1].decode()), line[10:].removeprefix(b" "))
            self._begin(found or b"\t")
        else:
            name, _, rest = line.partition(self._separator)
            self._set(name, rest)
        self._lines += line.startswith((b"#separator", b"#fields"))
        return self._lines <= HEADERS

    def _set(self, name: bytes, value: bytes) -> None:
        text = value.decode("utf-8", "replace")
        if name == b"#set_separator":
            self._set_separator = text or ","
        elif name == b"#empty_field":
            self._empty = text
        elif name == b"#unset_field":
            self._unset = text
        elif name == b"#path":
            self._log = text
        elif name == b"#fields":
            self._fields = tuple(part.decode("utf-8", "replace") for part in value.split(self._separator))

    def describe(self, lines: bytes, report: Report) -> Iterator[SeparatedLines]:
        """Give lines with what the header says of them; without fields they cannot be read, which is reported."""
        if not lines.strip():
            return
        if not self._fields:
            for _ in range(lines.count(b"\n") or 1):
                report("a Zeek line without a header")
            return
        nulls = (self._unset, self._empty)
        yield SeparatedLines("zeek", self._log, self._fields, lines, self._separator, self._set_separator, nulls)


def _runs(block: bytes) -> Iterator[bytes]:
    """Header lines one by one, and what stands between them."""
    place = 0
    while place < len(block):
        limit = b"\n" if block.startswith(b"#", place) else b"\n#"
        after = block.find(limit, place) + 1 or len(block)
        yield block[place:after]
        place = after


def whole_lines(stream: BinaryIO, report: Report) -> Iterator[bytes]:
    """Blocks that end with a line's end; a line of beyond reasonable length is passed over and reported."""
    rest, too_long = b"", False
    while block := stream.read(BLOCK):
        body, newline, tail = block.rpartition(b"\n")
        if not newline:
            rest += tail
            if len(rest) > LINE_LIMIT:
                rest, too_long = b"", True
            continue
        if too_long:
            report(f"a line of more than {LINE_LIMIT // 2**20} MiB")
            rest, body, too_long = b"", body.partition(b"\n")[2], False
        yield (rest + body + newline).removeprefix(BOM)
        rest = tail
    if too_long:
        report(f"a line of more than {LINE_LIMIT // 2**20} MiB")
    elif rest:
        yield rest.removeprefix(BOM)
