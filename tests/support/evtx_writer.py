"""Writes real EVTX files from records in the shape that the parser reads them: what is written is read back equal.

The format: "Windows XML Event Log (EVTX)", J. Metz, libevtx documentation.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

FILE_HEADER = 4096
CHUNK = 65536
CHUNK_HEADER = 512
FRAGMENT = b"\x0f\x01\x01\x00"
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
NULL, STRING, UINT32, UINT64, BOOL, FILETIME, HEX64, BINXML = 0x00, 0x01, 0x08, 0x0A, 0x0D, 0x11, 0x15, 0x21
Value = tuple[int, bytes]  # type and content of one substitution


class TooLong(ValueError):
    """Say that one record does not fit into an empty chunk."""


def write(records: Iterable[Mapping[str, Any]], nested: bool = False) -> bytes:
    """Give the bytes of an EVTX file that holds the records, each `{"Event": {"System": …, "EventData": …}}`.

    Where `nested`, what follows `System` is a template of its own inside the event's, as Windows writes it. Raises
    TooLong for a record of more than a chunk.
    """
    chunks = list(_chunks(records, nested))
    return _file_header(len(chunks), chunks[-1].next if chunks else 1) + b"".join(chunk.finish() for chunk in chunks)


@dataclass(frozen=True)
class _Element:
    """A place in a template: what is equal in all records of one form; the values are substitutions."""

    name: str
    attributes: tuple[tuple[str, str | None], ...]  # with its text, or None where a value is put in
    children: tuple[_Element, ...]
    text: bool


BODY = _Element("", (), (), False)  # a place for a value that is an instance of another template


class _Chunk:
    """64 KiB of records with the names and templates that they share."""

    def __init__(self, first: int, nested: bool) -> None:
        self.nested = nested
        self.data = bytearray(CHUNK_HEADER)
        self.first = self.next = first  # places in this file, whatever EventRecordID the record brings from its own log
        self._last = 0
        self._names: dict[str, int] = {}
        self._templates: dict[_Element, int] = {}
        self._slot = 0

    def add(self, record: Mapping[str, Any]) -> bool:
        """Append a record; False where it does not fit any more."""
        start = len(self.data)
        time = record["Event"]["System"]["TimeCreated"]["#attributes"]["SystemTime"]
        values: list[Value] = []
        event = dict(record["Event"])
        rest = [(name, event.pop(name)) for name in ("EventData", "UserData") if self.nested and name in event]
        tree = _plan("Event", event, values)
        self.data += struct.pack("<IIQ", 0x2A2A, 0, self.next) + _filetime(time) + FRAGMENT
        if rest:
            self._whole(tree, values, *rest[0])
        else:
            self._instance(tree, values)
        size = len(self.data) + 4 - start
        self.data += struct.pack("<I", size)
        struct.pack_into("<I", self.data, start + 4, size)
        if len(self.data) > CHUNK:
            del self.data[start:]
            return False
        self._last = start
        self.next += 1
        return True

    def finish(self) -> bytes:
        """The chunk with its header, tables and checksums."""
        end, first, last = len(self.data), self.first, self.next - 1
        head = struct.pack("<8s4Q3I", b"ElfChnk\x00", first, last, first, last, 128, self._last, end)
        self.data[: len(head)] = head
        for name, offset in self._names.items():
            self._enter(128, _hash(name) % 64, offset, end)
        for tree, offset in self._templates.items():
            self._enter(384, struct.unpack("<I", _guid(tree)[:4])[0] % 32, offset, end)
        struct.pack_into("<I", self.data, 52, crc32(self.data[CHUNK_HEADER:]))
        struct.pack_into("<I", self.data, 124, crc32(self.data[:120] + self.data[128:512]))
        return bytes(self.data).ljust(CHUNK, b"\x00")

    def _enter(self, table: int, bucket: int, offset: int, end: int) -> None:
        """Put an entry at the head of its bucket; what a record that did not fit has left is passed over."""
        if offset < end:
            place = table + 4 * bucket
            self.data[offset : offset + 4] = self.data[place : place + 4]
            struct.pack_into("<I", self.data, place, offset)

    def _instance(self, tree: _Element, values: list[Value]) -> None:
        """A template instance: the template itself where it is new, then its values."""
        here = len(self.data) + 10
        offset = self._templates.get(tree, here)
        self.data += b"\x0c\x01" + _guid(tree)[:4] + struct.pack("<I", offset)
        if offset == here:
            self._templates[tree] = here
            self._definition(tree)
        if any(len(content) > 0xFFFF for _, content in values):
            raise TooLong("a value of more than 64 KiB")
        self.data += struct.pack("<I", len(values))
        self.data += b"".join(struct.pack("<HBx", len(content), kind) for kind, content in values)
        self.data += b"".join(content for _, content in values)

    def _whole(self, tree: _Element, values: list[Value], name: str, node: Any) -> None:
        """An instance of a template whose last value is an instance of another one."""
        inner: list[Value] = []
        body = _plan(name, node, inner)
        self._instance(replace(tree, children=(*tree.children, BODY)), [*values, (BINXML, b"")])
        place = len(self.data)
        size = place - sum(len(content) for _, content in values) - 4
        self.data += FRAGMENT
        self._instance(body, inner)
        if len(self.data) - place > 0xFFFF:
            raise TooLong("fields of more than 64 KiB")
        struct.pack_into("<H", self.data, size, len(self.data) - place)

    def _definition(self, tree: _Element) -> None:
        self.data += bytes(4) + _guid(tree) + bytes(4)
        start = len(self.data)
        self._slot = 0
        self.data += FRAGMENT
        self._element(tree)
        self.data += b"\x00"
        struct.pack_into("<I", self.data, start - 4, len(self.data) - start)

    def _element(self, node: _Element) -> None:
        self.data += struct.pack("<BHI", 0x41 if node.attributes else 0x01, 0xFFFF, 0)
        start = len(self.data)
        self._name(node.name)
        if node.attributes:
            self._attributes(node.attributes)
        if node.children or node.text:
            self.data += b"\x02"
            if node.text:
                self._substitution()
            for child in node.children:
                self._substitution() if child is BODY else self._element(child)
            self.data += b"\x04"
        else:
            self.data += b"\x03"
        struct.pack_into("<I", self.data, start - 4, len(self.data) - start)

    def _attributes(self, attributes: tuple[tuple[str, str | None], ...]) -> None:
        self.data += bytes(4)
        start = len(self.data)
        for left, (name, text) in zip(range(len(attributes) - 1, -1, -1), attributes, strict=True):
            self.data.append(0x46 if left else 0x06)
            self._name(name)
            if text is None:
                self._substitution()
            else:
                self.data += struct.pack("<BBH", 0x05, STRING, len(text)) + text.encode("utf-16-le")
        struct.pack_into("<I", self.data, start - 4, len(self.data) - start)

    def _substitution(self) -> None:
        """The place of the next value: optional, so that a null leaves nothing."""
        self.data += struct.pack("<BHB", 0x0E, self._slot, STRING)
        self._slot += 1

    def _name(self, name: str) -> None:
        """A name by its offset, and the name itself where the chunk sees it first."""
        here = len(self.data) + 4
        offset = self._names.setdefault(name, here)
        self.data += struct.pack("<I", offset)
        if offset == here:
            self.data += struct.pack("<IHH", 0, _hash(name), len(name)) + name.encode("utf-16-le") + b"\x00\x00"


def _chunks(records: Iterable[Mapping[str, Any]], nested: bool) -> Iterator[_Chunk]:
    chunk = _Chunk(1, nested)
    for record in records:
        if chunk.add(record):
            continue
        if chunk.next > chunk.first:
            yield chunk
        chunk = _Chunk(chunk.next, nested)
        if not chunk.add(record):
            raise TooLong("a record of more than a chunk")
    if chunk.next > chunk.first:
        yield chunk


def _file_header(chunks: int, next_record: int) -> bytes:
    numbers = (0, max(chunks - 1, 0), next_record, 128, 1, 3, FILE_HEADER, chunks)
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\x00", *numbers).ljust(120, b"\x00")
    return (head + struct.pack("<II", 0, crc32(head))).ljust(FILE_HEADER, b"\x00")


def _plan(name: str, node: Any, values: list[Value], literal: tuple[tuple[str, str], ...] = ()) -> _Element:
    """Split a record's node into the template's form and its values, in the order of their places."""
    if not isinstance(node, Mapping):
        if node is None:
            return _Element(name, literal, (), False)
        values.append(_value(name, node))
        return _Element(name, literal, (), True)
    given = node.get("#attributes", {})
    values += [_value(key, value) for key, value in given.items()]
    attributes = literal + tuple((key, None) for key in given)
    if "#text" in node:
        values.append(_value(name, node["#text"]))
        return _Element(name, attributes, (), True)
    children = [_child(name, key, value, values) for key, value in node.items() if key != "#attributes"]
    return _Element(name, attributes, tuple(part for group in children for part in group), False)


def _child(parent: str, name: str, node: Any, values: list[Value]) -> list[_Element]:
    """The elements of one key: EventData names its values by an attribute, and `Data` may be a list without names."""
    if parent != "EventData" or name == "Binary":
        return [_plan(name, node, values)]
    if name == "Data":
        texts = node["#text"] if isinstance(node, Mapping) else node
        return [_plan(name, text, values) for text in (texts if isinstance(texts, list) else [texts])]
    return [_plan("Data", node, values, (("Name", name),))]


def _value(name: str, value: Any) -> Value:
    """A value in the type that Windows gives it; text where the text is all that a reader sees.

    A type and bytes are given as they are.
    """
    if value is None or isinstance(value, tuple):
        return value or (NULL, b"")
    if isinstance(value, bool):
        return BOOL, struct.pack("<I", value)
    if isinstance(value, int):
        return (UINT32, struct.pack("<I", value)) if value < 2**32 else (UINT64, struct.pack("<Q", value))
    if name == "SystemTime" and len(value) == len("2026-01-05T10:00:00.000000Z"):
        return FILETIME, _filetime(value)
    if name == "Keywords":
        return HEX64, struct.pack("<Q", int(value, 16))
    return STRING, str(value).encode("utf-16-le")


def _filetime(text: str) -> bytes:
    delta = datetime.fromisoformat(text) - EPOCH
    return struct.pack("<Q", (delta.days * 86_400 + delta.seconds) * 10_000_000 + delta.microseconds * 10)


def _guid(tree: _Element) -> bytes:
    return hashlib.blake2s(repr(tree).encode(), digest_size=16).digest()


def _hash(name: str) -> int:
    """The hash of names in a chunk's string table."""
    value = 0
    for character in name:
        value = (value * 65599 + ord(character)) & 0xFFFFFFFF
    return value & 0xFFFF
