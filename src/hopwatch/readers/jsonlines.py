"""JSON lines, JSON objects over many lines, and one JSON array of records, to JSON records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO

import orjson

from hopwatch.readers.batch import Batch, Report, batches
from hopwatch.readers.eventjson import events_inside
from hopwatch.readers.plainlines import plain_runs
from hopwatch.readers.source import Source, end
from hopwatch.readers.wrapped import may_wrap, records_in

LINE_LIMIT = 8 * 2**20  # bytes of one record
ARRAY_LIMIT = 512 * 2**20  # bytes of one array, which is parsed whole
BOM = b"\xef\xbb\xbf"
TORN = "a JSON object over many lines that does not end"
BLANK = b" \t\r\n\x00"
NUMBER = re.compile(rb"Record \d{1,20}\s*")  # what evtx_dump writes above each record
BETWEEN = re.compile(r"[\s,\[\]]*")  # what stands between the elements of arrays, one after the other or nested


def claims(head: bytes) -> bool:
    """Whether the content begins with a JSON object or an array of them."""
    text = head.removeprefix(BOM).lstrip(BLANK)
    number = NUMBER.match(text)
    return text[number.end() if number else 0 :][:1] in (b"{", b"[")


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give the records of JSON lines, or of one array, in batches; a bad line is reported, never raised."""
    head = source.head().removeprefix(BOM).lstrip(BLANK)
    if head.startswith(b"["):
        yield from batches(events_inside(_array(source, report), report))
    elif may_wrap(head):
        with source.open() as stream:
            yield from batches(events_inside(_wrapped(stream, report), report))
    else:
        with source.open() as stream:
            yield from plain_runs(stream, report, partial(_others, report=report))
            end(stream)


def _others(stream: BinaryIO, report: Report) -> Iterator[Batch]:
    """The records of a stream in which not each line is one."""
    lines = _objects(_whole_lines(stream, report, LINE_LIMIT), report, LINE_LIMIT)
    yield from batches(events_inside(lines, report))


def _array(source: Source, report: Report) -> Iterator[bytes]:
    with source.open() as stream:
        content = stream.read(ARRAY_LIMIT + 1)
        if len(content) > ARRAY_LIMIT:
            report(f"a JSON array of more than {ARRAY_LIMIT // 2**20} MiB")
            return
        yield from _elements(content, report)
        end(stream)


def _elements(content: bytes, report: Report) -> Iterator[bytes]:
    content = content.removeprefix(BOM).strip(BLANK)
    try:
        records = orjson.loads(content)
    except ValueError:
        records = _whole_elements(content.decode("utf-8", "replace"), report)
    yield from _texts(records, report)


def _texts(records: Iterable[Any], report: Report) -> Iterator[bytes]:
    for record in records:
        text = _text(record) if isinstance(record, dict) else None
        if text:
            yield text
        else:
            report("an element of a JSON array that is no object, or nests too deeply")


def _whole_elements(text: str, report: Report) -> Iterator[Any]:
    """The elements of a damaged array, as far as they can be read one after the other."""
    decode = json.JSONDecoder().raw_decode
    place = 0
    while (place := _after(BETWEEN, text, place)) < len(text):
        try:
            record, place = decode(text, place)
        except (ValueError, RecursionError):
            break
        yield record
    if place < len(text) or not text.endswith("]"):
        report("a JSON array that is torn or damaged; what stands before is read")


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def _text(record: dict[str, Any]) -> bytes | None:
    """A record as JSON; in ASCII where it has what UTF-8 cannot hold, or nests deeper than orjson writes."""
    try:
        return orjson.dumps(record)
    except TypeError:
        pass
    try:
        return json.dumps(record).encode()
    except RecursionError:
        return None


def _wrapped(stream: BinaryIO, report: Report) -> Iterator[bytes]:
    """The objects of a stream, those that hold many records taken apart."""
    for text in _objects(_whole_lines(stream, report, ARRAY_LIMIT), report, ARRAY_LIMIT):
        yield from _taken_apart(text, report)


def _objects(lines: Iterator[bytes], report: Report, limit: int) -> Iterator[bytes]:
    for line in lines:
        text = line.strip(BLANK).removeprefix(BOM)
        if text == b"{":
            yield from _over_lines(line, lines, report, limit)
        elif text.startswith(b"{"):
            yield text
        elif text and not NUMBER.fullmatch(text):
            report("a line that is no JSON object")


def _over_lines(first: bytes, lines: Iterator[bytes], report: Report, limit: int) -> Iterator[bytes]:
    """An object over many lines: it ends at a brace that stands as far in as the one that opens it.

    Where another begins before that, or a line with a record's number comes, the first is torn.
    """
    indent = first[: first.index(b"{")].removeprefix(BOM)
    parts, size = [b"{"], 1
    for line in lines:
        text = line.rstrip(b" \t\r\n\x00,")
        size += len(line)
        if text == indent + b"}":
            yield b"".join([*parts, b"}"])
            return
        if text == indent + b"{":
            report(TORN)
            parts, size = [b"{"], 1
        elif NUMBER.fullmatch(text) or size > limit:
            report(TORN)
            return
        else:
            parts.append(line)
    report(TORN)


def _taken_apart(text: bytes, report: Report) -> Iterator[bytes]:
    try:
        record = orjson.loads(text)
    except ValueError:
        yield text  # whoever parses it says what is wrong
        return
    inner = records_in(record)
    if inner is None:
        yield text
    else:
        yield from _texts(inner, report)


def _whole_lines(stream: BinaryIO, report: Report, limit: int) -> Iterator[bytes]:
    """Lines of bounded length; the rest of a longer one is passed over and reported."""
    while line := stream.readline(limit):
        if len(line) < limit or line.endswith(b"\n"):
            yield line
            continue
        report(f"a line of more than {limit // 2**20} MiB")
        while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
            pass
    end(stream)
