"""Brings times as people's computers write them ("3/10/2026, 9:14:02 AM", "10.03.2026 09:14:02") to ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CLOCK = r",? (?:@ )?(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
HALF = r"(?:[ \u202f]?(?P<half>[AaPp])\.?[Mm]\.?)?"
NUMBERS = re.compile(r"(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})(?P=sign)(?P<year>\d{4})" + CLOCK + HALF)
WORDS = re.compile(r"(?P<month>[A-Z][a-z]{2}) (?P<b>\d{1,2}), (?P<year>\d{4})" + CLOCK + HALF)


@dataclass(frozen=True)
class Order:
    """Whether a file's dates begin with the day, and whether one of them shows it."""

    day_first: bool
    shown: bool


def order_of(texts: Iterable[str]) -> Order:
    """Tell from the times of one file whether their dates begin with the day.

    A number above 12 shows it. Failing that, dates with slashes and a 12-hour clock are American, all others not.
    """
    american = False
    for text in texts:
        found = NUMBERS.fullmatch(text)
        if not found:
            continue
        if int(found["a"]) > 12 or int(found["b"]) > 12:
            return Order(int(found["a"]) > 12, True)
        american = american or (found["sign"] == "/" and found["half"] is not None)
    return Order(not american, False)


def is_numbers(text: str) -> bool:
    """Whether a time has a date of which only the order of its numbers tells day from month."""
    return NUMBERS.fullmatch(text) is not None


def as_iso(text: str, day_first: bool) -> str:
    """Give a time in ISO 8601, without a zone; a text that is written in no known way stays as it is."""
    found = NUMBERS.fullmatch(text)
    if found:
        day, month = (found["a"], found["b"]) if day_first else (found["b"], found["a"])
    elif (found := WORDS.fullmatch(text)) and found["month"].lower() in MONTHS:
        day, month = found["b"], str(MONTHS.index(found["month"].lower()) + 1)
    else:
        return text
    part = f".{found['part']}" if found["part"] else ""
    clock = f"{_hour(found):02d}:{found['minute']}:{found['second'] or '00'}{part}"
    return f"{found['year']}-{int(month):02d}-{int(day):02d}T{clock}"


def _hour(found: re.Match[str]) -> int:
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if not half:
        return hour
    return hour % 12 + (12 if half == "p" else 0)
