"""Tells the stable parts of a value from what is random, or of this organisation alone."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

# What changes from run to run: GUIDs, SIDs, long numbers and hexadecimal runs, addresses, times.
RANDOM = re.compile(
    r"\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?|\d\d:\d\d(?::\d\d)?"
    r"|\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?|S-1-5-21(?:-\d+)+|0x[0-9a-f]+"
    r"|(?<![0-9])127\.0\.0\.1(?![0-9])|\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-f]*\d)[0-9a-f]{8,}|\d{3,}",
    re.IGNORECASE,
)
OWN_ADDRESS = "127.0.0.1"
VOWELS = set("aeiouyAEIOUY")
TELLING = re.compile(r"[\\$>&%^{}=]|^[-/]\w")
LEAST = 4  # letters of a part that tells something


def parts(value: str, own: Collection[str]) -> list[str]:
    """Give the stable parts of a value, in order; `own` are names of this organisation, in lower case."""
    cut = value
    for name in sorted(own, key=len, reverse=True):  # first, as a name may hold a number
        cut = re.sub(rf"(?<![\w]){re.escape(name)}(?![\w])", "\0", cut, flags=re.IGNORECASE)
    cut = RANDOM.sub(lambda found: found[0] if found[0] == OWN_ADDRESS else "\0", cut)
    cut = re.sub(r"[A-Za-z]{4,}", lambda found: "\0" if looks_random(found[0]) else found[0], cut)
    return [part for part in cut.split("\0") if len(re.sub(r"[^A-Za-z]", "", part)) >= LEAST]


def is_whole(value: str, own: Collection[str]) -> bool:
    """Whether nothing of a value is random or of this organisation alone."""
    return parts(value, own) == [value]


def looks_random(word: str) -> bool:
    """Whether letters look thrown together: the case changes within, or hardly any vowel is among them."""
    inner = sum(a.islower() and b.isupper() for a, b in pairwise(word))
    falls = sum(a.isupper() and b.islower() for a, b in pairwise(word[1:]))
    mixed = inner >= 2 and len(word) <= 3 * (inner + 1) and inner + falls >= 3
    vowels = sum(letter in VOWELS for letter in word)
    return mixed or (len(word) >= 6 and vowels / len(word) < 0.15 and not word.isupper())


def of_windows(path: str) -> bool:
    """Whether a program is one that Windows brings: its name is never random."""
    return bool(re.match(r"[a-z]:\\windows\\(?:system32|syswow64)\\", path, re.IGNORECASE))


def last(value: str, n: int = 1) -> str:
    """The last part of a path, or the last `n` of them."""
    return "\\".join(value.rstrip("\\").split("\\")[-n:])


def words(line: str, own: Collection[str]) -> list[str]:
    """The telling words of a command line: switches, redirections, paths and variables that are stable."""
    found = [part for word in line.split() for part in parts(word, own) if TELLING.search(word)]
    return list(dict.fromkeys(part for part in found if len(part) >= 6))
