"""The texts that a regular expression asks for wherever it matches, branch by branch."""

from __future__ import annotations

import re
from itertools import product

# The parts of a regular expression: a class, what begins a group, an escape, a bound, any other character.
PART = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]|\((?:\?(?:P?<\w+>|[a-zA-Z-]*:?))?|\\.|\{[\d,]+\}|.", re.DOTALL)
UNREAD = re.compile(r"\\[0-9pPQEx]|\(\?|\(\?[a-zA-Z-]*x.*")  # what means more than it says: codes, looks around, blanks
REPEATS = ("?", "*", "+", "{")
Texts = tuple[str, ...]
GAP = "\n"  # between two texts of a branch anything may stand


def fixed_texts(pattern: str, most: int) -> list[Texts]:
    """Give the branches of a pattern: every text that it matches holds all texts of one of them.

    A branch may hold none; more than `most` branches are one that holds none.
    """
    parts = PART.findall(pattern)
    if any(map(UNREAD.fullmatch, parts)):
        return [()]
    branches, _ = _branches(parts, 0, most)
    return [tuple(text for text in branch.split(GAP) if text) for branch in branches]


def _branches(parts: list[str], at: int, most: int) -> tuple[list[str], int]:
    """The branches from a place on to the end of the group, texts parted by GAP, and where that end is."""
    done: list[str] = []
    here = [""]
    while at < len(parts) and parts[at] != ")":
        part = parts[at]
        if part == "|":
            done, here = done + here, [""]
            at += 1
            continue
        if part.startswith("("):
            item, at = _branches(parts, at + 1, most)
        else:
            item = [_fixed(part)]
        at += 1
        if at < len(parts) and parts[at].startswith(REPEATS):
            item = [GAP + text + GAP for text in item] if parts[at] == "+" else [GAP]
            at += 1
        here = [a + b for a, b in product(here, item)] if len(here) * len(item) <= most else [a + GAP for a in here]
    every = done + here
    return (every if len(every) <= most else [GAP]), at


def _fixed(part: str) -> str:
    """The character that a part stands for; a gap for what stands for several, or for a place."""
    if part.startswith("\\"):
        return GAP if part[1].isalnum() else part[1]
    return GAP if part[0] in "[{.^$" else part
