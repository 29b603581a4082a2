"""Writes 7z archives, so that tests have any, also ones whose header is damaged but has the right checksum."""

from __future__ import annotations

import lzma
import struct
from collections.abc import Callable
from zlib import crc32

FILTER = {"id": lzma.FILTER_LZMA2, "preset": 1}
LZMA2 = b"\x21\x21\x01\x10"  # a coder with one byte of properties: a dictionary of 1 MiB


def write_seven(
    members: dict[str, bytes],
    damage: Callable[[bytes], bytes] = bytes,
    coder: bytes = LZMA2,
    attributes: dict[str, int] | None = None,
) -> bytes:
    """Give a solid archive of members that are not empty; `damage` is done to its header before that is signed."""
    content = b"".join(members.values())
    packed = lzma.compress(content, lzma.FORMAT_RAW, filters=[FILTER]) if coder == LZMA2 else content
    header = damage(_header(members, len(content), len(packed), coder, attributes or {}))
    place = struct.pack("<QQI", len(packed), len(header), crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", crc32(place)) + place + packed + header


def _header(members: dict[str, bytes], size: int, packed: int, coder: bytes, attributes: dict[str, int]) -> bytes:
    parts = list(members.values())
    crcs = b"".join(struct.pack("<I", crc32(part)) for part in parts)
    sizes = b"\x09" + b"".join(number(len(part)) for part in parts[:-1]) if len(parts) > 1 else b""
    return b"".join((
        b"\x01\x04",
        b"\x06", number(0), number(1), b"\x09", number(packed), b"\0",
        b"\x07\x0b", number(1), b"\0", number(1), coder, b"\x0c", number(size), b"\0",
        b"\x08\x0d", number(len(parts)), sizes, b"\x0a\x01", crcs, b"\0",
        b"\0",
        b"\x05", number(len(parts)), _property(17, b"\0" + b"".join(f"{n}\0".encode("utf-16-le") for n in members)),
        _property(21, b"\x01\0" + b"".join(struct.pack("<I", attributes.get(name, 32)) for name in members)),
        b"\0\0",
    ))  # fmt: skip


def _property(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + number(len(content)) + content


def number(value: int) -> bytes:
    """A number as 7z writes it: the first byte's leading ones say how many bytes follow."""
    for count in range(8):
        if value < 1 << (7 * (count + 1)):
            first = 0xFF00 >> count & 0xFF | value >> (8 * count)
            return bytes([first]) + (value & (1 << (8 * count)) - 1).to_bytes(count, "little")
    return b"\xff" + value.to_bytes(8, "little")
