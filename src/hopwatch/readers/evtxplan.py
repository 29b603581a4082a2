"""What the template of an EVTX record says of it: where the parts of the event's head are, and its fields."""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import Any

from hopwatch.model.decoded import EVENT_ID
from hopwatch.readers.binxml import Element, Leaf, Unusual
from hopwatch.readers.evtxfields import (
    CONTAINERS,
    FILETIME,
    HEX64,
    KEPT,
    MOST,
    NULL,
    NUMBERS,
    SID,
    STRING,
    Inner,
    fields_of,
    static,
    usual,
)

INSTANCE = "5s5xI"  # what an instance of a template begins with: a sign of that, and where the template is
LARGEST = 999_999_999  # event id
# Where in `System` the parts of an event's head are: an element's text, or one of its attributes.
PARTS: dict[str, tuple[str, str | None]] = {
    "event_id": ("EventID", None),
    "utc": ("TimeCreated", "SystemTime"),
    "record_id": ("EventRecordID", None),
    "process_id": ("Execution", "ProcessID"),
    "level": ("Level", None),
    "keywords": ("Keywords", None),
    "user_sid": ("Security", "UserID"),
    "provider": ("Provider", "Name"),
    "channel": ("Channel", None),
    "computer": ("Computer", None),
}
TEXTS = {"provider", "channel", "computer"}
TYPES = {"utc": {FILETIME}, "user_sid": {SID, NULL}, "keywords": {HEX64, NULL}} | {
    name: {STRING, NULL} for name in TEXTS
}


class Layout:
    """Where the head's values are in records with so many values, of which the first have certain types and sizes.

    `values` takes, from behind what is known of those on, the head's values; where a `body` comes behind them also its
    size and type before them, and what it begins with behind them. `body` is where they end, from the number of values
    on.
    """

    def __init__(self, parts: dict[str, Leaf | None], count: int, sizes: list[tuple[int, int]], body: bool) -> None:
        wanted = {leaf for leaf in parts.values() if isinstance(leaf, int)}
        if count > MOST or count < len(sizes) or (body and count != len(sizes) + 1):
            raise Unusual
        form = "<HBx" if body else f"<{4 * (count - len(sizes))}x"
        places: dict[int, int] = {}
        for slot, (size, kind) in enumerate(sizes):
            if not usual(size, kind):
                raise Unusual
            if slot in wanted and size and kind != NULL:
                places[slot] = len(places) + 2 * body
                form += NUMBERS.get(kind) or ("Q" if kind in (FILETIME, HEX64) else f"{size}s")
            else:
                form += f"{size}x"
        self.values = struct.Struct(form + (INSTANCE if body else ""))
        self.body = 4 + 4 * count + sum(size for size, _ in sizes)
        constants: list[Any] = []
        order = []
        for name, leaf in parts.items():
            if isinstance(leaf, int) and sizes[leaf][1] not in TYPES.get(name, {*NUMBERS, NULL}):
                raise Unusual
            if isinstance(leaf, int) and leaf in places:
                order.append(places[leaf])
            else:
                order.append(len(places) + 4 * body + len(constants))
                constants.append(_constant(name, leaf))
        self.constants = tuple(constants)
        self.order = itemgetter(*order)
        self.event_id = order[EVENT_ID]  # where that is among the values taken


def _constant(name: str, leaf: Leaf | None) -> Any:
    """What a part of the head is in all records: a text of the template, or nothing."""
    if name in ("event_id", "utc"):
        raise Unusual
    if name == "static":
        return str(leaf).encode()
    if name in TEXTS:
        return leaf.encode("utf-16-le") if isinstance(leaf, str) else b""
    return None


class Outer:
    """The template of whole events: their head, and their fields or the value that holds the fields' template."""

    def __init__(self, root: Element) -> None:
        if root.name != "Event" or not root.children or root.children[0].name != "System":
            raise Unusual
        self._parts: dict[str, Leaf | None] = _parts(root.children[0]) | {"static": static(root).decode()}
        self.container, self.body, self.fields = _body(root)
        prefix = max((leaf for leaf in self._parts.values() if isinstance(leaf, int)), default=-1) + 1
        if self.body is not None:
            if prefix > self.body or list(root.everything()).count(self.body) > 1:
                raise Unusual
            prefix = self.body
        self.about = 4 + 4 * prefix
        self.layouts: dict[bytes, Layout] = {}

    def layout(self, about: bytes) -> Layout | None:
        """Where the head's values are, told by how many values there are and what is known of the first of them.

        What was found is kept in `layouts`.
        """
        if len(self.layouts) >= KEPT:
            self.layouts.clear()
        sizes = list(struct.iter_unpack("<HBx", about[4:]))
        try:
            layout = Layout(self._parts, int.from_bytes(about[:4], "little"), sizes, self.body is not None)
        except Unusual:
            return None
        self.layouts[about] = layout
        return layout


def _body(root: Element) -> tuple[str | None, int | None, Inner]:
    """Where an event's fields are: the element around the value that holds them and its number, or themselves."""
    if len(root.children) > 2 or len(root.children) + len(root.leaves) > 2:
        raise Unusual
    holder = root.children[1] if len(root.children) == 2 else None
    if holder is not None and holder.name not in CONTAINERS:
        raise Unusual
    if holder is not None and not holder.leaves:
        return None, None, Inner(tuple(fields_of(holder)), b"")
    if holder is not None and holder.attributes:
        raise Unusual
    leaf = (holder or root).leaves[0] if holder or root.leaves else None
    if isinstance(leaf, str) or (holder is not None and (holder.children or len(holder.leaves) > 1)):
        raise Unusual
    return holder.name if holder else None, leaf, Inner((), b"")


def _parts(system: Element) -> dict[str, Leaf | None]:
    by_name = {child.name: child for child in system.children}
    if len(by_name) < len(system.children) or system.leaves or any(child.children for child in system.children):
        raise Unusual
    parts: dict[str, Leaf | None] = {}
    for part, (name, attribute) in PARTS.items():
        child = by_name.get(name)
        leaf = None if child is None else child.leaf if attribute is None else child.attributes.get(attribute)
        if isinstance(leaf, str) and part not in TEXTS:
            raise Unusual
        parts[part] = leaf
    return parts
