"""EVTX files, live or damaged, to JSON records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice

from evtx import PyEvtxParser

from hopwatch.readers.batch import Batch, Report
from hopwatch.readers.source import Source

MAGIC = b"ElfFile\x00"
HEADER = 4096
CHUNK = 65536
BATCH = 2000


def claims(head: bytes) -> bool:
    """Whether the content begins as an EVTX file does."""
    return head.startswith(MAGIC)


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give the records of an EVTX file in batches; what cannot be read is reported, never raised."""
    if source.size < HEADER:
        report("an EVTX file shorter than its header")
        return
    cut = (source.size - HEADER) % CHUNK
    if cut and source.path is not None:
        report(f"EVTX cut in the middle of a chunk ({cut} bytes over)")
    try:
        records = _parser(source, bool(cut)).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        report(f"not readable as EVTX: {error}")
        return
    while batch := list(islice(_texts(records, report), BATCH)):
        yield batch


def _parser(source: Source, cut: bool) -> PyEvtxParser:
    """The parser over a file; a torn last chunk is padded with zeros, which recovers its whole records."""
    if source.path is not None and not cut:
        return PyEvtxParser(str(source.path))
    with source.open() as stream:
        content = stream.read()
    if over := (len(content) - HEADER) % CHUNK:
        content += bytes(CHUNK - over)
    return PyEvtxParser(io.BytesIO(content))


def _texts(records: Iterator[object], report: Report) -> Iterator[bytes]:
    while True:
        try:
            record = next(records, None)
        except (RuntimeError, OSError, ValueError) as error:
            report(f"a damaged EVTX record or chunk: {_kind(error)}")
            continue
        if record is None:
            return
        yield record["data"].encode("utf-8", "replace")  # type: ignore[index]


def _kind(error: Exception) -> str:
    """The error without its numbers, so that a thousand of a kind are one line."""
    text = "".join("#" if c.isdigit() else c for c in str(error).splitlines()[0]) if str(error) else "unreadable"
    return text[:120]
