"""Reads the boolean condition of a temporal correlation: `a and (b or c) and not d`."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

from hopwatch.model.errors import RuleError

TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
DEEPEST = 50
Node = tuple[str, tuple["Node", ...]] | str
Chain = tuple[tuple[str, ...], frozenset[str]]


def parsed(text: str) -> Node:
    """Give the tree of a condition: ("and", parts), ("or", parts), ("not", (part,)) or a rule's name.

    Raises RuleError for what is none.
    """
    tokens = TOKEN.findall(text)
    node, rest = _any(tokens, 0)
    if rest:
        raise RuleError(f"condition '{text}': '{rest[0]}' is not expected")
    return node


def _any(tokens: list[str], depth: int) -> tuple[Node, list[str]]:
    return _joined("or", lambda rest: _all(rest, depth), tokens)


def _all(tokens: list[str], depth: int) -> tuple[Node, list[str]]:
    return _joined("and", lambda rest: _one(rest, depth), tokens)


def _joined(
    word: str, read: Callable[[list[str]], tuple[Node, list[str]]], tokens: list[str]
) -> tuple[Node, list[str]]:
    node, rest = read(tokens)
    parts = [node]
    while rest and rest[0].lower() == word:
        node, rest = read(rest[1:])
        parts.append(node)
    return (parts[0] if len(parts) == 1 else (word, tuple(parts))), rest


def _one(tokens: list[str], depth: int) -> tuple[Node, list[str]]:
    if not tokens or depth > DEEPEST:
        raise RuleError(
            "the condition ends where a rule is expected" if not tokens else "the condition nests too deeply"
        )
    first, rest = tokens[0], tokens[1:]
    if first.lower() == "not":
        node, rest = _one(rest, depth + 1)
        return ("not", (node,)), rest
    if first == "(":
        node, rest = _any(rest, depth + 1)
        if not rest or rest[0] != ")":
            raise RuleError("the condition lacks a ')'")
        return node, rest[1:]
    if first == ")" or first.lower() in ("and", "or"):
        raise RuleError(f"the condition has '{first}' where a rule is expected")
    return first, rest


def sql_of(node: Node, present: Callable[[str, bool], str], negated: bool = False) -> str:
    """The SQL of a condition; `present(name, negated)` is that of a rule's presence, below a `not` or not."""
    if isinstance(node, str):
        return present(node, negated)
    word, parts = node
    if word == "not":
        return f"(NOT {sql_of(parts[0], present, not negated)})"
    return "(" + f" {word.upper()} ".join(sql_of(part, present, negated) for part in parts) + ")"


def chains(node: Node) -> list[Chain]:
    """The alternatives of a condition on rules in order: for each the rules that follow each other, and those absent.

    Raises RuleError for a `not` before more than a name.
    """
    if isinstance(node, str):
        return [((node,), frozenset())]
    word, parts = node
    if word == "or":
        return [chain for part in parts for chain in chains(part)]
    if word == "not":
        if not isinstance(parts[0], str):
            raise RuleError("in a temporal_ordered condition `not` stands before the name of a rule")
        return [((), frozenset({parts[0]}))]
    found = product(*(chains(part) for part in parts))
    return [
        (tuple(n for steps, _ in way for n in steps), frozenset().union(*(absent for _, absent in way)))
        for way in found
    ]
