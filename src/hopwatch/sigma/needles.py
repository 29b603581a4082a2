"""Finds words of which every event that a condition matches holds some: so others need not even be parsed."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import product
from typing import Any

from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionOR, ConditionValueExpression
from sigma.types import SigmaExpansion, SigmaRegularExpression, SigmaString

from hopwatch.sigma.columns import WINDOWS_FIELDS

# Fields that normalisation writes or adds words to: a value of theirs need not stand in the record.
WRITTEN = {*WINDOWS_FIELDS, "accesslist", "elevatedtoken", "direction", "parentprocessname", "parentimage"}
PLAIN = re.compile(r"[A-Za-z0-9_.-]{4,}")  # what no encoding of records escapes
WORD = re.compile(r"(?!0x)[A-Za-z0-9_.-]*[A-Za-z]{3}")  # and no shape writes in another way, as it may a number
# The parts of a regular expression: a class, an escape, a bound, any other character.
PART = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]|\\.|\{[\d,]+\}|.", re.DOTALL)
MOST = 12  # more alternatives than this cost more than they save
LONGEST = 3  # words of one alternative
Words = frozenset[str]
Needles = frozenset[Words]


def needles(node: Any, derived: Collection[str] = ()) -> Needles:
    """Give sets of lower-case words: every event that the condition matches holds all words of one of them.

    There are none where the condition may match an event whatever words it holds. `derived` are fields, in lower case,
    whose values are made of others.
    """
    found = _needles(node, WRITTEN | {*derived})
    return frozenset(frozenset(sorted(words, key=lambda w: (-len(w), w))[:LONGEST]) for words in found)


def _needles(node: Any, written: Collection[str]) -> Needles:
    if isinstance(node, ConditionAND):
        return _both([_needles(arg, written) for arg in node.args])
    if isinstance(node, ConditionOR):
        return _either([_needles(arg, written) for arg in node.args])
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return frozenset() if node.field.lower() in written else _of_value(node.value)
    if isinstance(node, ConditionValueExpression):
        return _of_value(node.value)
    return frozenset()


def _of_value(value: Any) -> Needles:
    if isinstance(value, SigmaExpansion):
        return _either([_of_value(each) for each in value.values])
    if isinstance(value, SigmaString):
        parts = [part for part in value.s if isinstance(part, str)]
    elif isinstance(value, SigmaRegularExpression):
        parts = _fixed_parts(str(value.regexp))
    else:
        return frozenset()
    words = frozenset(run.lower() for part in parts for run in PLAIN.findall(part) if WORD.match(run))
    return frozenset({words}) if words else frozenset()


def _fixed_parts(pattern: str) -> list[str]:
    """The texts that a regular expression asks for wherever it matches: outside of groups, classes and repetitions."""
    parts, depth = [""], 0
    for part in PART.findall(pattern):
        if part in "()":
            depth += 1 if part == "(" else -1
        if (depth == 0 and part == "|") or "(?x" in pattern:
            return []
        if depth == 0 and part[0] in "?*{":
            parts[-1] = parts[-1][:-1]  # the character before may be absent
        if depth == 0 and (part.isalnum() or part in "_-"):
            parts[-1] += part
        else:
            parts.append("")
    return parts


def _both(every: list[Needles]) -> Needles:
    """All words of one alternative of each; of too many alternatives only the shortest list of them."""
    known = sorted((one for one in every if one), key=lambda one: (len(one), sorted(map(sorted, one))))
    found: Needles = known[0] if known else frozenset()
    for one in known[1:]:
        if len(found) * len(one) <= MOST:
            found = frozenset(a | b for a, b in product(found, one))
    return found


def _either(every: list[Needles]) -> Needles:
    found = frozenset(words for one in every for words in one) if all(every) else frozenset()
    return found if len(found) <= MOST else frozenset()
