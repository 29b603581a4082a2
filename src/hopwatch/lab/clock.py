"""Time in the lab: seconds since 1970 in UTC, the working week, and random arrivals."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
# How busy an office is, by hour of a working day (UTC of a site near it).
NIGHT = (0.01, 0.01, 0.01, 0.01, 0.02, 0.06)
WORK = (*NIGHT, 0.3, 0.8, 1.0, 1.0, 0.95, 0.6, 0.75, 1.0, 0.95, 0.8, 0.45, 0.2, 0.1, 0.06, 0.05, 0.03, 0.02, 0.01)
WEEKEND = 0.04


def midnight(day: str) -> float:
    """Read a date as the second it begins. Raises ValueError for what is not a date."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def weekday(time: float) -> int:
    """The day of the week, Monday is 0."""
    return int(time // DAY + 3) % 7


def hour_of(time: float) -> float:
    """The hour of the day with its fraction."""
    return time % DAY / HOUR


def busy(time: float) -> float:
    """How much of full office activity there is at a time, 0 to 1."""
    weight = WORK[int(hour_of(time))]
    return weight if weekday(time) < 5 else weight * WEEKEND


def arrivals(dice: random.Random, start: float, end: float, per_hour: float) -> Iterator[float]:
    """Give random moments between two times at a rate (a Poisson process)."""
    time = start
    while per_hour > 0:
        time += -math.log(1.0 - dice.random()) * HOUR / per_hour
        if time >= end:
            return
        yield time


def iso(time: float, digits: int = 3) -> str:
    """Write a time as ISO 8601 in UTC, without a zone."""
    whole = int(time)
    return f"{_minute(whole // 60)}{whole % 60:02d}.{int((time - whole) * 10**digits):0{digits}d}"


@lru_cache(maxsize=4096)
def _minute(number: int) -> str:
    return datetime.fromtimestamp(number * 60, UTC).strftime("%Y-%m-%dT%H:%M:")
