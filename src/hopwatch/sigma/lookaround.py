"""Rewrites regular expressions that look around, which RE2 cannot, as several that do not, where that is the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

Node = str | tuple[str, tuple["Node", ...]]  # a pattern, or ("and" | "or" | "not", parts)
LOOKS = re.compile(r"\(\?<?[=!]")
LOOK = re.compile(r"\(\?(?P<behind><?)(?P<sign>[=!])(?P<inner>.*)\)", re.DOTALL)
GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[a-z-]*:))?")
FLAGS = re.compile(r"\(\?([ims]+)\)")
QUANTIFIER = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?")
ESCAPE = re.compile(r"\\(?:x\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[pP]\{\^?\w+\}|.)", re.DOTALL)
CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\\\]])*\]", re.DOTALL)
EDGES = ("^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z")
SINGLE = re.compile(
    r"[dDsSwWfnrtv]|[^\w\s]|x.+|[pP]\{.+", re.DOTALL
)  # what stands for one character behind a backslash
LONGEST = 40  # characters of a text that must not stand at the end


@dataclass(frozen=True)
class Piece:
    """A part of a pattern that stands by itself: a character, class or group, and how often it may stand."""

    atom: str
    quantifier: str = ""

    @property
    def text(self) -> str:
        """The piece as the pattern has it."""
        return self.atom + self.quantifier

    @property
    def look(self) -> re.Match[str] | None:
        """What it looks for, if it looks around."""
        return LOOK.fullmatch(self.atom) if not self.quantifier else None


def without_lookaround(pattern: str, flags: str) -> Node:
    """Give patterns for RE2 that together match the same texts; the one given where there is no such way.

    `flags` are letters of "ims". A pattern is searched for. It can be rewritten where what looks ahead stands behind a
    beginning of fixed length, or last; and what looks back first.
    """
    head = FLAGS.match(pattern)
    body, known = (pattern[head.end() :], "".join(sorted({*flags, *head[1]}))) if head else (pattern, flags)
    if LOOKS.search(pattern) and (found := _search(body, known)) is not None:
        return found
    return _flagged(pattern, flags)


def leaves(node: Node) -> Iterator[str]:
    """Give the patterns of a node."""
    if isinstance(node, str):
        yield node
    else:
        for part in node[1]:
            yield from leaves(part)


def _flagged(pattern: str, flags: str) -> str:
    return (f"(?{flags})" if flags else "") + pattern


def _search(body: str, flags: str) -> Node | None:
    """The node of a pattern without flags at its head, None where it cannot be rewritten."""
    if not LOOKS.search(body):
        return _flagged(body, flags)
    ways = _ways(body)
    found = [_way(way, flags) for way in ways or ()]
    if not found or any(node is None for node in found):
        return None
    return found[0] if len(found) == 1 else ("or", tuple(node for node in found if node is not None))


def _way(pieces: list[Piece], flags: str) -> Node | None:
    """The node of one alternative: what looks around is taken out of it, and asked beside it."""
    kept, beside = _anchored(pieces, flags) if _is_anchored(pieces, flags) else (pieces, [])
    rest = _last(_first(kept, flags), flags) if kept is not None else None
    if rest is None or any(node is None for node in beside):
        return None
    whole = "".join(piece.text for piece in rest)
    if LOOKS.search(whole):
        return None
    parts = (_flagged(whole, flags), *(node for node in beside if node is not None))
    return parts[0] if len(parts) == 1 else ("and", parts)


def _is_anchored(pieces: list[Piece], flags: str) -> bool:
    return bool(pieces) and pieces[0].text in (("\\A",) if "m" in flags else ("^", "\\A"))


def _anchored(pieces: list[Piece], flags: str) -> tuple[list[Piece], list[Node | None]]:
    """The pieces without those that look ahead from a place that is the same in all texts, and what these ask."""
    kept: list[Piece] = []
    beside: list[Node | None] = []
    for at, piece in enumerate(pieces):
        look = piece.look
        if look and not look["behind"]:
            before = "".join(one.text for one in kept)
            asked = _either([_search(before + way, flags) for way in _texts(look["inner"])])
            beside.append(asked if asked is None or look["sign"] == "=" else ("not", (asked,)))
        elif _width(piece) is None:
            return [*kept, *pieces[at:]], beside
        else:
            kept.append(piece)
    return kept, beside


def _texts(inner: str) -> list[str]:
    """The alternatives of what is looked for; all in one where none of them looks around itself."""
    ways = _ways(inner) if LOOKS.search(inner) else None
    return ["".join(piece.text for piece in way) for way in ways] if ways else [f"(?:{inner})"]


def _either(nodes: list[Node | None]) -> Node | None:
    if any(node is None for node in nodes):
        return None
    return nodes[0] if len(nodes) == 1 else ("or", tuple(node for node in nodes if node is not None))


def _first(pieces: list[Piece], flags: str) -> list[Piece] | None:
    """The pieces without one that looks back from the begin of what is searched for: it is searched for too."""
    look = pieces[0].look if pieces else None
    if look is None or not look["behind"]:
        return pieces
    before = f"(?:{look['inner']})" if look["sign"] == "=" else _not(look["inner"], flags, back=True)
    return None if before is None else [Piece(before), *pieces[1:]]


def _last(pieces: list[Piece] | None, flags: str) -> list[Piece] | None:
    """The pieces without one that looks ahead from the end of what is searched for: it is searched for too."""
    if pieces is None:
        return None
    while pieces and pieces[-1].text in (".*", ".*?"):  # always there
        pieces = pieces[:-1]
    look = pieces[-1].look if pieces else None
    if look is None or look["behind"]:
        return pieces
    behind = f"(?:{look['inner']})" if look["sign"] == "=" else _not(look["inner"], flags, back=False)
    return None if behind is None else [*pieces[:-1], Piece(behind)]


def _not(inner: str, flags: str, back: bool) -> str | None:
    """A pattern for what is not a sequence of characters, as far as it must be read: from its begin, or its end."""
    ways = _ways(inner)
    if ways is None or len(ways) > 1 or not 0 < len(ways[0]) <= LONGEST:
        return None
    if any(piece.quantifier or _width(piece) != 1 or piece.atom[0] == "(" for piece in ways[0]):
        return None
    sequence = [piece.atom for piece in ways[0]]
    edge, found = ("\\A" if back else "\\z"), ""
    for atom in sequence if back else reversed(sequence):
        other = _other(atom, flags)
        further = (found + atom if back else atom + found) if found else None
        found = "(?:" + "|".join(way for way in (edge, other, further) if way) + ")"
    return found


def _other(atom: str, flags: str) -> str | None:
    """A pattern for every character that is not the one that stands there; none where any may."""
    if atom == ".":
        return None if "s" in flags else "\\n"
    if atom.startswith("["):
        return "[" + atom[2:] if atom.startswith("[^") else "[^" + atom[1:]
    return f"[^{atom}]" if atom.startswith("\\") or atom not in "^-]" else f"[^\\{atom}]"


def _width(piece: Piece) -> int | None:
    """How many characters a piece has in all texts, None where that is not the same."""
    times = re.fullmatch(r"\{(\d+)\}|", piece.quantifier)
    one = _atom_width(piece.atom)
    return None if times is None or one is None else one * int(times[1] or 1)


def _atom_width(atom: str) -> int | None:
    if atom in EDGES:
        return 0
    if atom.startswith("\\"):
        return 1 if SINGLE.fullmatch(atom[1:]) else None
    if not atom.startswith("("):
        return 1
    group = GROUP.match(atom)
    ways = _ways(atom[group.end() : -1]) if group and not LOOK.fullmatch(atom) else None
    widths = {_sum([_width(piece) for piece in way]) for way in ways or ()}
    return widths.pop() if len(widths) == 1 else None


def _sum(widths: list[int | None]) -> int | None:
    known = [width for width in widths if width is not None]
    return sum(known) if len(known) == len(widths) else None


def _ways(pattern: str) -> list[list[Piece]] | None:
    """The alternatives of a pattern in pieces; None for what this module does not read."""
    ways: list[list[Piece]] = [[]]
    at = 0
    while at < len(pattern):
        if pattern[at] == "|":
            ways.append([])
            at += 1
            continue
        end = _atom_end(pattern, at)
        atom = pattern[at:end] if end else ""
        if not end or atom in ("\\Q", "\\E") or re.fullmatch(r"\(\?[a-zA-Z-]*\)", atom):
            return None
        quantifier = QUANTIFIER.match(pattern, end)
        at = quantifier.end() if quantifier else end
        ways[-1].append(Piece(atom, quantifier[0] if quantifier else ""))
    return ways


def _atom_end(pattern: str, at: int) -> int | None:
    """Where the atom ends that begins at a place."""
    if pattern[at] == "(":
        return _group_end(pattern, at)
    form = {"\\": ESCAPE, "[": CLASS}.get(pattern[at])
    if form is None:
        return None if pattern[at] in "*+?)" else at + 1
    found = form.match(pattern, at)
    return found.end() if found else None


def _group_end(pattern: str, at: int) -> int | None:
    depth = 0
    while at < len(pattern):
        form = {"\\": ESCAPE, "[": CLASS}.get(pattern[at])
        found = form.match(pattern, at) if form else None
        if form and not found:
            return None
        depth += {"(": 1, ")": -1}.get(pattern[at], 0)
        at = found.end() if found else at + 1
        if depth == 0:
            return at
    return None
