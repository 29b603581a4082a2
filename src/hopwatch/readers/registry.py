"""Which reader reads what: the first that claims the content."""

from __future__ import annotations

from collections.abc import Iterator

from hopwatch.readers import assets, csvevents, dhcp, evtx, jsonlines, zeek
from hopwatch.readers.batch import Batch, Report
from hopwatch.readers.source import UNREADABLE, Source

READERS = (evtx, jsonlines, zeek, dhcp, csvevents, assets)


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give a source's records in batches; whatever is wrong with it is reported, never raised."""
    try:
        head = source.head()
        if not head:
            report("empty file")
            return
        reader = next((r for r in READERS if r.claims(head)), None)
        if reader is None:
            report("not a format that hopwatch reads")
            return
        yield from reader.read(source, report)
    except UNREADABLE as error:
        report(f"cannot be read further: {getattr(error, 'strerror', None) or error}")
