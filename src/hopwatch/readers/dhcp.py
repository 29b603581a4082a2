"""The audit log of a Windows DHCP server to separated lines: its seven first columns, date and time as one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hopwatch.model.lines import SeparatedLines
from hopwatch.readers.batch import Batch, Report
from hopwatch.readers.source import Source, end
from hopwatch.readers.zeek import BOM, whole_lines

FIELDS = ("id", "time", "description", "ip", "host", "mac")
COLUMNS = re.compile(rb"^ID,[^,\n]*,[^,\n]*,[^,\n]*,[^,\n]*IP", re.MULTILINE)  # the line above the events
# 10,03/10/26,09:14:02,Assign,10.20.1.11,WS01.corp.example,001A2B3C4D5E,...: month, day, year whatever the locale.
EVENT = re.compile(rb"(\d{1,5}),(\d\d)/(\d\d)/(\d\d),(\d\d:\d\d:\d\d),([^,]*),([^,]*),([^,]*),([^,]*)")


def claims(head: bytes) -> bool:
    """Whether the content begins as a DHCP audit log does: a text that explains the event ids, then the columns."""
    text = _bare(head)
    return b"DHCP" in text[:1000] and COLUMNS.search(text) is not None


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give the events; lines after the columns that are none are reported."""
    begun = False
    with source.open() as stream:
        for block in whole_lines(stream, report):
            lines = []
            for line in _bare(block).splitlines():
                found = EVENT.match(line)
                if found:
                    lines.append(_line(found))
                elif begun and line.strip():
                    report("a line of a DHCP audit log that is no event")
                begun = begun or line.startswith(b"ID,")
            if lines:
                yield SeparatedLines("windows", "dhcp_audit", FIELDS, b"\n".join(lines), b",", nulls=(), escapes=False)
        end(stream)


def _line(found: re.Match[bytes]) -> bytes:
    number, month, day, year, clock, *rest = found.groups()
    return b",".join([number, b"20%b-%b-%bT%b" % (year, month, day, clock), *rest])


def _bare(content: bytes) -> bytes:
    """Bytes of a text that some servers write with two bytes a character."""
    return content.replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(BOM)
