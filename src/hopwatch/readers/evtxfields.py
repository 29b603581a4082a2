"""The fields of EVTX records: which ones a template names, and how their values are taken."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from itertools import accumulate

from hopwatch.model.decoded import Cut, Field, Form
from hopwatch.readers.binxml import Element, Unusual
from hopwatch.readers.evtxcut import CHUNK

NULL, STRING, UINT8, UINT16, UINT32, UINT64, BINARY, FILETIME, SID, BINXML = 0, 1, 4, 6, 8, 0x0A, 0x0E, 0x11, 0x13, 0x21
HEX64 = 0x15
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
        8: (9, 0x0A, 0x10, FILETIME, HEX64),  # and a pointer's size, and a time
        16: (0x0F,),  # GUID
    }.items()
    for kind in kinds
}
# Of what size a value of another type is that the library reads.
OTHERS = {0x02: range(CHUNK), 0x0B: range(4, 5), 0x0C: range(8, 9), 0x10: range(4, 5), 0x12: range(16, 17)}
OTHERS[BINXML] = range(CHUNK)
LEAST_SID = 8
LATEST = 2_650_466_808_010_000_000  # the FILETIME after the last that the library writes
MOST = 256  # values of one instance
CUTS = 4096  # combinations of sizes of one template that are remembered
KEPT = 512  # layouts of one template that are remembered
CONTAINERS = ("EventData", "UserData")
DROPPED = {"#attributes", "#text", "EventData_attributes", "Data_attributes", "UserData_attributes"}


def usual(size: int, kind: int) -> bool:
    """Whether a value of a type has one of the sizes that such values have."""
    mask, told = SIZES.get(kind, (0, 1))
    return size & mask == told and (kind != SID or size >= LEAST_SID)


def sound(value: bytes, kind: int) -> bool:
    """Whether the library, which goes by the type, reads a value as it is, and nothing of what follows it."""
    if kind == STRINGS:
        return len(value) % 2 == 0 and value[-2:] in (b"", b"\0\0")
    if kind == SID:
        return len(value) >= LEAST_SID and len(value) == LEAST_SID + 4 * value[1]
    return usual(len(value), kind) or len(value) in OTHERS.get(kind, range(0))


def static(root: Element) -> bytes:
    """The names and texts of a template as JSON has them, in lower case."""
    return '"'.join(json.dumps(text, ensure_ascii=False)[1:-1] for text in _texts(root)).encode().lower()


def _texts(element: Element) -> Iterator[str]:
    yield element.name
    yield from element.attributes
    yield from (leaf for leaf in (*element.attributes.values(), *element.leaves) if isinstance(leaf, str))
    for child in element.children:
        yield from _texts(child)


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
        self.lists = [i for i, kind in enumerate(types) if kind == STRINGS]

    def cut(self, about: bytes) -> Taken | None:
        """How values of some sizes are taken; nothing where a size is not usual."""
        sizes = list(struct.iter_unpack("<HBx", about[4:]))
        if not all(usual(size, kind) or (kind == STRINGS and not size % 2) for size, kind in sizes):
            return None
        return Taken(self, [size for size, _ in sizes])


class Taken:
    """How the values of instances that have the same sizes are taken: all at once, `size` bytes `behind` their number.

    `sids` are where an identifier says how many parts it has, and how many it must say; `times` where times are;
    `lists` where lists of texts must end.
    """

    def __init__(self, kind: Kind, sizes: list[int]) -> None:
        self.cut = Cut(kind.form, struct.pack(f"<{len(sizes)}I", *sizes))
        self.behind = 4 + 4 * len(sizes)
        self.size = sum(sizes)
        places = list(accumulate(sizes, initial=0))
        self.sids = [(places[i] + 1, (sizes[i] - 8) // 4) for i in kind.sids]
        self.times = [places[i] for i in kind.times]
        self.lists = [places[i + 1] for i in kind.lists if sizes[i]]


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
            found = kind.cut(about) if kind else None
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
    if (container is None and root.name not in CONTAINERS) or root.name == "Data":
        raise Unusual
    whole = root if container is None else Element(container, {}, [root], [])
    return Inner(tuple(fields_of(whole)), static(root))
