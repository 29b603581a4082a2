"""EVTX files, live or damaged, to JSON records."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO
from zlib import crc32

from evtx import PyEvtxParser

from hopwatch.model.decoded import Decoded, Row
from hopwatch.model.lines import PassedOver
from hopwatch.readers import evtxcut, evtxrows
from hopwatch.readers.batch import Batch, Report, batches
from hopwatch.readers.evtxtemplates import Templates
from hopwatch.readers.source import Source, end

MAGIC = b"ElfFile\x00"
CHUNK_MAGIC = b"ElfChnk\x00"
HEADER = 4096
CHUNK = evtxcut.CHUNK
RUN = 64 * CHUNK  # chunks stand alone behind any header: that many are decoded at once, whatever the file's size
CHUNK_RECORDS = CHUNK // 28  # more records than this no chunk can hold: its header is damaged


def claims(head: bytes) -> bool:
    """Whether the content begins as an EVTX file does, or has lost its header but not its first chunk."""
    return head.startswith(MAGIC) or head[HEADER:].startswith(CHUNK_MAGIC)


def read(
    source: Source, report: Report, ids: frozenset[int] | None = None, templates: Templates | None = None
) -> Iterator[Batch]:
    """Give the records of an EVTX file in batches; what cannot be read is reported, never raised.

    Records whose event id is not among `ids` need not be given, but only be counted. With `templates`, which remember
    those of other files, records of the usual form are given as their values, and only the others as JSON; without,
    every one as JSON.
    """
    with source.open() as stream:
        header = stream.read(HEADER)
        if len(header) < HEADER:
            report("an EVTX file shorter than its header")
            return
        if not header.startswith(MAGIC):
            report("an EVTX file without its header; its chunks are read all the same")
            header = _synthetic_header()
        runs = _runs(stream, _chunk_count(header), report)
        if templates is None:
            yield from batches(_texts(header, runs, report))
            return
        templates.make_room()
        for run in runs:
            given, rest, passed = _taken(run, ids, templates)
            size = len(run) - len(rest)
            if given:
                yield Decoded(given, size, _used(run) * len(given) // (len(given) + passed))
            if passed:
                yield PassedOver(passed, 0 if given else size)
            yield from batches(_texts(header, iter([rest] if rest else []), report))


def _taken(run: bytes, ids: frozenset[int] | None, templates: Templates) -> tuple[list[Row], bytes, int]:
    """Give what can be taken out of a run of chunks, what is left of it, and how many records nobody asks for."""
    given: list[Row] = []
    parts, passed = [], 0
    for place in range(0, len(run), CHUNK):
        if run.startswith(CHUNK_MAGIC, place):
            some, rest, count = evtxrows.rows(run, place, ids, templates)
            given += some
            passed += count
            parts.append(rest)
        else:
            parts.append(run[place : place + CHUNK])
    return given, b"".join(parts), passed


def _runs(stream: BinaryIO, count: int, report: Report) -> Iterator[bytes]:
    """Runs of whole chunks; a torn last one is padded with zeros, which recovers its whole records."""
    first, unused = 0, 0
    while run := stream.read(RUN):
        if cut := len(run) % CHUNK:
            report(f"EVTX cut in the middle of a chunk ({cut} bytes over)")
            run += bytes(CHUNK - cut)
        for place in range(0, len(run), CHUNK):
            if run.startswith(CHUNK_MAGIC, place):
                _report_times(report, unused, "an EVTX chunk of zeros amid others")
                unused = 0
            elif run.count(0, place, place + CHUNK) < CHUNK:
                report("an EVTX chunk that is overwritten")
            elif first + place // CHUNK < count:
                report("an EVTX chunk of zeros amid others")
            else:
                unused += 1  # Windows allots chunks ahead: zeros at the end are no damage
        first += len(run) // CHUNK
        yield run
    end(stream)


def _texts(header: bytes, runs: Iterator[bytes], report: Report) -> Iterator[bytes]:
    for run in runs:
        try:
            records = PyEvtxParser(io.BytesIO(header + run)).records_json()
        except (RuntimeError, OSError, ValueError) as error:
            report(f"not readable as EVTX: {_kind(error)}")
            continue
        missing = _promised(run)
        for text in _records(records, report):
            missing -= 1
            if text:
                yield text
        _report_times(report, missing, "an EVTX record lost in a damaged chunk")


def _records(records: Iterator[object], report: Report) -> Iterator[bytes]:
    """The JSON of each record, empty for one that cannot be read and is reported."""
    while True:
        try:
            record = next(records, None)
        except (RuntimeError, OSError, ValueError) as error:
            report(f"a damaged EVTX record or chunk: {_kind(error)}")
            yield b""
            continue
        if record is None:
            return
        yield record["data"].encode("utf-8", "replace")  # type: ignore[index]


def _promised(run: bytes) -> int:
    """How many records the chunks' own headers say that a run holds."""
    total = 0
    for place in range(0, len(run), CHUNK):
        if run.startswith(CHUNK_MAGIC, place):
            first, last = struct.unpack_from("<QQ", run, place + 8)
            total += last - first + 1 if 0 <= last - first < CHUNK_RECORDS else 0
    return total


def _used(run: bytes) -> int:
    """How much of a run its chunks say that they use."""
    return sum(
        min(*struct.unpack_from("<I", run, place + evtxcut.USED), CHUNK)
        for place in range(0, len(run), CHUNK)
        if run.startswith(CHUNK_MAGIC, place)
    )


def _chunk_count(header: bytes) -> int:
    return int.from_bytes(header[42:44], "little")


def _synthetic_header() -> bytes:
    """A file header that says nothing of the file, which is all that the parser asks of it."""
    head = struct.pack("<8sQQQIHHHH", MAGIC, 0, 0, 1, 128, 1, 3, HEADER, 0).ljust(120, b"\x00")
    return (head + struct.pack("<II", 0, crc32(head))).ljust(HEADER, b"\x00")


def _report_times(report: Report, times: int, reason: str) -> None:
    for _ in range(times):
        report(reason)


def _kind(error: Exception) -> str:
    """The error without its numbers, so that a thousand of a kind are one line."""
    text = "".join("#" if c.isdigit() else c for c in str(error).splitlines()[0]) if str(error) else "unreadable"
    return text[:120]
