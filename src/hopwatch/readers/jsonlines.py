"""JSON lines, and one JSON array of records, to JSON records."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from hopwatch.readers.batch import Batch, Report
from hopwatch.readers.source import Source

BATCH = 2000
LINE_LIMIT = 8 * 2**20  # bytes of one record
ARRAY_LIMIT = 512 * 2**20  # bytes of one array, which is parsed whole
BOM = b"\xef\xbb\xbf"


def claims(head: bytes) -> bool:
    """Whether the content begins with a JSON object or an array of them."""
    return head.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give the records of JSON lines, or of one array, in batches; a bad line is reported, never raised."""
    if source.head().removeprefix(BOM).lstrip().startswith(b"["):
        yield from _array(source, report)
    else:
        yield from _lines(source, report)


def _array(source: Source, report: Report) -> Iterator[Batch]:
    with source.open() as stream:
        content = stream.read(ARRAY_LIMIT + 1)
    if len(content) > ARRAY_LIMIT:
        report(f"a JSON array of more than {ARRAY_LIMIT // 2**20} MiB")
        return
    try:
        records = orjson.loads(content.removeprefix(BOM))
    except ValueError:
        report("a JSON array that is torn or damaged")
        return
    texts = [orjson.dumps(record) for record in records]
    for start in range(0, len(texts), BATCH):
        yield texts[start : start + BATCH]


def _lines(source: Source, report: Report) -> Iterator[Batch]:
    batch: Batch = []
    for line in _whole_lines(source, report):
        text = line.strip(b" \t\r\n\x00").removeprefix(BOM)
        if not text:
            continue
        if not text.startswith(b"{"):
            report("a line that is no JSON object")
            continue
        batch.append(text)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _whole_lines(source: Source, report: Report) -> Iterator[bytes]:
    """Lines of bounded length; the rest of a longer one is passed over and reported."""
    with source.open() as stream:
        while line := stream.readline(LINE_LIMIT):
            if len(line) < LINE_LIMIT or line.endswith(b"\n"):
                yield line
                continue
            report(f"a line of more than {LINE_LIMIT // 2**20} MiB")
            while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                pass
