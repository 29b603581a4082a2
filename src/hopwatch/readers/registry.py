"""Which reader reads what: the first that claims the content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hopwatch.readers import assets, csvevents, dhcp, eventxml, evtx, jsonlines, zeek
from hopwatch.readers.batch import Batch, Report
from hopwatch.readers.evtxtemplates import Templates
from hopwatch.readers.source import UNREADABLE, Flaw, Source

UNKNOWN = "not a format that hopwatch reads"


class Reader(Protocol):
    """What every reader module has."""

    def claims(self, head: bytes) -> bool:
        """Whether content that begins so is for this reader."""

    def read(self, source: Source, report: Report) -> Iterator[Batch]:
        """Give the records in batches; what cannot be read is reported, never raised."""


READERS: tuple[Reader, ...] = (evtx, jsonlines, zeek, eventxml, dhcp, csvevents, assets)


def reader_of(head: bytes) -> Reader | None:
    """The reader of what begins so, None where there is none."""
    return next((reader for reader in READERS if reader.claims(head)), None)


def read(
    source: Source, report: Report, ids: frozenset[int] | None = None, templates: Templates | None = None
) -> Iterator[Batch]:
    """Give a source's records in batches; whatever is wrong with it is reported, never raised.

    Of Windows events whose id is not among `ids` no more than the id need be given, or that they were passed over.
    With `templates` the values of binary events may be given instead of JSON.
    """
    try:
        head = source.head()
        if not head:
            report("empty file")
            return
        reader = reader_of(head)
        if reader is None:
            report(UNKNOWN)
            return
        if reader is evtx:
            yield from evtx.read(source, report, ids, templates)
        elif reader is eventxml:
            yield from eventxml.read(source, report, ids)
        else:
            yield from reader.read(source, report)
    except Flaw as flaw:
        report(str(flaw))
    except UNREADABLE as error:
        report(f"cannot be read further: {getattr(error, 'strerror', None) or error}")
