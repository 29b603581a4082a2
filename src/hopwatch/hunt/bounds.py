"""Reads how far apart in time a condition lets two records be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hopwatch.hunt.cut import cut_word

NAME = r"([A-Za-z_]\w*)"
SPAN = r"(-?\d+(?:\.\d+)?)(d|h|m|s|ms)\b"
DIFF = rf"""datetime_diff\(\s*["'](\w+)["']\s*,\s*{NAME}\s*,\s*{NAME}\s*\)"""
SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
UNITS = {"week": 604800.0, "day": 86400.0, "hour": 3600.0, "minute": 60.0, "second": 1.0}
MIRRORED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}
WITHIN = re.compile(rf"{DIFF}\s*between\s*\(\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\)")
ABSOLUTE = re.compile(rf"abs\(\s*{DIFF}\s*\)\s*(<=|<)\s*(\d+)")
HALF = re.compile(rf"{DIFF}\s*(<=|<|>=|>)\s*(-?\d+)")
BETWEEN = re.compile(
    rf"{NAME}\s+between\s*\(\s*\(?\s*{NAME}\s*(?:([+-])\s*{SPAN})?\s*\)?\s*\.\.\s*\(?\s*{NAME}\s*(?:([+-])\s*{SPAN})?\s*\)?\s*\)"
)
MINUS = re.compile(rf"\(?\s*{NAME}\s*-\s*{NAME}\s*\)?\s*between\s*\(\s*{SPAN}\s*\.\.\s*{SPAN}\s*\)")
MINUS_HALF = re.compile(rf"\(?\s*{NAME}\s*-\s*{NAME}\s*\)?\s*(<=|<|>=|>)\s*{SPAN}")
ORDER = re.compile(rf"{NAME}\s*(<=|<|>=|>)\s*{NAME}(?:\s*([+-])\s*{SPAN})?")


@dataclass(frozen=True)
class Bounds:
    """How far the time `one` may be before (below 0) or after `other`, in seconds; null where there is no bound."""

    one: str
    other: str
    low: float | None
    high: float | None


def bounds(condition: str) -> list[Bounds]:
    """Give the bounds that a condition sets, for each pair of times that it compares."""
    found: dict[tuple[str, str], Bounds] = {}
    for part in cut_word(condition, "and"):
        for bound in _read(part):
            pair = found.get((bound.other, bound.one))
            if pair is not None:
                bound = Bounds(pair.one, pair.other, _minus(bound.high), _minus(bound.low))
            key = (bound.one, bound.other)
            have = found.get(key)
            found[key] = bound if have is None else _both(have, bound)
    return list(found.values())


def _minus(number: float | None) -> float | None:
    return None if number is None else -number


def _both(a: Bounds, b: Bounds) -> Bounds:
    lows = [x for x in (a.low, b.low) if x is not None]
    highs = [x for x in (a.high, b.high) if x is not None]
    return Bounds(a.one, a.other, max(lows) if lows else None, min(highs) if highs else None)


def _read(part: str) -> list[Bounds]:
    text = part.strip()
    while text.startswith("(") and text.endswith(")") and ")" not in text[1:-1].split("(")[0]:
        inner = text[1:-1].strip()
        if inner.count("(") != inner.count(")"):
            break
        text = inner
    return _diffs(text) or _spans(text)


def _diffs(text: str) -> list[Bounds]:
    """Bounds by `datetime_diff`, which counts the boundaries crossed: up to a unit more lies between two times."""
    if (m := WITHIN.fullmatch(text)) and m[1].lower() in UNITS:
        unit = UNITS[m[1].lower()]
        return [Bounds(m[2], m[3], (int(m[4]) - 1) * unit, (int(m[5]) + 1) * unit)]
    if (m := ABSOLUTE.fullmatch(text)) and m[1].lower() in UNITS:
        most = (int(m[5]) + 1) * UNITS[m[1].lower()]
        return [Bounds(m[2], m[3], -most, most)]
    if (m := HALF.fullmatch(text)) and m[1].lower() in UNITS:
        unit = UNITS[m[1].lower()]
        low = (int(m[5]) - 1) * unit if m[4][0] == ">" else None
        return [Bounds(m[2], m[3], low, (int(m[5]) + 1) * unit if low is None else None)]
    return []


def _spans(text: str) -> list[Bounds]:
    """Bounds by spans of time that are added or taken away."""
    if m := BETWEEN.fullmatch(text):
        low, high = _shift(m[3], m[4], m[5]), _shift(m[7], m[8], m[9])
        return [Bounds(m[1], m[2], low, high)] if m[2] == m[6] else []
    if m := MINUS.fullmatch(text):
        return [Bounds(m[1], m[2], _shift("+", m[3], m[4]), _shift("+", m[5], m[6]))]
    if m := MINUS_HALF.fullmatch(text):
        at = _shift("+", m[4], m[5])
        return [Bounds(m[1], m[2], at if m[3][0] == ">" else None, at if m[3][0] == "<" else None)]
    if m := ORDER.fullmatch(text):
        at = _shift(m[4], m[5], m[6])
        return [Bounds(m[1], m[3], at if m[2][0] == ">" else None, at if m[2][0] == "<" else None)]
    return []


def _shift(sign: str | None, number: str | None, unit: str | None) -> float:
    if not number or not unit:
        return 0.0
    return float(number) * SECONDS[unit] * (-1 if sign == "-" else 1)
