"""JSON records that hold an event's XML as text (Splunk, OpenWEC, Elastic) to the events themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import orjson
import re2

from hopwatch.normalise.recognise import bare
from hopwatch.readers.batch import Report
from hopwatch.readers.eventcut import START
from hopwatch.readers.eventtree import BadEventError, fields_of
from hopwatch.readers.eventxml import easy, hard

# An event's end tag, however JSON escapes the rest of it, and the one field that OpenWEC leaves as XML: few other texts
# have them, so few are parsed here.
SIGN = b"/Event"
FIELD = b'UserData"'
OPENWEC = b'OpenWEC"'
# Where products keep the XML: OpenWEC (all of it, or what it could not parse) and Splunk.
PLACES = (("data",), ("OpenWEC", "Error", "OriginalContent"), ("result", "_raw"), ("_raw",))
# Elastic keeps it beside the parts, which are better, unless nobody took it apart.
ELASTIC = (("event", "original"), ("message",))
PARTS = ("winlog", "event_data", "System", "Event", "EventID")


def events_inside(texts: Iterable[bytes], report: Report) -> Iterator[bytes]:
    """Give JSON records as they are, but for those that hold an event's XML: of these the event.

    XML in them that is no event is reported, and the record left out.
    """
    for text in texts:
        if not may_hold_events(text):
            yield text
            continue
        found = _event(text, report)
        if found:
            yield found


def may_hold_events(text: bytes) -> bool:
    """Whether a JSON record, or a run of them, can hold an event's XML."""
    sign, openwec = _signs()
    return bool(sign.search(text)) or (bool(openwec.search(text)) and FIELD in text)


@cache
def _signs() -> tuple[Any, Any]:
    """What is looked for in every run of records: by RE2, which does so many times faster than Python itself."""
    return re2.compile(SIGN), re2.compile(OPENWEC)


def _event(text: bytes, report: Report) -> bytes | None:
    try:
        record = orjson.loads(text)
    except ValueError:
        return text
    if not isinstance(record, dict):
        return text
    record = bare(record)
    if "OpenWEC" in record and isinstance(record.get("UserData"), str):
        return _with_fields(record, report)
    xml = _xml(record, PLACES if any(record.get(key) for key in PARTS) else PLACES + ELASTIC)
    return text if xml is None else easy(xml) or hard(xml, report)


def _xml(record: dict[str, Any], places: tuple[tuple[str, ...], ...]) -> bytes | None:
    for place in places:
        value: Any = record
        for step in place:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            xml = value.strip().encode("utf-8", "replace")
            begin = START.search(xml)
            if begin and xml.endswith(b">"):
                return xml[begin.start() :]
    return None


def _with_fields(record: dict[str, Any], report: Report) -> bytes | None:
    """An OpenWEC record, whose UserData is XML while all else of it is JSON."""
    try:
        record["UserData"] = fields_of(record["UserData"])
    except BadEventError as error:
        report(str(error))
        return None
    return orjson.dumps(record)
