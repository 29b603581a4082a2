"""CSV exports of Windows events, whose header tells which product wrote them, to JSON records."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TextIO

import orjson

from hopwatch.normalise.localtime import Order, as_iso, is_numbers, order_of
from hopwatch.normalise.shape import TIMES as TIME_PARTS
from hopwatch.normalise.shape import shape_of
from hopwatch.readers.batch import Batch, Report, batches
from hopwatch.readers.source import UNREADABLE, Source

RECORD_LIMIT = 2**20  # characters of one row
LOOK = 2000  # rows whose times show the order of day and month
SEPARATORS = ",;\t"
UTC = " [UTC]"
RECEIPTS = ("event.created", "event.ingested", "EventReceivedTime", "TimeCollected", "IngestionTime", "ingestion_time")
TIMES = frozenset(
    {"TimeCreated", "TimeGenerated", "Timestamp", "Date and Time", "EventTime", "_time", "@timestamp", *RECEIPTS}
)
NAMELESS_HOSTS = "event_viewer"  # the shape without a column for the computer
LINE_TOO_LONG = f"a line of a CSV file of more than {RECORD_LIMIT // 2**20} MiB"
TORN = "a row of a CSV file whose quotes do not close"
UNEVEN = "a row of a CSV file with other than all columns"


@dataclass(frozen=True)
class Header:
    """The columns of a file: their names, which hold times, and how they are separated."""

    names: tuple[str, ...]
    separator: str
    utc: frozenset[str]
    host: str | None
    local: bool
    widths: frozenset[int]

    @property
    def times(self) -> list[str]:
        """The columns that hold times."""
        return [name for name in self.names if name in TIMES]


def claims(head: bytes) -> bool:
    """Whether the content begins with a line of column names that a shape of Windows events has."""
    with _opened(io.BytesIO(head)) as lines:
        return _header(lines, "") is not None


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give the rows as JSON records in batches; a damaged row is reported, never raised."""
    yield from batches(_texts(source, report))


def _texts(source: Source, report: Report) -> Iterator[bytes]:
    order = _order(source)
    with _opened(source.open()) as lines:
        header = _header(lines, source.name)
        if header is None:
            return
        _say(header, order, report)
        for cells in _rows(lines, header, report):
            record = {name: cell for name, cell in zip(header.names, cells, strict=False) if cell}
            for name in header.times:
                if name in record:
                    record[name] = as_iso(record[name].strip(), order.day_first) + _zone(header, name, record[name])
            if header.host is not None:
                record["Computer"] = header.host
            yield orjson.dumps(record)
        lines.read(1)  # past the end, where a damaged archive raises what it kept back


def _order(source: Source) -> Order:
    """The order of day and month, which the first rows show."""
    texts: list[str] = []
    try:
        with _opened(source.open()) as lines:
            header = _header(lines, "")
            if header is None or header.utc:  # as the portals write it, in American
                return Order(False, True)
            places = [header.names.index(name) for name in header.times]
            for row in islice(_rows(lines, header, lambda reason: None), LOOK):
                texts += [row[place].strip() for place in places if place < len(row)]
    except UNREADABLE:
        pass  # whoever reads the file to its end hears of it
    return order_of(texts) if any(map(is_numbers, texts)) else Order(False, True)


def _say(header: Header, order: Order, report: Report) -> None:
    if header.host is not None:
        report(f"the computer's name, which no column has: the events are taken as of {header.host!r}, after the file")
    if header.local:
        report("the zone of the times, which no column has: they are taken as UTC where they name none")
    if not order.shown:
        first = "day before month" if order.day_first else "month before day"
        report(f"the order of day and month, which no date of the file shows: taken as {first}")


def _zone(header: Header, name: str, text: str) -> str:
    return "Z" if name in header.utc and not text.endswith("Z") else ""


def _opened(stream: BinaryIO) -> TextIO:
    return io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="")


def _header(lines: TextIO, file: str) -> Header | None:
    """The header on the first line; PowerShell 5 writes the type of its objects above it."""
    first = lines.readline(RECORD_LIMIT)
    if first.startswith("#TYPE "):
        first = lines.readline(RECORD_LIMIT)
    for separator in SEPARATORS:
        names = [name.strip() for name in _cells(first.strip("\r\n \x00"), separator) or ()]
        utc = frozenset(name.removesuffix(UTC) for name in names if name.endswith(UTC))
        bare = tuple(name.removesuffix(UTC) for name in names)
        shape = shape_of(dict.fromkeys(bare))
        if shape is None:
            continue
        local = bool(shape.times[TIME_PARTS.index("local")])
        if shape.via != NAMELESS_HOSTS or "Computer" in bare:
            return Header(bare, separator, utc, None, local, frozenset({len(bare)}))
        # Event Viewer writes the message behind the last column that it names.
        full = bare if "Message" in bare else (*bare, "Message")
        return Header(full, separator, utc, _stem(file), local, frozenset({len(bare), len(full)}))
    return None


def _stem(file: str) -> str:
    name = file.replace("\\", "/").rpartition("/")[2].rpartition("!")[2]
    return name.removesuffix(".gz").rpartition(".")[0] or name


def _rows(lines: TextIO, header: Header, report: Report) -> Iterator[list[str]]:
    """The rows: lines are joined while a quote is open. A torn row costs itself, not what follows."""
    again: deque[str] = deque()
    held: list[str] = []
    size, is_open = 0, False
    for line in _lines(lines, again, report):
        held.append(line)
        size += len(line)
        is_open ^= line.count('"') & 1 == 1
        if is_open and size <= RECORD_LIMIT:
            continue
        if is_open:
            again.extendleft(reversed(held[1:]))
            report(TORN)
        elif cells := _whole(held, header, again, report):
            yield cells
        held, size, is_open = [], 0, False
    if held:
        report(TORN)
        yield from _rows(io.StringIO("".join(held[1:]), newline=""), header, report)


def _whole(held: list[str], header: Header, again: deque[str], report: Report) -> list[str] | None:
    """The cells of a joined row. Where they are not the header's, its last line may be the next row's first."""
    text = "".join(held).rstrip("\r\n")
    if not text.strip():
        return None
    cells = _cells(text, header.separator)
    if cells is not None and len(cells) in header.widths:
        return cells
    if len(held) > 1 and held[-1].count(header.separator) >= len(header.names) - 2:
        again.appendleft(held[-1])
        report(TORN)
    else:
        report(UNEVEN)
    return None


def _cells(text: str, separator: str) -> list[str] | None:
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), None)
    except csv.Error:
        return None


def _lines(lines: TextIO, again: deque[str], report: Report) -> Iterator[str]:
    """Lines of bounded length without NULs, and those that are given back to be read again."""
    while True:
        if again:
            yield again.popleft()
            continue
        line = lines.readline(RECORD_LIMIT)
        if not line:
            return
        if len(line) == RECORD_LIMIT and not line.endswith(("\n", "\r")):
            report(LINE_TOO_LONG)
            _pass_over(lines)
            continue
        if "\x00" in line:
            report("NUL characters in a line of a CSV file, which are left out")
            line = line.replace("\x00", "")
        yield line


def _pass_over(lines: TextIO) -> None:
    while (rest := lines.readline(RECORD_LIMIT)) and not rest.endswith(("\n", "\r")):
        pass
