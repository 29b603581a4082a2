"""Reads the documents of a Sigma file: YAML with the line of every key, and mended where it is only nearly YAML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from hopwatch.model.detection import Problem
from hopwatch.model.errors import RuleError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FENCE = re.compile(r"^\s*(```|~~~)[\w-]*\s*$", re.MULTILINE)
QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " "})
DOUBLE = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
SIGN = re.compile(r"^([ \t]*(?:-[ \t]+|[\w.|-]+:[ \t]+)+)([*@%`][^\n#]*[^\n#\s])(?=[ \t]*(?:#[^\n]*)?$)", re.MULTILINE)
GOOD_ESCAPE = re.compile(r'\\[0abtnvfre"/\\N_LP ]|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}')
MOST_NODES = 200_000  # of one document, aliases expanded
Path = tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One YAML document of a file: its content, the line of each key by path, and what was mended to read it."""

    content: Any
    line: int
    lines: dict[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line_of(self, *path: str) -> int:
        """The line of a key, failing that of the nearest key above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, self.line)


def documents(text: str) -> list[Document]:
    """Give the documents of a file's text. Raises RuleError, with the line, for what no mending makes YAML."""
    try:
        return _parsed(text, ())
    except yaml.YAMLError as error:
        first = error
    mended: list[Problem] = []
    for mend in MENDS:
        text, problem = mend(text)
        mended += [problem] if problem else []
    if mended:
        try:
            return _parsed(text, tuple(mended))
        except yaml.YAMLError as error:
            first = error
    mark = getattr(first, "problem_mark", None)
    raise RuleError(f"not YAML: {getattr(first, 'problem', first)}", line=None if mark is None else mark.line + 1)


def _parsed(text: str, problems: tuple[Problem, ...]) -> list[Document]:
    loader = LOADER(text)
    found = []
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                found.append(_document(loader, node, problems))
    except (RecursionError, ValueError) as error:  # nesting without end; a date that is none
        raise RuleError(f"not YAML: {error}") from error
    finally:
        loader.dispose()
    return [document for document in found if document.content is not None]


def _document(loader: Any, node: Any, problems: tuple[Problem, ...]) -> Document:
    lines: dict[Path, int] = {}
    twice: list[Problem] = []
    _walk(node, (), lines, twice, [MOST_NODES])
    return Document(loader.construct_document(node), node.start_mark.line + 1, lines, (*problems, *twice))


def _walk(node: Any, path: Path, lines: dict[Path, int], twice: list[Problem], budget: list[int]) -> None:
    """Note the line of each key below a node; a document that its aliases make too large raises RuleError."""
    budget[0] -= 1
    if budget[0] < 0:
        raise RuleError("YAML aliases make this document too large", line=node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _walk(child, path, lines, twice, budget)
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, value in node.value:
        below = (*path, str(key.value))
        if below in seen:
            twice.append(Problem(f"{key.value!r} stands here twice: the last one counts", key.start_mark.line + 1))
        seen.add(below)
        lines.setdefault(below, key.start_mark.line + 1)
        _walk(value, below, lines, twice, budget)


def _without_fences(text: str) -> tuple[str, Problem | None]:
    found = FENCE.search(text)
    if not found:
        return text, None
    line = text.count("\n", 0, found.start()) + 1
    return FENCE.sub("", text), Problem("a Markdown fence is no part of the rule", line, "remove the line")


def _straight_quotes(text: str) -> tuple[str, Problem | None]:
    straight = text.translate(QUOTES)
    if straight == text:
        return text, None
    at = next(i for i, (a, b) in enumerate(zip(text, straight, strict=True)) if a != b)
    return straight, Problem("typographic quotes or blanks", text.count("\n", 0, at) + 1, "write ' or \" instead")


def _without_tabs(text: str) -> tuple[str, Problem | None]:
    found = re.search(r"^[ ]*\t", text, re.MULTILINE)
    if not found:
        return text, None
    mended = re.sub(r"^[ \t]+", lambda m: m[0].replace("\t", "  "), text, flags=re.MULTILINE)
    line = text.count("\n", 0, found.start()) + 1
    return mended, Problem("YAML is not indented with tabs", line, "write two blanks for each tab")


def _single_quotes(text: str) -> tuple[str, Problem | None]:
    """Text between double quotes whose backslashes are no escapes of YAML stands between single quotes."""
    problems: list[Problem] = []

    def mend(found: re.Match[str]) -> str:
        if "\\" not in GOOD_ESCAPE.sub("", found[1]):
            return found[0]
        line = text.count("\n", 0, found.start()) + 1
        problems.append(
            Problem(f"{found[0]} has a backslash that is no escape", line, "write it between single quotes")
        )
        return "'" + found[1].replace("'", "''") + "'"

    mended = DOUBLE.sub(mend, text)
    return mended, problems[0] if problems else None


def _quoted_signs(text: str) -> tuple[str, Problem | None]:
    """A value that begins with a sign that YAML keeps for itself stands between single quotes."""
    found = SIGN.search(text)
    if not found:
        return text, None
    line = text.count("\n", 0, found.start()) + 1
    mended = SIGN.sub(lambda m: m[1] + "'" + m[2].replace("'", "''") + "'", text)
    return mended, Problem(
        f"a value that begins with {found[2][0]} is none of YAML", line, "write it between single quotes"
    )


MENDS: tuple[Callable[[str], tuple[str, Problem | None]], ...] = (
    _without_fences,
    _straight_quotes,
    _without_tabs,
    _single_quotes,
    _quoted_signs,
)
