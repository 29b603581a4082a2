"""Tells the stable parts of a value from what is random, or of this organisation alone."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from itertools import pairwise

from hopwatch.lab.forms import table

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
LETTERS = re.compile(r"[A-Za-z]{4,}")
MIXED = re.compile(r"[A-Za-z0-9]{5,}")
MOST_CHANGES = 4  # between letters and digits
SEGMENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of a name in camel case
SHORT = re.compile(r"svc|srv|svr|mgr|cfg|cmd|drv|ctl|dll|cpl|dbg|sys|rpc|prx|pkg|api|sql|http|xml|log", re.IGNORECASE)
LONE_END = re.compile(r"(?<=[a-z]{3})[A-Z]$")


def parts(value: str, own: Collection[str]) -> list[str]:
    """Give the stable parts of a value, in order; `own` are names of this organisation, in lower case."""
    cut = value
    for name in sorted(own, key=len, reverse=True):  # first, as a name may hold a number
        cut = re.sub(rf"(?<![\w]){re.escape(name)}(?![\w])", "\0", cut, flags=re.IGNORECASE)
    cut = RANDOM.sub(lambda found: found[0] if found[0] == OWN_ADDRESS else "\0", cut)
    cut = MIXED.sub(lambda found: "\0" if _is_mixed(found[0]) else found[0], cut)
    cut = LETTERS.sub(lambda found: _bare(found[0]), cut)
    return [part for part in cut.split("\0") if len(re.sub(r"[^A-Za-z]", "", part)) >= LEAST]


def _is_mixed(word: str) -> bool:
    """Whether letters and digits alternate as in no name: `x7k2m9q`."""
    return sum(a.isdigit() != b.isdigit() for a, b in pairwise(word)) >= MOST_CHANGES


def _bare(word: str) -> str:
    """A run of letters without what is random of it."""
    if looks_random(word):
        return "\0"
    place = random_end(word)
    return word if place is None else word[:place] + "\0"


def is_whole(value: str, own: Collection[str]) -> bool:
    """Whether nothing of a value is random or of this organisation alone."""
    return parts(value, own) == [value]


def looks_random(word: str) -> bool:
    """Whether letters look thrown together: by how the case changes, and by pairs of letters that no word has.

    Words that the rules themselves know (a service, a pipe, a program of a tool) never do.
    """
    if len(word) < LEAST or word.lower() in known_words():
        return False
    shape, broken = SEGMENT.findall(word), _is_broken(word)
    if broken and len(word) <= 2 * len(shape):
        return True
    rest = word if broken else SHORT.sub("-", word)
    pairs = [a + b for part in SEGMENT.findall(rest) for a, b in pairwise(part.lower())]
    odd = sum(pair not in usual_pairs() for pair in pairs)
    if broken:
        return odd > 0
    vowels = sum(letter in VOWELS for letter in rest)
    bare = len(rest) >= 6 and vowels / len(rest) < 0.15 and not word.isupper()
    return bare or (odd >= 2 and odd >= (0.5 if word.isupper() else 0.34) * len(pairs))


def random_end(word: str) -> int | None:
    """Where in a word random letters begin behind a telling beginning (`stdin` + `aBcD`), None where they do not."""
    lone = LONE_END.search(word)
    if lone is not None:
        return lone.start()
    places = range(LEAST, len(word) - LEAST + 1)
    ends = (i for i in places if _is_broken(word[i:]) and not _is_broken(word[:i]))
    return next((i for i in ends if looks_random(word[i:]) and not looks_random(word[:i])), None)


def _is_broken(word: str) -> bool:
    """Whether the case changes every other letter or so, as in no name."""
    shape = SEGMENT.findall(word)
    return len(shape) > 1 and len(word) < 3 * len(shape)


@cache
def usual_pairs() -> frozenset[str]:
    """Pairs of letters that occur in names which people make."""
    return frozenset(a + b for a, others in table("letters")["pairs"].items() for b in others)


@cache
def known_words() -> frozenset[str]:
    """The words of the rules, in lower case."""
    texts = (
        entry.read_text(encoding="utf-8") for entry in files("hopwatch.rules").iterdir() if entry.name.endswith(".yml")
    )
    return frozenset(word.lower() for text in texts for word in LETTERS.findall(text))


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
