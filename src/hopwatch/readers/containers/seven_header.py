"""The header of a 7z archive: which runs of packed bytes there are, how each is unpacked, and the members in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

# Ids of properties.
END, HEADER, PACKED, CODERS, SUBSTREAMS, SIZES, DIGESTS, FOLDERS = 0, 1, 6, 7, 8, 9, 10, 11
ARCHIVE, ADDITIONAL, STREAMS, FILES, UNPACKED_SIZES, COUNTS = 2, 3, 4, 5, 12, 13
EMPTY_STREAM, EMPTY_FILE, NAMES, ATTRIBUTES = 14, 15, 17, 21


class Damaged(ValueError):
    """Say what is wrong with a header."""


@dataclass
class Folder:
    """A run of packed bytes: where, its coders from the packed side on, and what it unpacks to."""

    coders: list[tuple[bytes, bytes]]  # id and properties
    linear: bool = True
    place: int = 0
    packed: int = 0
    inputs: int = 1
    sizes: list[int] = field(default_factory=list)
    last: int = 0  # which of the sizes is that of the result
    crc: int | None = None
    parts: list[tuple[int, int | None]] | None = None  # sizes and checksums of the members, where they are said

    @property
    def size(self) -> int:
        """Bytes that it unpacks to."""
        return self.sizes[self.last]


@dataclass
class Entry:
    """A member: its name, whether it has content, is a folder, and its attributes."""

    name: str
    content: bool = True
    folder: bool = False
    attributes: int = 0


class Cursor:
    """Bytes of a header, read one value after the other; raises Damaged where they end too early."""

    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        data = self._content[self._place : self._place + size]
        if size < 0 or len(data) < size:
            raise Damaged("its header is cut short")
        self._place += size
        return data

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A number of one to nine bytes: the first says by its leading ones how many follow."""
        first, mask, value = self.byte(), 0x80, 0
        for count in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << (8 * count)
            value |= self.byte() << (8 * count)
            mask >>= 1
        return value

    def count(self) -> int:
        """How many things follow: never more than the header has bits."""
        number = self.number()
        if number > 8 * len(self._content):
            raise Damaged("its header promises more than it can hold")
        return number

    def bits(self, count: int) -> list[bool]:
        """A bit for each of so many things."""
        data = self.take((count + 7) // 8)
        return [bool(data[i // 8] & 0x80 >> i % 8) for i in range(count)]

    def defined(self, count: int) -> list[bool]:
        """The same, where a byte may say that all are set."""
        return [True] * count if self.byte() else self.bits(count)

    def crcs(self, count: int) -> list[int | None]:
        """The checksums of so many things, where they have one."""
        return [self.u32() if known else None for known in self.defined(count)]

    def u32(self) -> int:
        """A number of four bytes."""
        return int.from_bytes(self.take(4), "little")

    def expect(self, wanted: int) -> None:
        """Take the id that must come now."""
        if (found := self.byte()) != wanted:
            raise Damaged(f"its header has {found} where {wanted} should be")

    def skip_external(self) -> None:
        """Take the byte that would say that what follows stands elsewhere."""
        if self.byte():
            raise Damaged("its header stands in several places")


def streams(at: Cursor) -> list[Folder]:
    """Read what is said of packed bytes."""
    place, packed, folders = 0, list[int](), list[Folder]()
    while (kind := at.byte()) != END:
        if kind == PACKED:
            place, packed = _packed(at)
        elif kind == CODERS:
            folders = _folders(at)
        elif kind == SUBSTREAMS:
            _substreams(at, folders)
        else:
            raise Damaged(f"its header has an unknown part {kind}")
    for folder in folders:
        if folder.parts is None:
            folder.parts = [(folder.size, folder.crc)]
        if len(packed) < folder.inputs:
            raise Damaged("its header names fewer packed runs than it needs")
        mine, packed = packed[: folder.inputs], packed[folder.inputs :]
        folder.place, folder.packed = place, sum(mine)
        place += folder.packed
    return folders


def _packed(at: Cursor) -> tuple[int, list[int]]:
    place, count, sizes = at.number(), at.count(), list[int]()
    while (kind := at.byte()) != END:
        if kind == SIZES:
            sizes = [at.number() for _ in range(count)]
        elif kind == DIGESTS:
            at.crcs(count)
        else:
            raise Damaged(f"its header has an unknown part {kind}")
    return place, sizes


def _folders(at: Cursor) -> list[Folder]:
    at.expect(FOLDERS)
    count = at.count()
    at.skip_external()
    made = [_folder(at) for _ in range(count)]
    at.expect(UNPACKED_SIZES)
    for folder, outputs in made:
        folder.sizes = [at.number() for _ in range(outputs)]
    folders = [folder for folder, _ in made]
    while (kind := at.byte()) != END:
        if kind != DIGESTS:
            raise Damaged(f"its header has an unknown part {kind}")
        for folder, crc in zip(folders, at.crcs(count), strict=True):
            folder.crc = crc
    return folders


def _folder(at: Cursor) -> tuple[Folder, int]:
    """A folder, and how many coders' outputs have a size."""
    coders: list[tuple[bytes, bytes]] = []
    inputs, outputs = 0, 0
    for _ in range(_small(at.number())):
        flags = at.byte()
        name = at.take(flags & 0xF)
        ways = (_small(at.number()), _small(at.number())) if flags & 0x10 else (1, 1)
        inputs, outputs = inputs + ways[0], outputs + ways[1]
        coders.append((name, at.take(at.number()) if flags & 0x20 else b""))
    bound = {at.number(): at.number() for _ in range(outputs - 1)}  # an input and the output that feeds it
    packed = inputs - len(bound)
    first = [at.number() for _ in range(packed)] if packed > 1 else sorted(set(range(inputs)) - set(bound))
    if inputs != len(coders) or outputs != len(coders) or len(first) != 1:
        return Folder(coders, linear=False, inputs=packed, last=0), outputs
    order = _order(bound, first[0], len(coders))
    return Folder([coders[i] for i in order], last=order[-1]), outputs


def _order(bound: dict[int, int], first: int, count: int) -> list[int]:
    """The coders from the one that reads packed bytes to the one that gives the result."""
    after = {output: input_ for input_, output in bound.items()}
    order = [first]
    while (step := after.get(order[-1])) is not None and len(order) < count:
        order.append(step)
    if len(set(order)) < count or not set(order) <= set(range(count)):
        raise Damaged("its coders form no chain")
    return order


def _small(number: int) -> int:
    if not 1 <= number <= 32:
        raise Damaged(f"a chain of {number} coders")
    return number


def _substreams(at: Cursor, folders: list[Folder]) -> None:
    counts = [1] * len(folders)
    kind = at.byte()
    if kind == COUNTS:
        counts = [at.count() for _ in folders]
        kind = at.byte()
    sizes = [[folder.size] if n else [] for folder, n in zip(folders, counts, strict=True)]
    if kind == SIZES:
        sizes = [_sizes(at, folder.size, n) for folder, n in zip(folders, counts, strict=True)]
        kind = at.byte()
    elif any(n > 1 for n in counts):
        raise Damaged("its header lacks the sizes of members")
    single = [n == 1 and folder.crc is not None for folder, n in zip(folders, counts, strict=True)]
    crcs: list[int | None] = [None] * sum(n for n, known in zip(counts, single, strict=True) if not known)
    if kind == DIGESTS:
        crcs = at.crcs(len(crcs))
        kind = at.byte()
    if kind != END:
        raise Damaged(f"its header has an unknown part {kind}")
    for folder, known, parts in zip(folders, single, sizes, strict=True):
        mine = [folder.crc] if known else crcs[: len(parts)]
        crcs = crcs if known else crcs[len(parts) :]
        folder.parts = list(zip(parts, mine, strict=True))


def _sizes(at: Cursor, total: int, count: int) -> list[int]:
    sizes = [at.number() for _ in range(count - 1)]
    if count and sum(sizes) > total:
        raise Damaged("its members are larger than what they lie in")
    return [*sizes, total - sum(sizes)] if count else []


def entries(at: Cursor) -> list[Entry]:
    """Read what is said of members."""
    found = [Entry("") for _ in range(at.count())]
    while (kind := at.byte()) != END:
        _property(kind, Cursor(at.take(at.number())), found)
    return found


def _property(kind: int, at: Cursor, found: list[Entry]) -> None:
    if kind == EMPTY_STREAM:
        for entry, empty in zip(found, at.bits(len(found)), strict=True):
            entry.content, entry.folder = not empty, empty
    elif kind == EMPTY_FILE:
        empty_ones = [entry for entry in found if not entry.content]
        for entry, file in zip(empty_ones, at.bits(len(empty_ones)), strict=True):
            entry.folder = not file
    elif kind == NAMES:
        at.skip_external()
        _name(at, found)
    elif kind == ATTRIBUTES:
        known = at.defined(len(found))
        at.skip_external()
        for entry in (entry for entry, defined in zip(found, known, strict=True) if defined):
            entry.attributes = at.u32()


def _name(at: Cursor, found: list[Entry]) -> None:
    for entry in found:
        units = bytearray()
        while (unit := at.take(2)) != b"\0\0":
            units += unit
        entry.name = units.decode("utf-16-le", "replace")


def checked(content: bytes, crc: int) -> bytes:
    """The content, which must have this checksum."""
    if crc32(content) != crc:
        raise Damaged("the checksum of its header is wrong")
    return content
