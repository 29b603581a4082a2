"""Reads the hours and the dates of a context."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from hopwatch.model.context import Hours

Wrong = Callable[[str], None]
HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
END_OF_DAY = time.max


def hours(text: str | None, wrong: Wrong) -> Hours | None:
    """Read a part of the day, like 18:00-06:00; the minute that ends it belongs to it."""
    if text is None:
        return None
    found = HOURS.fullmatch(text)
    try:
        begin, end = (_time(found[1], found[2]), _time(found[3], found[4])) if found else (None, None)
    except ValueError:
        begin = end = None
    if begin is None or end is None or begin == end:
        wrong(f"{text[:80]!r} is no part of a day like 18:00-06:00")
        return None
    return Hours(begin, end if end == END_OF_DAY else end.replace(second=59, microsecond=999_999))


def _time(hour: str, minute: str) -> time:
    return END_OF_DAY if (hour, minute) == ("24", "00") else time(int(hour), int(minute))


def until(text: str | None, zone: ZoneInfo, wrong: Wrong) -> datetime | None:
    """Read a date or a time, in `zone` where it has none of its own, as UTC: what is allowed is so before it."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        wrong(f"{text[:80]!r} is no date like 2027-01-01")
        return None


def local_time(moment: datetime, zone: ZoneInfo) -> time:
    """The time of day of a UTC moment in a zone."""
    return moment.replace(tzinfo=UTC).astimezone(zone).time()
