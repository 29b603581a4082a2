"""Reads YAML of a bounded size and depth into a plain tree that knows its lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from hopwatch.model.errors import InputError

SIZE_LIMIT = 16 * 2**20  # bytes
NODE_LIMIT = 2_000_000
DEPTH_LIMIT = 16
NULLS = ("", "~", "null", "Null", "NULL")


@dataclass
class Node:
    """A text, a list of nodes, a mapping (a list of key and value), or nothing; `line` counts from 1."""

    line: int
    value: str | list[Node] | list[tuple[Node, Node]] | None
    kind: str = "text"
    waiting: Node | None = field(default=None, repr=False)  # a key whose value is still to come


def parse(text: str, file: str) -> Node:
    """Read a YAML document. Raises InputError with file and line for what is none, and for what could exhaust us."""
    root, open_nodes, count = Node(1, None, "null"), [], 0  # type: tuple[Node, list[Node], int]
    documents = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            line = event.start_mark.line + 1 if event.start_mark else 1
            count += 1
            _check(event, InPlace(file, line), len(open_nodes), count)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise InputError("a second document begins here; one file holds one", file=file, line=line)
            elif isinstance(event, yaml.CollectionEndEvent):
                open_nodes.pop()
            elif isinstance(event, yaml.NodeEvent):
                node = _node(event, line)
                root = _place(node, open_nodes) or root
                if node.kind in ("list", "mapping"):
                    open_nodes.append(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(f"not YAML: {error.problem}", file=file, line=mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {' '.join(str(error).split())[:200]}", file=file) from error
    return root


@dataclass(frozen=True)
class InPlace:
    """Where a thing stands."""

    file: str
    line: int

    def wrong(self, text: str) -> InputError:
        """Say that it is wrong there."""
        return InputError(text, file=self.file, line=self.line)


def _check(event: Any, place: InPlace, depth: int, count: int) -> None:
    """Refuse what a list of hosts does not need, and what makes small files large ones."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise place.wrong("anchors and aliases (& and *) are not read here; put text that begins with one in quotes")
    if depth > DEPTH_LIMIT:
        raise place.wrong(f"nests more than {DEPTH_LIMIT} levels deep")
    if count > NODE_LIMIT:
        raise place.wrong(f"more than {NODE_LIMIT:,} values")
    if (tag := getattr(event, "tag", None)) and tag != "!":
        raise place.wrong(f"tags are not read here: {tag[:80]!r}")


def _node(event: Any, line: int) -> Node:
    if isinstance(event, yaml.ScalarEvent):
        plain = event.implicit[0]
        return Node(line, None, "null") if plain and event.value in NULLS else Node(line, event.value)
    return Node(line, [], "mapping" if isinstance(event, yaml.MappingStartEvent) else "list")


def _place(node: Node, open_nodes: list[Node]) -> Node | None:
    """Put a node into the one that is open; give it back where none is."""
    if not open_nodes:
        return node
    parent = open_nodes[-1]
    if parent.kind == "list":
        parent.value.append(node)  # type: ignore[union-attr,arg-type]
    elif parent.waiting is None:
        parent.waiting = node
    else:
        parent.value.append((parent.waiting, node))  # type: ignore[union-attr,arg-type]
        parent.waiting = None
    return None
