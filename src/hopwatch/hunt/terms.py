"""Parses searches as Lucene and Kibana write them: fields, words, phrases, ranges, and what joins them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hopwatch.hunt.place import wrong

DEEPEST = 50  # brackets within brackets
WORD = re.compile(r'(?:\\.|[^\s\\()\[\]{}":^~<>=!]|(?<=[^\s(:])[<>=!]|\\$)+')
OPERATOR = re.compile(r"<=|>=|<|>")
NUMBERED = re.compile(r"[\^~]\d*(?:\.\d+)?")
JOINS = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not"}
CLAUSE = "a search term like field:value, a phrase in quotes, NOT or an opening bracket"
VALUE = "a value, a phrase in quotes, a range like [1 TO 5], or an opening bracket"
SPECIAL = re.compile(r"\\([^A-Za-z0-9])")


@dataclass(frozen=True)
class Term:
    """One condition on a field (null: on any).

    `kind`: `word` (may hold * and ?), `phrase`, `exists`, `regex`, or a comparison (`<`, `<=`, `>`, `>=`). `at` is
    where the value stands, `field_at` where the field does.
    """

    field: str | None
    kind: str
    value: str
    at: int
    field_at: int


@dataclass(frozen=True)
class Join:
    """Conditions of which all (`and`), any (`or`) or none (`not`, of one) must hold."""

    kind: str
    parts: tuple[Node, ...]


Node = Term | Join


@dataclass(frozen=True)
class Parsed:
    """A search, and where two conditions stand side by side with nothing that joins them."""

    node: Node
    side_by_side: tuple[int, ...]


def parse(text: str, begin: int = 0, end: int | None = None, kibana: bool = False) -> Parsed:
    """Parse the part of a text from `begin` to `end`. Raises QueryError with the position in the text.

    `kibana`: words side by side after a field all belong to it; in Lucene's language the first does.
    """
    parser = _Parser(text, begin, len(text) if end is None else end, kibana)
    node = parser.any_of(0, None)
    parser.blanks()
    if parser.at < parser.end:
        raise wrong(text, parser.at, "AND, OR or the end of the search")
    return Parsed(node, tuple(parser.side_by_side))


class _Parser:
    def __init__(self, text: str, begin: int, end: int, kibana: bool) -> None:
        self.text, self.at, self.end, self.kibana = text, begin, end, kibana
        self.side_by_side: list[int] = []

    def blanks(self) -> None:
        while self.at < self.end and self.text[self.at].isspace():
            self.at += 1

    def peek(self) -> str:
        """The next character; empty at the end."""
        self.blanks()
        return self.text[self.at] if self.at < self.end else ""

    def join(self) -> str | None:
        """Which of and, or, not comes next."""
        self.blanks()
        for word, kind in JOINS.items():
            after = self.text[self.at + len(word) : self.at + len(word) + 1]
            whole = not word.isalpha() or not after or after in '( \t\r\n"-+!'
            if self.text[self.at : min(self.at + len(word), self.end)].upper() == word and whole:
                return kind
        return None

    def take_join(self) -> None:
        """Pass over the word that joins."""
        self.at += 2 if self.text[self.at] in "&|" else 3 if self.join() != "or" else 2

    def fail(self, expected: str) -> Exception:
        """The error for what comes next."""
        self.blanks()
        text = self.text[: self.end]
        return wrong(text, self.at, expected)

    def any_of(self, depth: int, field: tuple[str, int] | None) -> Node:
        """What OR joins."""
        if depth > DEEPEST:
            raise wrong(self.text, self.at, f"at most {DEEPEST} brackets within each other")
        parts = [self.side_by(depth, field)]
        while self.join() == "or":
            self.take_join()
            parts.append(self.side_by(depth, field))
        return parts[0] if len(parts) == 1 else Join("or", tuple(parts))

    def side_by(self, depth: int, field: tuple[str, int] | None) -> Node:
        """Clauses with nothing between them: Lucene wants any of them, all that have a + and none that have a -."""
        must: list[Node] = []
        may: list[Node] = []
        never: list[Node] = []
        while True:
            required = self.peek() == "+"
            self.at += required
            node = self.all_of(depth, field)
            (must if required else never if isinstance(node, Join) and node.kind == "not" else may).append(node)
            if self.peek() in ("", ")") or self.join() == "or":
                break
            if not never and self.join() != "not" and self.text[self.at] not in "+-!":
                self.side_by_side.append(self.at)
        return _clauses(must, may, never)

    def all_of(self, depth: int, field: tuple[str, int] | None) -> Node:
        parts = [self.clause(depth, field)]
        while self.join() == "and":
            self.take_join()
            parts.append(self.clause(depth, field))
        return parts[0] if len(parts) == 1 else Join("and", tuple(parts))

    def clause(self, depth: int, field: tuple[str, int] | None) -> Node:
        turns = 0
        while self.peek() and (self.join() == "not" or self.text[self.at] in "-!"):
            self.at += 3 if self.join() == "not" else 1
            turns += 1
        self.at += self.peek() == "+"
        node = self.positive(depth, field)
        return Join("not", (node,)) if turns % 2 else node

    def positive(self, depth: int, field: tuple[str, int] | None) -> Node:
        if self.peek() == "(":
            node = self.bracketed(depth, field)
        elif self.join() in ("and", "or"):
            raise self.fail(CLAUSE)
        else:
            node = self.value(field) if field else self.fielded(depth)
        self.suffix()
        return node

    def bracketed(self, depth: int, field: tuple[str, int] | None) -> Node:
        opened = self.at
        self.at += 1
        node = self.any_of(depth + 1, field)
        if self.peek() != ")":
            line = self.text.count("\n", 0, opened) + 1
            raise self.fail(f"AND, OR, or the closing bracket of the one opened in line {line}")
        self.at += 1
        return node

    def fielded(self, depth: int) -> Node:
        """A condition on a field, or a word or phrase that any field may hold."""
        begin = self.at
        name = WORD.match(self.text, self.at, self.end)
        if name is not None:
            self.at = name.end()
            operator = OPERATOR.match(self.text, self.at, self.end) if self.peek() in ("<", ">") else None
            if operator is not None:
                return self.value((_plain(name[0]), begin))
            if self.peek() == ":":
                self.at += 1
                if self.peek() == "(":
                    return self.bracketed(depth, (_plain(name[0]), begin))
                return self.words((_plain(name[0]), begin))
        self.at = begin
        return self.value((None, begin))

    def words(self, field: tuple[str, int]) -> Node:
        """A value, in Kibana's language all words up to the next that joins."""
        parts = [self.value(field)]
        while self.kibana and self.join() is None and self.peek() not in ("", ")", '"'):
            ahead = WORD.match(self.text, self.at, self.end)
            if ahead is None or self.text[ahead.end() : ahead.end() + 1] == ":":
                break
            parts.append(self.value(field))
        return parts[0] if len(parts) == 1 else Join("or", tuple(parts))

    def value(self, field: tuple[str | None, int]) -> Node:
        name, field_at = field
        first, at = self.peek(), self.at
        if first == '"':
            return Term(name, "phrase", self.phrase(), at, field_at)
        if first in ("[", "{") and name is not None:
            return self.range(name, field_at)
        if first == "/" and name is not None:
            return Term(name, "regex", self.regex(), at, field_at)
        operator = OPERATOR.match(self.text, self.at, self.end)
        if operator is not None and name is not None:
            self.at = operator.end()
            return Term(name, operator[0], self.bound(), at, field_at)
        word = WORD.match(self.text, self.at, self.end)
        if word is None:
            raise self.fail(VALUE if name else CLAUSE)
        self.at = word.end()
        while name is not None and self.text[self.at : self.at + 1] == ":" and self.at < self.end:
            more = WORD.match(self.text, self.at + 1, self.end)  # a time, an IPv6 address, a drive
            self.at = more.end() if more else self.at + 1
        kind = "exists" if self.text[at : self.at] == "*" else "word"
        return Term(name, kind, self.text[at : self.at], at, field_at)

    def phrase(self) -> str:
        """What stands between quotes; a backslash before a letter or digit is one of a path."""
        begin = self.at
        closing = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL).match(self.text, self.at, self.end)
        if closing is None:
            raise wrong(self.text[: self.end], begin, "a closing quote after it")
        self.at = closing.end()
        return SPECIAL.sub(r"\1", closing[1])

    def regex(self) -> str:
        closing = re.compile(r"/((?:\\.|[^/\\])*)/").match(self.text, self.at, self.end)
        if closing is None:
            raise wrong(self.text[: self.end], self.at, "a regular expression between slashes, like /ab+c/")
        self.at = closing.end()
        return closing[1].replace("\\/", "/")

    def bound(self) -> str:
        """A number, time or word that a value is compared with."""
        if self.peek() == '"':
            return self.phrase()
        word = re.compile(r"[^\s()\[\]{}\"]+").match(self.text, self.at, self.end)
        if word is None:
            raise self.fail("a number, a time or a word to compare with")
        self.at = word.end()
        return _plain(word[0])

    def range(self, name: str, field_at: int) -> Node:
        """A range; square brackets count the bound in, curly ones do not."""
        at, opening = self.at, self.text[self.at]
        self.at += 1
        low = self.bound()
        self.blanks()
        if not re.compile(r"TO\b", re.IGNORECASE).match(self.text, self.at, self.end):
            raise self.fail("TO between the bounds of the range")
        self.at += 2
        high = self.bound()
        if self.peek() not in ("]", "}"):
            raise self.fail("the closing ] or } of the range")
        closing = self.text[self.at]
        self.at += 1
        bounds = [(">=" if opening == "[" else ">", low), ("<=" if closing == "]" else "<", high)]
        parts = tuple(Term(name, kind, value, at, field_at) for kind, value in bounds if value != "*")
        return Join("and", parts) if parts else Term(name, "exists", "*", at, field_at)

    def suffix(self) -> None:
        """A boost changes no match; a fuzzy search would."""
        found = NUMBERED.match(self.text, self.at, self.end)
        if found and found[0][0] == "~":
            raise wrong(self.text, self.at, "no ~: fuzzy and proximity searches are not supported")
        if found:
            self.at = found.end()


def _clauses(must: list[Node], may: list[Node], never: list[Node]) -> Node:
    chosen = must or ([may[0] if len(may) == 1 else Join("or", tuple(may))] if may else [])
    parts = (*chosen, *never)
    return parts[0] if len(parts) == 1 else Join("and", parts)


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\1", text)


def terms(node: Node) -> Iterator[Term]:
    """Give every condition of a search."""
    if isinstance(node, Term):
        yield node
        return
    for part in node.parts:
        yield from terms(part)
