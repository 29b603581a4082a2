"""Finds words of which every event that a condition matches holds some: so others need not even be parsed."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import product
from typing import Any

from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionOR, ConditionValueExpression
from sigma.types import SigmaExpansion, SigmaRegularExpression, SigmaString

from hopwatch.sigma.columns import WINDOWS_FIELDS
from hopwatch.sigma.fixed import fixed_texts
from hopwatch.sigma.match import least

# Fields to which normalisation adds words, beside the code that stands in the record.
BESIDE = frozenset({"accesslist", "accesses", "elevatedtoken", "direction"})
# Fields that normalisation writes: a value of theirs need not stand in the record.
WRITTEN = frozenset({*WINDOWS_FIELDS, "parentprocessname"}) - BESIDE
# What no encoding of records changes; of backslashes only two and more, since some paths are put together of parts.
PLAIN = re.compile(r"[A-Za-z0-9_.$%-]{3,}|\\{2,}")
CODE = re.compile(r"%%\d+")
MOST = 40  # more alternatives than this cost more than they save
LONGEST = 3  # words of one alternative
Words = frozenset[str]
Needles = frozenset[Words]


def needles(node: Any, derived: Collection[str] = ()) -> Needles:
    """Give sets of lower-case words: every event that the condition matches holds all words of one of them.

    There are none where the condition may match an event whatever words it holds. `derived` are fields, in lower case,
    whose values are made of others. A word may hold backslashes, as many as the value has: JSON doubles them.
    """
    found = _needles(node, WRITTEN | {*derived})
    return least(frozenset(sorted(words, key=lambda w: (-len(w), w))[:LONGEST]) for words in found)


def _needles(node: Any, written: Collection[str]) -> Needles:
    if isinstance(node, ConditionAND):
        return _both([_needles(arg, written) for arg in node.args])
    if isinstance(node, ConditionOR):
        return _either([_needles(arg, written) for arg in node.args])
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _of_field(node.field.lower(), _of_value(node.value), written)
    if isinstance(node, ConditionValueExpression):
        return _of_value(node.value)
    return frozenset()


def _of_field(field: str, found: Needles, written: Collection[str]) -> Needles:
    """What of a value's words stands in the record."""
    if field in BESIDE:
        codes = frozenset(frozenset(filter(CODE.fullmatch, words)) for words in found)
        return codes if all(codes) else frozenset()
    return frozenset() if field in written else found


def _of_value(value: Any) -> Needles:
    if isinstance(value, SigmaExpansion):
        return _either([_of_value(each) for each in value.values])
    if isinstance(value, SigmaString):
        return _both([_of_text(part) for part in value.s if isinstance(part, str)])
    if isinstance(value, SigmaRegularExpression):
        branches = fixed_texts(str(value.regexp), MOST)
        return _either([_both([_of_text(text) for text in texts]) for texts in branches])
    return frozenset()


def _of_text(text: str) -> Needles:
    words = frozenset(run.lower() for run in PLAIN.findall(text) if _tells(run.lower()))
    return frozenset({words}) if words else frozenset()


def _tells(word: str) -> bool:
    r"""Whether every shape writes a word so: it is no number, hexadecimal or not, no address and no SID."""
    if word.startswith(("0x", "s-1-")):
        return False
    letters = re.search("[a-z]{3}", word) or len(re.findall("[g-wyz]", word)) > 1
    return bool(letters or CODE.fullmatch(word) or "_" in word or word.startswith("\\"))


def _both(every: list[Needles]) -> Needles:
    """All words of one alternative of each; of too many alternatives only the shortest list of them."""
    known = sorted((one for one in every if one), key=lambda one: (len(one), sorted(map(sorted, one))))
    found: Needles = known[0] if known else frozenset()
    for one in known[1:]:
        if len(found) * len(one) <= MOST:
            found = least(a | b for a, b in product(found, one))
    return found


def _either(every: list[Needles]) -> Needles:
    found = least(words for one in every for words in one) if every and all(every) else frozenset()
    return found if len(found) <= MOST else frozenset()
