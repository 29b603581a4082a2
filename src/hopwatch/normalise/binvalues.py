"""Writes values of Windows' binary XML as texts, a column at a time, as the `evtx` library does in its JSON."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

GUID = (3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15)  # its bytes as written, -1 for a dash
STRING = 0x01
TRUTHS = {0: "false", 1: "true"}
EPOCH = 11_644_473_600_000_000  # microseconds from 1601 to 1970
APART = b"\xff\xff"  # no character


def write(kind: int, values: pa.Array, lengths: list[int]) -> list[pa.Array]:
    """Write columns of so many values of one type, given one after the other; a reader gives no types but these."""
    if kind == STRING:
        return strings(values, lengths)
    whole = WRITERS[kind](values)
    return [whole.slice(end - length, length) for end, length in zip(accumulate(lengths), lengths, strict=True)]


def strings(values: pa.Array, lengths: list[int]) -> list[pa.Array]:
    """UTF-16 texts, each up to its first zero, in columns of so many.

    Of columns that are ASCII throughout, as most are, every second byte is the text: so nothing is made of each value.
    """
    _, places, content = values.buffers()
    wide = content.to_pybytes() if content else b""
    narrow = wide[::2]
    ends = pa.Array.from_buffers(pa.int32(), len(values) + 1, [None, places])
    halves = pc.shift_right(ends, pa.scalar(1, pa.int32()))
    texts = pa.Array.from_buffers(pa.string(), len(values), [None, halves.buffers()[1], pa.py_buffer(narrow)])
    all_plain = _plain(wide)
    at = memoryview(places).cast("i")
    columns = []
    for end, length in zip(accumulate(lengths), lengths, strict=True):
        start = end - length
        if all_plain or _plain(wide[at[start] : at[end]]):
            columns.append(texts.slice(start, length))
        else:
            columns.append(_decoded(values.slice(start, length).to_pylist()))
    return columns


def _plain(wide: bytes) -> bool:
    """Whether UTF-16 is all ASCII and without zeros."""
    narrow = wide[::2]
    return narrow.isascii() and not narrow.count(0) and wide.count(0) == len(narrow)


def _decoded(values: list[bytes]) -> pa.Array:
    texts = APART.join(values).decode("utf-16-le", "ignore").split("\uffff")
    if len(texts) != len(values):
        texts = list(map(text, values))
    return pa.array([one if "\0" not in one else one[: one.index("\0")] for one in texts], pa.string())


def text(value: bytes) -> str:
    """A UTF-16 text up to its first zero, without halves of surrogate pairs, which no text may hold."""
    return value.decode("utf-16-le", "ignore").partition("\0")[0]


def times(ticks: Sequence[int]) -> pa.Array:
    """FILETIMEs, as numbers, in ISO 8601 with microseconds."""
    micros = pc.subtract(pc.divide(pa.array(ticks, pa.int64()), 10), EPOCH)
    written = pc.binary_replace_slice(micros.view(pa.timestamp("us")).cast(pa.string()), 10, 11, "T")
    return pc.binary_join_element_wise(written, "Z", "")


def _content(values: pa.Array) -> Any:
    return values.buffers()[2] or pa.py_buffer(b"")


def numbers(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    """Give what writes numbers of a type in decimal digits."""

    def written(values: pa.Array) -> pa.Array:
        return pa.Array.from_buffers(kind, len(values), [None, _content(values)]).cast(pa.string())

    return written


def guids(values: pa.Array) -> pa.Array:
    """GUIDs in capitals without braces."""
    digits = _content(values).to_pybytes().hex().upper().encode()
    out = bytearray(b"-" * 36 * len(values))
    place = 0
    for byte in GUID:
        if byte >= 0:
            out[place::36], out[place + 1 :: 36] = digits[2 * byte :: 32], digits[2 * byte + 1 :: 32]
        place += 1 if byte < 0 else 2
    offsets = array("i", range(0, 36 * len(values) + 1, 36))
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(bytes(out))])


@lru_cache(8192)
def sid(value: bytes | None) -> str | None:
    """A security identifier as text, `S-1-…`."""
    if not value:
        return None
    parts = [value[0], int.from_bytes(value[2:8], "big")]
    parts += [int.from_bytes(value[place : place + 4], "little") for place in range(8, len(value), 4)]
    return "S-" + "-".join(map(str, parts))


def sids(values: Iterable[bytes | None]) -> pa.Array:
    """Security identifiers as texts."""
    return pa.array(map(sid, values), pa.string())


def _each(written: Callable[[bytes], str | None]) -> Callable[[pa.Array], pa.Array]:
    """Give what writes every value by itself."""
    return lambda values: pa.array(map(written, values.to_pylist()), pa.string())


def _hexadecimal(code: str) -> Callable[[pa.Array], pa.Array]:
    """Give what writes numbers, whose type as `array` names it is given, in hexadecimal digits."""
    return lambda values: pa.array(map("0x{:x}".format, array(code, _content(values).to_pybytes())), pa.string())


def _filetimes(values: pa.Array) -> pa.Array:
    return times(array("Q", _content(values).to_pybytes()))


def _list(value: bytes) -> str:
    """Many texts, each with a zero at its end, as lines."""
    return "\n".join(value.decode("utf-16-le", "ignore").removesuffix("\0").split("\0"))


def _digits(value: bytes) -> str:
    return value.hex().upper()


def _truth(value: bytes) -> str:
    number = int.from_bytes(value, "little", signed=True)
    return TRUTHS.get(number) or str(number)


def _nothing(value: bytes) -> str:
    return ""


# By the type of the value, but for texts. Source: MS-EVEN6, 2.2.12.
WRITERS: dict[int, Callable[[pa.Array], pa.Array]] = {
    0x00: _each(_nothing),
    0x03: numbers(pa.int8()),
    0x04: numbers(pa.uint8()),
    0x05: numbers(pa.int16()),
    0x06: numbers(pa.uint16()),
    0x07: numbers(pa.int32()),
    0x08: numbers(pa.uint32()),
    0x09: numbers(pa.int64()),
    0x0A: numbers(pa.uint64()),
    0x0D: _each(_truth),
    0x0E: _each(_digits),
    0x0F: guids,
    0x10: _hexadecimal("Q"),
    0x11: _filetimes,
    0x13: _each(sid),
    0x14: _hexadecimal("I"),
    0x15: _hexadecimal("Q"),
    0x81: _each(_list),
}
