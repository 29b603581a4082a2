"""Damages bytes the way disks, transfers and attackers do, from a seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

# What has broken parsers before: lengths, signs, half characters, endless nesting, other types than are expected.
TOKENS = (
    b"<Event>", b"</Event>", b"<![CDATA[", b"]]>", b"<!--", b"&#0;", b"&x;", b"<!DOCTYPE", b"<a>" * 400,
    b"\x00" * 64, b"\xff" * 8, b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xff" * 4, b"ElfChnk\x00", b"**\x00\x00",
    b"\x0c\x01", b"\x0f\x01\x01\x00", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b'"', b"}", b"{", b"]", b"[" * 400,
    b'{"a":' * 400, b"null", b"true", b"-1", b"1e999", b"9" * 40, b"0x" + b"f" * 20, b'{"#text":[1,{"#text":null}]}',
    b'"\\u00b2"', b"NaN", b"\n", b"\xef\xbb\xbf", b'"infinity"', b"%%4417", b"<Data Name=", b"PK\x01\x02",
    b"PK\x05\x06", b"\x1f\x8b\x08",
)  # fmt: skip


def mutate(content: bytes, random: Random) -> bytes:
    """Give the content with one to six damages; never more than twice as long."""
    limit = 2 * len(content) + 4096
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        content = random.choice(DAMAGES)(content, random)[:limit] or b"{"
    return content


def _flip(content: bytes, random: Random) -> bytes:
    place = random.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << random.randrange(8)]) + content[place + 1 :]


def _overwrite(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + random.randbytes(end - start) + content[end:]


def _zero(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + bytes(end - start) + content[end:]


def _cut(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + content[end:]


def _end(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content)) + 1]


def _repeat(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:end] + content[start:end] * random.randrange(1, 4) + content[end:]


def _put(content: bytes, random: Random) -> bytes:
    """A token in the place of as many bytes, or between them."""
    token, place = random.choice(TOKENS), random.randrange(len(content))
    return content[:place] + token + content[place + random.choice((0, len(token))) :]


def _value(content: bytes, random: Random) -> bytes:
    """A token in the place of what follows a colon: another value of a JSON field."""
    colon = content.find(b":", random.randrange(len(content)))
    end = min((e for e in (content.find(b",", colon), content.find(b"}", colon)) if e > 0), default=-1)
    return content if colon < 0 or end < 0 else content[: colon + 1] + random.choice(TOKENS) + content[end:]


def _span(content: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(content))
    return start, min(len(content), start + int(2 ** random.uniform(0, 14)))


DAMAGES: tuple[Callable[[bytes, Random], bytes], ...] = (_flip, _overwrite, _zero, _cut, _end, _repeat, _put, _value)
