"""Cuts queries in Kusto's language at what stands outside of brackets, texts and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Texts and comments; a regular expression of a search, which stands after a colon; an escaped character of a search.
OPAQUE = re.compile(
    r'[@hH]{0,2}@"(?:""|[^"])*"|@\'(?:\'\'|[^\'])*\'|```.*?```|"(?:\\.|[^"\\\n])*"|(?<![\w\\])\'(?:\\.|[^\'\\\n])*\''
    r"|//[^\n]*|(?<=:)/(?:\\.|[^/\\\n])+/|\\.",
    re.DOTALL,
)
OPENING, CLOSING = "([{", ")]}"
DEEPEST = 100


def outside(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Give each character outside of texts and comments: its offset, and how many brackets are open there."""
    at, depth = begin, 0
    while at < end:
        hidden = OPAQUE.match(text, at, end)
        if hidden:
            at = hidden.end()
            continue
        depth -= text[at] in CLOSING
        yield at, depth
        depth += text[at] in OPENING
        at += 1


def cut(text: str, begin: int, end: int, separator: str) -> list[tuple[int, int]]:
    """Cut a part of a text at each separator outside of brackets; give where each piece begins and ends."""
    pieces, start = [], begin
    for at, depth in outside(text, begin, end):
        if (
            depth <= 0
            and text[at] == separator
            and (separator != "|" or text[at : at + 2] != "||" != text[at - 1 : at + 1])
        ):
            pieces.append((start, at))
            start = at + 1
    return [*pieces, (start, end)]


def cut_word(text: str, word: str) -> list[str]:
    """Cut a text at a word outside of brackets."""
    places = [at for at, depth in outside(text, 0, len(text)) if depth == 0]
    cuts = [at for at in places if re.compile(rf"(?<![\w-]){word}\b").match(text, at)]
    starts = [0, *(at + len(word) for at in cuts)]
    return [text[a:b].strip() for a, b in zip(starts, [*cuts, len(text)], strict=True)]


def bracket(text: str, begin: int, end: int) -> tuple[int, int] | None:
    """Find the first round bracket that no name stands directly before; give what is between it and its closing one."""
    opened = None
    for at, depth in outside(text, begin, end):
        if (
            opened is None
            and text[at] == "("
            and depth == 0
            and not (at > begin and (text[at - 1].isalnum() or text[at - 1] == "_"))
        ):
            opened = at
        elif opened is not None and text[at] == ")" and depth == 0:
            return opened + 1, at
    return None


def skip(text: str, begin: int, end: int) -> int:
    """The offset after blanks and comments."""
    found = re.compile(r"(?:\s|//[^\n]*)*").match(text, begin, end)
    return found.end() if found else begin
