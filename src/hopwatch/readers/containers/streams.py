"""Compressed streams (gzip, bzip2, xz, Zstandard, LZ4), of one or several frames, one after the other."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

import pyarrow as pa

from hopwatch.readers.containers.limits import TOO_LARGE, TooLarge, allowance
from hopwatch.readers.source import UNREADABLE, Opener, Source, piped

CHUNK = 2**16
STEP = 2**9  # what pyarrow is asked for at once: where it fails it gives nothing of that
MEMORY = 512 * 2**20  # bytes that an xz stream may have its reader hold
MAGIC = {
    b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4",
}  # fmt: skip
SKIPPABLE = range(0x184D2A50, 0x184D2A60)  # frames of Zstandard and LZ4 that hold no data; pzstd begins with one
Pull = Callable[[], bytes]
Engine = bz2.BZ2Decompressor | lzma.LZMADecompressor


def stream_kind(head: bytes) -> str | None:
    """What a compressed stream begins with, None for anything else."""
    if len(head) >= 4 and int.from_bytes(head[:4], "little") in SKIPPABLE:
        return "zstd"
    if head.startswith(b"BZh"):  # three letters that a text may begin with: a block or the end must follow
        return "bz2" if head[4:10] in (b"1AY&SY", b"\x17rE8P\x90") and head[3:4].isdigit() else None
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)


@dataclass(frozen=True)
class Unpacked:
    """What a compressed stream unpacks to, `limit` bytes at most."""

    inner: Opener
    kind: str
    limit: int

    def open(self) -> BinaryIO:
        """Give the unpacked bytes from the beginning."""
        packed = self.inner.open()
        pull, *closed = _PULLS[self.kind](packed)
        return piped(limited(pull, self.limit), *closed, packed)


def unpacked(source: Source, kind: str, free: int | None = None) -> Source:
    """The source that a compressed source unpacks to."""
    digest = source.digest and source.digest + kind.encode()
    opener = Unpacked(source.opener, kind, allowance(source.size, free=free))
    return replace(source, opener=opener, path=None, exact=False, start=None, digest=digest)


def limited(pull: Pull, limit: int) -> Pull:
    """The same pieces, but an error once they are more than `limit` bytes."""
    left = limit

    def piece() -> bytes:
        nonlocal left
        data = pull()
        left -= len(data)
        if left < 0:
            raise TooLarge(TOO_LARGE)
        return data

    return piece


def _gzip(packed: BinaryIO) -> tuple[Pull, gzip.GzipFile]:
    stream = gzip.GzipFile(fileobj=packed)
    return lambda: stream.read1(CHUNK), stream


def _bz2(packed: BinaryIO) -> tuple[Pull]:
    return (framed(packed, bz2.BZ2Decompressor),)


def _xz(packed: BinaryIO) -> tuple[Pull]:
    return (framed(packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)),)


def _arrow(codec: str) -> Callable[[BinaryIO], tuple[Pull, pa.NativeFile]]:
    def unpack(packed: BinaryIO) -> tuple[Pull, pa.NativeFile]:
        stream = pa.CompressedInputStream(pa.PythonFile(packed, "r"), codec)
        return _stepwise(lambda: stream.read(STEP)), stream

    return unpack


_PULLS: dict[str, Callable[[BinaryIO], tuple[Pull, *tuple[object, ...]]]] = {
    "gzip": _gzip, "bz2": _bz2, "xz": _xz, "zstd": _arrow("zstd"), "lz4": _arrow("lz4"),
}  # fmt: skip


def _stepwise(pull: Pull) -> Pull:
    """Small pieces put together, so that one that fails does not take those before it along."""
    failed: list[Exception] = []

    def piece() -> bytes:
        pieces: list[bytes] = []
        try:
            if failed:
                raise failed[0]
            while len(pieces) < CHUNK // STEP and (data := pull()):
                pieces.append(data)
        except UNREADABLE as error:
            if not pieces:
                raise
            failed.append(error)
        return b"".join(pieces)

    return piece


def framed(packed: BinaryIO, new: Callable[[], Engine]) -> Pull:
    """The content of frames that stand one after the other, with nothing or zeros between them."""
    engine: Engine | None = None
    rest = b""

    def piece() -> bytes:
        nonlocal engine, rest
        while True:
            if engine is None:
                while not (rest := rest.lstrip(b"\0")):
                    if not (rest := packed.read(CHUNK)):
                        return b""
                engine = new()
            if not rest and engine.needs_input and not (rest := packed.read(CHUNK)):
                raise EOFError("the compressed stream ends before its end mark")
            data = engine.decompress(rest, CHUNK)
            rest = b""
            if engine.eof:
                rest, engine = engine.unused_data, None
            if data:
                return data

    return piece
