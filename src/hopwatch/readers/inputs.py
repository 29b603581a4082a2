"""Finds what to read: folders walked, archives opened one level deep, nothing outside the given paths followed."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from hopwatch.model.errors import InputError
from hopwatch.readers.source import UNREADABLE, Source, file_source, shown

MEMBER_LIMIT = 4 * 2**30  # bytes that one archive member may unpack to
RATIO_LIMIT = 500  # and how many times its packed size, past the first 64 MiB
BUFFER = 2**20
RATIO_FREE = 64 * 2**20
Report = Callable[[str, str], None]


class TooLarge(OSError):
    """Say that an archive member unpacks to more than it may."""


def sources(paths: list[Path], report: Report) -> Iterator[Source]:
    """Give everything readable below the paths, in order of name, each file once.

    `report(file, reason)` hears of what was left out. Raises InputError for a path that does not exist.
    """
    seen: set[Path] = set()
    for path in paths:
        if not _exists(path):
            raise InputError(f"no such file or folder: {shown(path)}")
        for file in _files(path, report):
            real = file.resolve()
            if real in seen:
                continue
            seen.add(real)
            yield from _open(file, report)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False


def _files(path: Path, report: Report) -> Iterator[Path]:
    """The files of a folder, sorted; links are not followed, hidden files and macOS's own are not read."""
    if path.is_file():
        yield path
        return
    try:
        entries = sorted(path.iterdir(), key=lambda p: p.name)
    except OSError as error:  # no right to look, or neither a file nor a folder
        report(shown(path), f"cannot be opened: {error.strerror or error}")
        return
    for entry in entries:
        if entry.is_symlink() or entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_dir():
            yield from _files(entry, report)
        elif entry.is_file():
            yield entry


def _open(path: Path, report: Report) -> Iterator[Source]:
    try:
        source = file_source(path)
        head = source.head()
    except OSError as error:
        report(shown(path), f"cannot be opened: {error.strerror or error}")
        return
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _zip(path, report)
    elif head.startswith(b"\x1f\x8b"):
        yield _gzip(source)
    elif head:
        yield source
    else:
        report(source.name, "empty file")


def _gzip(source: Source) -> Source:
    def stream() -> BinaryIO:
        return _limited(gzip.GzipFile(fileobj=source.open()), source.size)

    return Source(source.name, stream, source.size)


def _zip(path: Path, report: Report) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda info: info.filename)
    except UNREADABLE as error:
        report(shown(path), f"a damaged zip archive: {error}")
        return
    for info in members:
        name = f"{shown(path)}!{info.filename}"
        last = info.filename.rsplit("/", 1)[-1]  # empty for a folder
        if not last or last.startswith(".") or "__MACOSX" in info.filename:
            continue
        if info.flag_bits & 0x1:
            report(name, "encrypted archive member")
        elif info.file_size:
            source = Source(name, _member(path, info), info.file_size)
            yield from _inside(source, report)


def _inside(source: Source, report: Report) -> Iterator[Source]:
    """A member as it is, or unpacked once more where it is gzip."""
    try:
        head = source.head()
    except UNREADABLE as error:
        report(source.name, f"a damaged archive member: {error}")
        return
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        report(source.name, "an archive inside an archive")
    else:
        yield _gzip(source) if head.startswith(b"\x1f\x8b") else source


def _member(path: Path, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def stream() -> BinaryIO:
        return _limited(zipfile.ZipFile(path).open(info), info.compress_size)

    return stream


def _limited(inner: object, packed: int) -> BinaryIO:
    return io.BufferedReader(_Limited(inner, packed), BUFFER)


class _Limited(io.RawIOBase):
    """A stream that ends where an archive is damaged, or unpacks to far more than a log would.

    What it has read is given first; only who reads on hears of the error.
    """

    def __init__(self, inner: object, packed: int) -> None:
        self._inner = cast(io.BufferedReader, inner)
        self._left = min(MEMBER_LIMIT, max(RATIO_FREE, packed * RATIO_LIMIT))
        self._error: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        if self._error:
            raise self._error
        view = memoryview(cast(bytearray, buffer))
        try:
            data = self._read(len(view))
        except UNREADABLE as error:
            self._error = error
            return 0
        view[: len(data)] = data
        return len(data)

    def _read(self, size: int) -> bytes:
        data = self._inner.read1(size)
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge("unpacks to far more than a log would; not read further")
        return data

    def close(self) -> None:
        self._inner.close()
        super().close()
