"""Tells which times of the two sides of a join a condition holds together, for a join by slots of time."""

from __future__ import annotations

from hopwatch.hunt.bounds import bounds

LONGEST = 7 * 86400.0  # seconds: a join with wider bounds is not cut into slots of time


def held_together(condition: str, left: dict[str, str], right: dict[str, str]) -> tuple[str, str, int] | None:
    """Give the time of either side that a condition holds together, and within how many seconds; null where none.

    `left` and `right` are the columns of the sides, with their types.
    """
    for bound in bounds(condition):
        if bound.low is None or bound.high is None:
            continue
        seconds = max(abs(bound.low), abs(bound.high))
        sides = [side for name in (bound.one, bound.other) if (side := _side(name, left, right))]
        by = dict(sides)
        if set(by) == {"left", "right"} and seconds <= LONGEST:
            return by["left"], by["right"], max(1, int(-(-seconds // 1)))
    return None


def _side(name: str, left: dict[str, str], right: dict[str, str]) -> tuple[str, str] | None:
    """Which side of a join a column is of, and what it is called there; null for what is no time."""
    if name in left:
        return ("left", name) if left[name] == "TIMESTAMP" else None
    plain = name[:-1] if name.endswith("1") and name[:-1] in right else name
    return ("right", plain) if right.get(plain) == "TIMESTAMP" else None
