"""Tar archives, read from front to end; nothing of them is written anywhere."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from hopwatch.readers.containers.member import Found
from hopwatch.readers.containers.runs import CHUNK, Part, Run, measured
from hopwatch.readers.source import UNREADABLE, Source

BLOCK = 512
HEADER_LIMIT = 2**20  # bytes of a long name or of extended headers
# What tarfile itself raises on headers that nobody meant.
BROKEN = (*UNREADABLE, RecursionError, IndexError, KeyError, TypeError, AttributeError)


def is_tar(head: bytes) -> bool:
    """Whether the content begins with a tar header, told by its checksum or its mark."""
    if len(head) < BLOCK:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:BLOCK], "utf-8", "surrogateescape")
    except BROKEN:
        return head[257:262] == b"ustar"
    return True


def members(archive: Source) -> Iterator[Found]:
    """Give what is in a tar archive, in its order; of a compressed one each member is unpacked on the way."""
    with archive.open() as stream:
        walk, run = _Walk(stream), Run(archive.opener)
        try:
            for info in _headers(walk):
                yield _found(info, walk, run)
        except BROKEN as error:
            yield Found("", 0, problem=f"a damaged tar archive: {error}")
            return
        if any(walk.last) or not walk.last:
            yield Found("", 0, problem="a damaged tar archive: no header or end where one should be")


def _headers(walk: _Walk) -> Iterator[tarfile.TarInfo]:
    tar = tarfile.TarFile(fileobj=walk, mode="r", encoding="utf-8", errors="surrogateescape")  # type: ignore[arg-type]
    while info := tar.next():
        vars(tar)["members"].clear()  # it keeps them all
        yield info


def _found(info: tarfile.TarInfo, walk: _Walk, run: Run) -> Found:
    name = info.name.encode("utf-8", "replace").decode()
    if info.issym() or info.islnk():
        return Found(name, 0, problem="a link, not followed")
    if info.isdir():
        return Found(name, 0, folder=True)
    if not info.isreg() or info.sparse is not None:
        return Found(name, 0, problem="a sparse file, left out" if info.isreg() else "a pipe or device, not opened")
    part = Part(run, info.offset_data, info.size)
    return Found(name, info.size, part, measure=None if walk.seekable else lambda: walk.measured(info))


class _Walk:
    """A stream as tarfile wants it: seekable, but forward only, and not for whole members at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seekable = stream.seekable()
        self._place = 0
        self.last = b""

    def tell(self) -> int:
        return self._place

    def read(self, size: int) -> bytes:
        if not 0 <= size <= HEADER_LIMIT:
            raise tarfile.ReadError(f"a header of more than {HEADER_LIMIT // 2**20} MiB")
        self.last = self._stream.read(size)
        self._place += len(self.last)
        return self.last

    def seek(self, place: int) -> None:
        if place < self._place:
            raise tarfile.ReadError("a header that leads backwards")
        if self.seekable:
            self._place = self._stream.seek(place)
        while self._place < place and (data := self._stream.read(min(CHUNK, place - self._place))):
            self._place += len(data)

    def measured(self, info: tarfile.TarInfo) -> tuple[bytes, bytes | None]:
        self.seek(info.offset_data)
        found = measured(self._stream, info.size)
        self._place += info.size
        return found
