"""What the templates of EVTX records say of them: where an event's head, its fields and their values are."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from itertools import accumulate
from operator import itemgetter
from typing import Any

from hopwatch.model.decoded import EVENT_ID, Cut, Field, Form, Head
from hopwatch.readers.binxml import Element, Leaf, Unusual

NULL, STRING, UINT8, UINT16, UINT32, UINT64, BINARY, FILETIME, SID, BINXML = 0, 1, 4, 6, 8, 0x0A, 0x0E, 0x11, 0x13, 0x21
STRINGS = 0x81  # many texts, each with a zero at its end
NUMBERS = {UINT8: "B", UINT16: "H", UINT32: "I", UINT64: "Q"}
# Of what size a value of a type is: bits of the size that are told, and what they are. Types that are not here are
# read by the library, which knows how it writes them.
EVEN, FOURS, ANY = (1, 0), (3, 0), (0, 0)
SIZES = {NULL: ANY, STRING: EVEN, BINARY: ANY, SID: FOURS}
SIZES |= {
    kind: (0xFFFF, size)
    for size, kinds in {
        1: (3, 4),  # signed and unsigned
        2: (5, 6),
        4: (7, 8, 0x0D, 0x14),  # and a Boolean, and a number in hexadecimal digits
        8: (9, 0x0A, 0x10, FILETIME, 0x15),  # and a pointer's size, and a time
        16: (0x0F,),  # GUID
    }.items()
    for kind in kinds
}
INSTANCE = "5s5xI"  # what an instance of a template begins with: a sign of that, and where the template is
LEAST_SID = 8
LATEST = 2_650_467_744_000_000_000  # the FILETIME at which the year 10000 begins
LARGEST = 999_999_999  # event id
MOST = 256  # values of one instance
CUTS = 4096  # combinations of sizes of one template that are remembered
KEPT = 512  # layouts of one template that are remembered
# Where in `System` the parts of an event's head are: an element's text, or one of its attributes.
PARTS: dict[str, tuple[str, str | None]] = {
    "event_id": ("EventID", None),
    "utc": ("TimeCreated", "SystemTime"),
    "record_id": ("EventRecordID", None),
    "process_id": ("Execution", "ProcessID"),
    "level": ("Level", None),
    "user_sid": ("Security", "UserID"),
    "provider": ("Provider", "Name"),
    "channel": ("Channel", None),
    "computer": ("Computer", None),
}
TEXTS = {"provider", "channel", "computer"}
TYPES = {"utc": {FILETIME}, "user_sid": {SID, NULL}} | {name: {STRING, NULL} for name in TEXTS}
CONTAINERS = ("EventData", "UserData")
DROPPED = {"#attributes", "#text", "EventData_attributes", "Data_attributes", "UserData_attributes"}


def static(root: Element) -> bytes:
    """The names and texts of a template as JSON has them, in lower case."""
    return '"'.join(json.dumps(text, ensure_ascii=False)[1:-1] for text in _texts(root)).encode().lower()


def _texts(element: Element) -> Iterator[str]:
    yield element.name
    yield from element.attributes
    yield from (leaf for leaf in (*element.attributes.values(), *element.leaves) if isinstance(leaf, str))
    for child in element.children:
        yield from _texts(child)


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
            if not _usual(size, kind):
                raise Unusual
            if slot in wanted and size and kind != NULL:
                places[slot] = len(places) + 2 * body
                form += NUMBERS.get(kind) or ("Q" if kind == FILETIME else f"{size}s")
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


def _usual(size: int, kind: int) -> bool:
    """Whether a value of a type has one of the sizes that such values have."""
    mask, told = SIZES.get(kind, (0, 1))
    return size & mask == told and (kind != SID or size >= LEAST_SID)


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
        if root.name != "Event" or not root.children or root.children[0].name != "System" or len(root.children) > 2:
            raise Unusual
        if any(isinstance(leaf, int) for leaf in root.attributes.values()):
            raise Unusual
        system = root.children[0]
        self._parts: dict[str, Leaf | None] = _parts(system) | {"static": static(root).decode()}
        self.container: str | None = None
        self.body: int | None = None
        self.fields = Inner((), b"")
        self._find_fields(root)
        used = [leaf for leaf in self._parts.values() if isinstance(leaf, int)]
        prefix = max([*used, -1]) + 1
        if self.body is not None:
            if prefix > self.body:
                raise Unusual
            prefix = self.body
        self.about = 4 + 4 * prefix
        self.layouts: dict[bytes, Layout] = {}

    def _find_fields(self, root: Element) -> None:
        rest = root.children[1:]
        leaves = root.leaves
        if rest and not leaves:
            if rest[0].name not in CONTAINERS:
                raise Unusual
            self.container = rest[0].name
            if not rest[0].children and rest[0].leaves:
                if rest[0].attributes:
                    raise Unusual
                leaves = rest[0].leaves
            else:
                self.fields = Inner(tuple(fields_of(rest[0])), b"")
        if len(leaves) > (0 if rest and not rest[0].leaves else 1) or any(isinstance(leaf, str) for leaf in leaves):
            raise Unusual
        if leaves and isinstance(leaves[0], int):
            self.body = leaves[0]

    def layout(self, about: bytes) -> Layout | None:
        """Where the head's values are, told by the number of values and what is known of the first; kept in `layouts`."""
        if len(self.layouts) >= KEPT:
            self.layouts.clear()
        sizes = list(struct.iter_unpack("<HBx", about[4:]))
        try:
            layout = Layout(self._parts, int.from_bytes(about[:4], "little"), sizes, self.body is not None)
        except Unusual:
            return None
        self.layouts[about] = layout
        return layout


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


def fields_of(element: Element) -> list[Field]:
    """The fields that EventData, UserData or an element in it holds; raises Unusual where they are not plain."""
    fields = list(_fields(element))
    names = {field.name for field in fields}
    if len(names) < len(fields) or names & DROPPED or element.leaves:
        raise Unusual
    return fields


def _fields(element: Element) -> Iterator[Field]:
    named = any("Name" in child.attributes for child in element.children if child.name == "Data")
    for child in element.children:
        if child.name == "Data" and element.name in CONTAINERS:
            name = child.attributes.get("Name", "" if named else "Data")
            if not isinstance(name, str) or not name or len(child.attributes) > named:
                raise Unusual
            yield Field(name, child.leaf, many=not named)
        elif child.children:
            if child.leaves:
                raise Unusual
            yield from _fields(child)
        elif child.attributes:
            raise Unusual
        else:
            yield Field(child.name, child.leaf, null=True)


class Kind:
    """What instances of a template whose values have certain types have in common."""

    def __init__(self, fields: tuple[Field, ...], types: bytes, text: bytes) -> None:
        lists = {field.value for field in fields if field.many}
        if any(kind not in SIZES and (kind != STRINGS or i not in lists) for i, kind in enumerate(types)):
            raise Unusual
        if any(isinstance(field.value, int) and field.value >= len(types) for field in fields):
            raise Unusual
        self.form = Form(fields, types, text)
        self.sids = [i for i, kind in enumerate(types) if kind == SID]
        self.times = [i for i, kind in enumerate(types) if kind == FILETIME]

    def cut(self, about: bytes) -> Taken | None:
        """How values of some sizes are taken; nothing where a size is not usual."""
        sizes = list(struct.iter_unpack("<HBx", about[4:]))
        if not all(_usual(size, kind) or (kind == STRINGS and not size % 2) for size, kind in sizes):
            return None
        return Taken(self, [size for size, _ in sizes])


class Taken:
    """How the values of instances that have the same sizes are taken: all at once, `size` bytes `behind` their number.

    `sids` are where an identifier says how many parts it has, and how many it must say; `times` where times are.
    """

    def __init__(self, kind: Kind, sizes: list[int]) -> None:
        self.cut = Cut(kind.form, struct.pack(f"<{len(sizes)}I", *sizes))
        self.behind = 4 + 4 * len(sizes)
        self.size = sum(sizes)
        places = list(accumulate(sizes, initial=0))
        self.sids = [(places[i] + 1, (sizes[i] - 8) // 4) for i in kind.sids]
        self.times = [places[i] for i in kind.times]


class Inner:
    """The fields of a template's instances, by the types of their values."""

    def __init__(self, fields: tuple[Field, ...], text: bytes) -> None:
        self._fields = fields
        self._text = text
        self._kinds: dict[bytes, Kind | None] = {}
        self.cuts: dict[bytes, Taken] = {}
        self.about = 4  # bytes that told the number, sizes and types of the values of the last instance

    def cut(self, about: bytes) -> Taken | None:
        """How values are taken, none where they are not of the usual form.

        `about` is their number, and size and type of each. Many records of a log have values of the same sizes, so what
        was found is kept in `cuts`.
        """
        self.about = len(about)
        found = self.cuts.get(about)
        if found is None:
            kind = self.kind(about[6::4])
            found = kind and kind.cut(about)
            if found:
                if len(self.cuts) >= CUTS:
                    self.cuts.clear()
                self.cuts[about] = found
        return found

    def kind(self, types: bytes) -> Kind | None:
        """What instances with values of some types have in common; none where they are not of the usual form."""
        if types not in self._kinds:
            if len(self._kinds) >= KEPT:
                self._kinds.clear()
            try:
                self._kinds[types] = Kind(self._fields, types, self._text)
            except Unusual:
                self._kinds[types] = None
        return self._kinds[types]


def inner(root: Element, container: str | None) -> Inner:
    """The fields of a template whose instances stand in events, or in their `container`; raises Unusual."""
    if container is None and root.name not in CONTAINERS or root.name == "Data":
        raise Unusual
    whole = root if container is None else Element(container, {}, [root], [])
    return Inner(tuple(fields_of(whole)), static(root))
