"""Windows events as XML, however a tool strings them together, to JSON records."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import partial
from typing import BinaryIO

import orjson

from hopwatch.readers.batch import Batch, Report, batches
from hopwatch.readers.eventcut import BLANK, START, Cutter
from hopwatch.readers.eventform import record_text
from hopwatch.readers.eventtree import NO_EVENT, BadEventError, record_of
from hopwatch.readers.source import Source

NO_EVENTS = "XML without Windows events"


def claims(head: bytes) -> bool:
    """Whether an event begins near the content's beginning, or the content is XML."""
    return head.lstrip(BLANK).startswith((b"<?xml", b"<!DOCTYPE", b"<Events")) or START.search(head) is not None


def read(source: Source, report: Report, ids: Container[int] | None = None) -> Iterator[Batch]:
    """Give the events in batches; what is none, or damaged, is reported, never raised.

    Of events whose id is not among `ids` nothing but the id is given where that is faster: who skips them by id still
    counts them.
    """
    with source.open() as stream:
        yield from batches(_records(stream, report, ids))


def _records(stream: BinaryIO, report: Report, ids: Container[int] | None) -> Iterator[bytes]:
    none = True
    for text in Cutter(partial(easy, ids=ids), partial(hard, report=report), report).records(stream):
        none = False
        yield text
    if none:
        report(NO_EVENTS)


def easy(piece: bytes, ids: Container[int] | None = None) -> bytes | None:
    """Give the record of one event's XML as JSON where it has Windows' own form, else None."""
    return record_text(_text(piece), ids)


def hard(piece: bytes, report: Report) -> bytes | None:
    """Give the record of one event's XML of any form as JSON, None for what is none, which is reported."""
    if b"EventID" not in piece:
        report(NO_EVENT)
        return None
    try:
        return orjson.dumps(record_of(_text(piece)))
    except BadEventError as error:
        report(str(error))
        return None


def _text(piece: bytes) -> str:
    """The text of a piece, with the line ends that XML asks for."""
    text = piece.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
