"""Rewrites rows of Splunk's Windows events, which keep the event as text of "key=value" lines and its message."""

from __future__ import annotations

import re
from typing import Any

Record = dict[str, Any]
PAIR = re.compile(r"(\w{1,40})=(.*)")
LINES = 60  # before the message


def from_raw(record: Record) -> Record:
    """Add what `_raw` says of an event in the classic form; its own keys go before Splunk's extractions."""
    raw = record.get("_raw")
    if not isinstance(raw, str) or "EventCode=" not in raw:
        return record
    head, found, message = raw.partition("\nMessage=")
    lines = (PAIR.fullmatch(line.strip()) for line in head.splitlines()[:LINES])
    pairs = {pair[1]: pair[2] for pair in lines if pair}
    if found:
        pairs["Message"] = message
    return record | pairs
