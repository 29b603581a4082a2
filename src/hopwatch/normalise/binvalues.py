"""Writes values of Windows' binary XML as texts, a column at a time, as the `evtx` library does in its JSON."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Values = Sequence[bytes]
GUID = (3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15)  # its bytes as written, -1 for a dash
STRING = 0x01
EPOCH = 11_644_473_600_000_000  # microseconds from 1601 to 1970
APART = b"\xff\xff"  # no character


def strings(columns: Sequence[Values]) -> list[pa.Array]:
    """UTF-16 texts, each up to its first zero.

    Columns that are ASCII throughout are written together without making a text of each value.
    """
    lows = [_low(column) for column in columns]
    ascii_ = [column for column, low in zip(columns, lows, strict=True) if low is not None]
    lengths = array("i", accumulate(map(len, chain.from_iterable(ascii_)), initial=0))
    halves = pc.shift_right(_plain(pa.int32(), len(lengths), lengths), pa.scalar(1, pa.int32()))
    content = pa.py_buffer(b"".join([low for low in lows if low is not None]))
    plain = pa.Array.from_buffers(pa.string(), len(lengths) - 1, [None, halves.buffers()[1], content])
    written, place = [], 0
    for column, low in zip(columns, lows, strict=True):
        if low is None:
            written.append(_texts(column))
        else:
            written.append(plain.slice(place, len(column)))
            place += len(column)
    return written


def _low(values: Values) -> bytes | None:
    """The characters of UTF-16 texts where all are ASCII and none is zero."""
    whole = b"".join(values)
    low = whole[::2]
    return low if low.isascii() and not low.count(0) and whole.count(0) == len(low) else None


def _texts(values: Values) -> pa.Array:
    texts = APART.join(values).decode("utf-16-le", "ignore").split("\uffff")
    if len(texts) != len(values):
        texts = list(map(text, values))
    return pa.array([one if "\0" not in one else one[: one.index("\0")] for one in texts], pa.string())


def _plain(kind: pa.DataType, count: int, content: Any) -> pa.Array:
    """Numbers of a type as they stand in memory."""
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(content)])


def text(value: bytes) -> str:
    """A UTF-16 text up to its first zero, without halves of surrogate pairs, which no text may hold."""
    return value.decode("utf-16-le", "ignore").partition("\0")[0]


def times(ticks: Sequence[int]) -> pa.Array:
    """FILETIMEs, as numbers, in ISO 8601 with microseconds."""
    micros = pc.subtract(pc.divide(pa.array(ticks, pa.int64()), 10), EPOCH)
    written = pc.binary_replace_slice(micros.view(pa.timestamp("us")).cast(pa.string()), 10, 11, "T")
    return pc.binary_join_element_wise(written, "Z", "")


def iso(ticks: int) -> str:
    """A FILETIME in ISO 8601 with microseconds."""
    return f"{datetime(1601, 1, 1) + timedelta(microseconds=ticks // 10):%Y-%m-%dT%H:%M:%S.%fZ}"


def numbers(kind: pa.DataType) -> Callable[[Values], pa.Array]:
    """Give what writes numbers of a type in decimal digits."""

    def written(values: Values) -> pa.Array:
        return _plain(kind, len(values), b"".join(values)).cast(pa.string())

    return written


def guids(values: Values) -> pa.Array:
    """GUIDs in capitals without braces."""
    digits = b"".join(values).hex().upper().encode()
    out = bytearray(b"-" * 36 * len(values))
    place = 0
    for byte in GUID:
        if byte >= 0:
            out[place::36], out[place + 1 :: 36] = digits[2 * byte :: 32], digits[2 * byte + 1 :: 32]
        place += 1 if byte < 0 else 2
    offsets = array("i", range(0, 36 * len(values) + 1, 36))
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(bytes(out))])


def sids(values: Sequence[bytes | None]) -> pa.Array:
    """Security identifiers, `S-1-…`."""
    return pa.array(map(sid, values), pa.string())


@lru_cache(8192)
def sid(value: bytes | None) -> str | None:
    """A security identifier as text."""
    if not value:
        return None
    parts = [value[0], int.from_bytes(value[2:8], "big")]
    parts += [int.from_bytes(value[place : place + 4], "little") for place in range(8, len(value), 4)]
    return "S-" + "-".join(map(str, parts))


def _filetimes(values: Values) -> pa.Array:
    return times(array("Q", b"".join(values)))


def _hexadecimal(values: Values) -> pa.Array:
    return pa.array([f"0x{int.from_bytes(value, 'little'):x}" for value in values], pa.string())


def _digits(values: Values) -> pa.Array:
    return pa.array([value.hex().upper() for value in values], pa.string())


def _booleans(values: Values) -> pa.Array:
    return pa.array(["true" if any(value) else "false" for value in values], pa.string())


def _lists(values: Values) -> pa.Array:
    """Many texts, each with a zero at its end, as lines."""
    texts = (value.decode("utf-16-le", "ignore") for value in values)
    return pa.array(["\n".join(many.removesuffix("\0").split("\0")) for many in texts], pa.string())


def write(kind: int, columns: Sequence[Values]) -> list[pa.Array]:
    """Write columns of values of one type; what a reader gives has no other types than these."""
    if kind == STRING:
        return strings(columns)
    whole = WRITERS[kind](list(chain.from_iterable(columns)))
    ends = accumulate(map(len, columns))
    return [whole.slice(end - len(column), len(column)) for column, end in zip(columns, ends, strict=True)]


def _nothing(values: Values) -> pa.Array:
    return pa.array([""] * len(values), pa.string())


# By the type of the value, but for texts. Source: MS-EVEN6, 2.2.12.
WRITERS: dict[int, Callable[[Values], pa.Array]] = {
    0x00: _nothing,
    0x03: numbers(pa.int8()),
    0x04: numbers(pa.uint8()),
    0x05: numbers(pa.int16()),
    0x06: numbers(pa.uint16()),
    0x07: numbers(pa.int32()),
    0x08: numbers(pa.uint32()),
    0x09: numbers(pa.int64()),
    0x0A: numbers(pa.uint64()),
    0x0D: _booleans,
    0x0E: _digits,
    0x0F: guids,
    0x10: _hexadecimal,
    0x11: _filetimes,
    0x13: sids,
    0x14: _hexadecimal,
    0x15: _hexadecimal,
    0x81: _lists,
}
