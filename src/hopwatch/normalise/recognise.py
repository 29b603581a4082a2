"""Takes the wrapping off a record, tells its shape, and rewrites it where its shape asks for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hopwatch.normalise.defender import as_windows
from hopwatch.normalise.event_viewer import with_channel
from hopwatch.normalise.hayabusa import expanded
from hopwatch.normalise.keys import from_gelf, from_graylog, nested
from hopwatch.normalise.shape import Shape, shape_of
from hopwatch.normalise.splunk import from_raw

Record = dict[str, Any]
REWRITES: dict[str, Callable[[Record], Record]] = {
    "defender": as_windows,
    "event_viewer": with_channel,
    "gelf": from_gelf,
    "graylog": from_graylog,
    "hayabusa": expanded,
    "nested": nested,
    "splunk": from_raw,
}


def recognise(record: Any) -> tuple[Record, Shape | None]:
    """Give a record as its shape's paths expect it, and the shape; None for the shape of what none claims."""
    record = bare(record)
    shape = shape_of(record)
    if shape is None and (inner := _unwrapped(record)):
        record, shape = inner, shape_of(inner)
    if shape is not None and shape.via:
        record = REWRITES[shape.via](record)
    return record, shape


def bare(record: Any) -> Record:
    """A record without what an Elastic export wraps around it; empty for what is no record."""
    record = record if isinstance(record, dict) else {}
    inner = record.get("_source")
    return inner if isinstance(inner, dict) else record


def _unwrapped(record: Record) -> Record | None:
    """What stands inside a search hit without source, a row of Splunk's, or a record that Defender streams."""
    inner = record.get("fields") if "_index" in record else record.get("result") or record.get("properties")
    if not isinstance(inner, dict):
        return None
    category = record.get("category")
    if isinstance(category, str):
        return {"Timestamp": record.get("time"), "Type": category.rpartition("-")[2]} | inner
    return inner
