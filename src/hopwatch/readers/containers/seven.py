"""7z archives: LZMA, LZMA2, bzip2, Deflate and stored, solid or not; encrypted ones and other methods are named."""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from hopwatch.readers.containers.member import Found
from hopwatch.readers.containers.runs import Onward, Part, Run
from hopwatch.readers.containers.seven_header import (
    ADDITIONAL,
    ARCHIVE,
    END,
    FILES,
    HEADER,
    STREAMS,
    Cursor,
    Damaged,
    Entry,
    Folder,
    checked,
    entries,
    streams,
)  # fmt: skip
from hopwatch.readers.containers.streams import CHUNK, Pull
from hopwatch.readers.source import UNREADABLE, Opener, Source, piped

MAGIC = b"7z\xbc\xaf\x27\x1c"
SIGNATURE = struct.Struct("<6sBBIQQI")  # magic, version, checksum, then place, size and checksum of the header
ENCODED = 0x17
HEADER_LIMIT = 64 * 2**20  # bytes of a header
DICTIONARY_LIMIT = 2**30  # bytes that a decoder may have to remember
COPY, LZMA, LZMA2, DEFLATE, BZIP2 = b"\x00", b"\x03\x01\x01", b"\x21", b"\x04\x01\x08", b"\x04\x02\x02"
DELTA, X86 = b"\x03", (b"\x04", b"\x03\x03\x01\x03")
REPARSE = 0x400  # an attribute of Windows' links
AES = b"\x06\xf1\x07\x01"
Coder = tuple[bytes, bytes]
Step = Callable[[bytes, int], bytes]


class Unsupported(ValueError):
    """Say which way of packing is not read."""


def members(archive: Source) -> Iterator[Found]:
    """Give what is in a 7z archive, in its order; each member is unpacked on the way."""
    try:
        with archive.open() as stream:
            folders, files = _contents(stream, archive.opener)
    except (*UNREADABLE, MemoryError) as error:
        encrypted = isinstance(error, Unsupported)
        yield Found("", 0, problem=str(error) if encrypted else f"a damaged 7z archive: {error}")
        return
    full = iter([entry for entry in files if entry.content])
    for folder in folders:
        yield from _in_folder(archive.opener, folder, full)
    yield from (Found(entry.name, 0, folder=entry.folder) for entry in files if not entry.content)


def _in_folder(archive: Opener, folder: Folder, files: Iterator[Entry]) -> Iterator[Found]:
    opener = SevenRun(archive, SIGNATURE.size + folder.place, folder.packed, tuple(folder.coders), folder.size)
    problem = _unsupported(folder)
    run, place = Run(opener), 0
    with piped(lambda: b"") if problem else opener.open() as stream:
        on = Onward(stream)
        for (size, crc), entry in zip(folder.parts or (), files, strict=False):
            link = stat.S_ISLNK(entry.attributes >> 16) or entry.attributes & REPARSE
            trouble = "a link, not followed" if link else problem
            yield Found(entry.name, size, Part(run, place, size, crc), trouble, measure=on.at(place, size))
            place += size


def _contents(stream: BinaryIO, archive: Opener) -> tuple[list[Folder], list[Entry]]:
    """The folders and members that the header names, which may itself be packed, even twice."""
    head = stream.read(SIGNATURE.size)
    if len(head) < SIGNATURE.size:
        raise Damaged("shorter than its header")
    *_, place, size, crc = SIGNATURE.unpack(head)
    checked(head[12:], SIGNATURE.unpack(head)[3])
    if not size:
        return [], []
    content = _piece(stream, SIGNATURE.size + place, size, crc)
    for _ in range(3):
        at = Cursor(content)
        if (kind := at.byte()) == HEADER:
            return _header(at)
        if kind != ENCODED:
            break
        content = _decoded(at, archive)
    raise Damaged("its header is none")


def _piece(stream: BinaryIO, place: int, size: int, crc: int) -> bytes:
    if size > HEADER_LIMIT:
        raise Damaged("its header is too large")
    stream.seek(place)
    content = stream.read(size)
    if len(content) < size:
        raise Damaged("it is cut short, and its header stood at its end")
    return checked(content, crc)


def _decoded(at: Cursor, archive: Opener) -> bytes:
    folders = streams(at)
    if len(folders) != 1 or folders[0].size > HEADER_LIMIT:
        raise Damaged("its header is too large")
    (folder,) = folders
    if problem := _unsupported(folder):
        raise Unsupported(problem.replace("archive member", "archive, its names too"))
    opener = SevenRun(archive, SIGNATURE.size + folder.place, folder.packed, tuple(folder.coders), folder.size)
    with opener.open() as stream:
        content = stream.read(folder.size)
    return content if folder.crc is None else checked(content, folder.crc)


def _header(at: Cursor) -> tuple[list[Folder], list[Entry]]:
    folders, files = list[Folder](), list[Entry]()
    while (kind := at.byte()) != END:
        if kind == ARCHIVE:
            while at.byte() != END:
                at.take(at.number())
        elif kind == ADDITIONAL:
            streams(at)
        elif kind == STREAMS:
            folders = streams(at)
        elif kind == FILES:
            files = entries(at)
        else:
            raise Damaged(f"its header has an unknown part {kind}")
    return folders, files


def _unsupported(folder: Folder) -> str:
    if any(name == AES for name, _ in folder.coders):
        return "encrypted archive member"
    try:
        if not folder.linear:
            raise Unsupported("a member packed in a way that hopwatch does not read (several streams)")
        _steps(tuple(folder.coders))
    except UNREADABLE as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class SevenRun:
    """What one run of packed bytes unpacks to."""

    archive: Opener
    place: int
    packed: int
    coders: tuple[Coder, ...]
    size: int

    def open(self) -> BinaryIO:
        """Give the unpacked bytes from the beginning."""
        stream = self.archive.open()
        stream.seek(self.place)
        pull = _slice(stream, self.packed)
        for step in _steps(self.coders):
            pull = _stepped(pull, step)
        return piped(_bounded(pull, self.size), stream)


def _slice(stream: BinaryIO, size: int) -> Pull:
    left = size

    def piece() -> bytes:
        nonlocal left
        data = stream.read(min(CHUNK, left))
        left -= len(data)
        return data

    return piece


def _bounded(pull: Pull, size: int) -> Pull:
    """So many bytes and no more."""
    left = size

    def piece() -> bytes:
        nonlocal left
        data = pull()[:left] if left else b""
        left -= len(data)
        return data

    return piece


def _stepped(pull: Pull, step: Step) -> Pull:
    """What a decoder makes of the pieces, in pieces of bounded size; nothing more once the packed bytes are used up."""

    def piece() -> bytes:
        while not (data := step(b"", CHUNK)):
            more = pull()
            if data := step(more, CHUNK):
                return data
            if not more:
                return b""
        return data

    return piece


def _steps(coders: tuple[Coder, ...]) -> list[Step]:
    """Decoders, from the packed side on; a filter belongs to the LZMA2 before it."""
    steps: list[Step] = []
    rest = list(coders)
    while rest:
        name, properties = rest.pop(0)
        if name in (LZMA, LZMA2):
            chain = [_lzma(name, properties)]
            while rest and name == LZMA2 and (rest[0][0] == DELTA or rest[0][0] in X86):
                chain.insert(0, _filter(*rest.pop(0)))
            steps.append(_raw(chain))
        elif name in _PLAIN:
            steps.append(_PLAIN[name]())
        else:
            raise Unsupported(f"a member packed in a way that hopwatch does not read (7z method {name.hex()})")
    return steps


def _lzma(name: bytes, properties: bytes) -> dict[str, int]:
    if len(properties) < (5 if name == LZMA else 1) or properties[0] > (224 if name == LZMA else 40):
        raise Damaged("its coders have no sense")
    first = properties[0]
    if name == LZMA:
        size = int.from_bytes(properties[1:5], "little")
        found = {"id": lzma.FILTER_LZMA1, "lc": first % 9, "lp": first // 9 % 5, "pb": first // 45}
    else:
        size = 2**32 - 1 if first == 40 else (2 | first & 1) << (first // 2 + 11)
        found = {"id": lzma.FILTER_LZMA2}
    if size > DICTIONARY_LIMIT:
        raise Unsupported(f"a member that takes {size / 2**30:.1f} GiB of memory to unpack")
    return {**found, "dict_size": max(4096, size)}


def _filter(name: bytes, properties: bytes) -> dict[str, int]:
    if name == DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": (properties or b"\0")[0] + 1}
    return {"id": lzma.FILTER_X86}


def _raw(chain: list[dict[str, int]]) -> Step:
    engine = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
    return lambda data, size: (
        b"" if engine.eof or not (data or not engine.needs_input) else engine.decompress(data, size)
    )


def _bzip2() -> Step:
    engine = bz2.BZ2Decompressor()
    return lambda data, size: (
        b"" if engine.eof or not (data or not engine.needs_input) else engine.decompress(data, size)
    )


def _deflate() -> Step:
    engine = zlib.decompressobj(-15)
    return lambda data, size: b"" if engine.eof else engine.decompress(engine.unconsumed_tail + data, size)


def _copy() -> Step:
    return lambda data, size: data


_PLAIN: dict[bytes, Callable[[], Step]] = {COPY: _copy, BZIP2: _bzip2, DEFLATE: _deflate}
