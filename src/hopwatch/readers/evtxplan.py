"""What the templates of EVTX records say of them: where an event's head, its fields and their values are."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from hopwatch.model.decoded import HEAD, Field, Form, Head
from hopwatch.readers.binxml import Element, Leaf, Unusual

NULL, STRING, UINT8, UINT16, UINT32, UINT64, BINARY, FILETIME, SID, BINXML = 0, 1, 4, 6, 8, 0x0A, 0x0E, 0x11, 0x13, 0x21
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
LATEST = 2_650_467_744_000_000_000  # the FILETIME at which the year 10000 begins
LARGEST = 999_999_999  # event id
MOST = 256  # values of one instance
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
    """Where the head's values are in records whose first values have certain types and sizes."""

    def __init__(self, parts: dict[str, Leaf | None], sizes: list[tuple[int, int]]) -> None:
        wanted = {leaf for leaf in parts.values() if isinstance(leaf, int)}
        form, places = "<", {}
        for slot, (size, kind) in enumerate(sizes):
            mask, told = SIZES.get(kind, (0, 1))
            if size & mask != told:
                raise Unusual
            if slot in wanted and size and kind != NULL:
                places[slot] = len(places)
                form += NUMBERS.get(kind) or ("Q" if kind == FILETIME else f"{size}s")
            else:
                form += f"{size}x"
        self.values = struct.Struct(form)
        self.size = self.values.size
        self.constants: list[Any] = []
        order = []
        for name, leaf in parts.items():
            kind = sizes[leaf][1] if isinstance(leaf, int) else STRING
            if kind not in TYPES.get(name, {*NUMBERS, NULL}) and leaf is not None and name != "static":
                raise Unusual
            if isinstance(leaf, int) and leaf in places:
                order.append(places[leaf])
            else:
                order.append(len(places) + len(self.constants))
                self.constants.append(_constant(name, leaf))
        self._constants = tuple(self.constants)
        self._order = itemgetter(*order)

    def head(self, chunk: bytes, place: int) -> Head | None:
        """The head of a record whose values begin at a place; none where its values are not of the usual form."""
        found: Head = self._order(self.values.unpack_from(chunk, place) + self._constants)
        number, time, sid = found[0], found[1], found[5]
        if number > LARGEST or time >= LATEST or (sid and len(sid) != 8 + 4 * sid[1]):
            return None
        return found


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
        self.prefix = max([*used, -1]) + 1
        if self.body is not None:
            if self.prefix > self.body:
                raise Unusual
            self.prefix = self.body
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
        """Where the head's values are, told by types and sizes of the first `prefix` values; kept in `layouts`."""
        if len(self.layouts) >= KEPT:
            self.layouts.clear()
        try:
            layout = Layout(self._parts, [(size, kind) for size, kind in struct.iter_unpack("<HBx", about)])
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
            yield Field(name, child.leaf)
        elif child.children:
            if child.leaves:
                raise Unusual
            yield from _fields(child)
        elif child.attributes:
            raise Unusual
        else:
            yield Field(child.name, child.leaf, null=True)


class Kind:
    """What instances of a template whose values have certain types have in common, and how to take their values."""

    def __init__(self, fields: tuple[Field, ...], types: bytes, text: bytes) -> None:
        if any(kind not in SIZES for kind in types):
            raise Unusual
        if any(isinstance(field.value, int) and field.value >= len(types) for field in fields):
            raise Unusual
        self.form = Form(fields, types, text)
        self._sizes = struct.Struct("<" + "H2x" * len(types))
        bits = [struct.pack("<HBx", SIZES[kind][0], 0xFF) for kind in types]
        told = [struct.pack("<HBx", SIZES[kind][1], kind) for kind in types]
        self._mask, self._told = (int.from_bytes(b"".join(each), "little") for each in (bits, told))
        self._sids = [i for i, kind in enumerate(types) if kind == SID]
        self._times = [i for i, kind in enumerate(types) if kind == FILETIME]
        self.checked = bool(self._sids or self._times)

    def cut(self, about: bytes) -> struct.Struct | None:
        """What takes apart values of some sizes; nothing where a size is not one that its type has."""
        if int.from_bytes(about, "little") & self._mask != self._told:
            return None
        return struct.Struct("%ds" * (len(about) // 4) % self._sizes.unpack(about))

    def holds(self, values: tuple[bytes, ...]) -> bool:
        """Whether the values that have more to them than a size are of the usual form."""
        for i in self._sids:
            sid = values[i]
            if len(sid) < 8 or len(sid) != 8 + 4 * sid[1]:
                return False
        return all(int.from_bytes(values[i], "little") < LATEST for i in self._times)


NOTHING = struct.Struct("")


class Inner:
    """The fields of a template's instances, by the types of their values."""

    def __init__(self, fields: tuple[Field, ...], text: bytes) -> None:
        self._fields = fields
        self._text = text
        self._kinds: dict[bytes, Kind | None] = {}
        self.cuts: dict[bytes, tuple[Kind | None, struct.Struct]] = {}

    def cut(self, about: bytes) -> tuple[Kind | None, struct.Struct]:
        """How values of some sizes and types are taken: with no kind where they are not of the usual form.

        Many records of a log have values of the same sizes, so what was found is kept in `cuts`.
        """
        kind = self.kind(about[2::4])
        cut = kind and kind.cut(about)
        if len(self.cuts) >= KEPT:
            self.cuts.clear()
        self.cuts[about] = found = (kind, cut) if cut else (None, NOTHING)
        return found

    def kind(self, types: bytes) -> Kind | None:
        """What instances with values of some types have in common; none where they are not of the usual form."""
        try:
            return self._kinds[types]
        except KeyError:
            pass
        if len(self._kinds) >= KEPT:
            self._kinds.clear()
        try:
            kind = Kind(self._fields, types, self._text)
        except Unusual:
            kind = None
        self._kinds[types] = kind
        return kind


def inner(root: Element, container: str | None) -> Inner:
    """The fields of a template whose instances stand in events, or in their `container`; raises Unusual."""
    if container is None and root.name not in CONTAINERS or root.name == "Data":
        raise Unusual
    whole = root if container is None else Element(container, {}, [root], [])
    return Inner(tuple(fields_of(whole)), static(root))
