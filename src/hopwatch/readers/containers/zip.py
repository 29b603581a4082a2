"""Zip archives, also those that have lost their directory."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from hopwatch.readers.containers.limits import allowance
from hopwatch.readers.containers.member import Found
from hopwatch.readers.containers.streams import CHUNK, limited
from hopwatch.readers.source import UNREADABLE, Opener, Source, piped

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
LOCAL = struct.Struct("<4s5H3I2H")  # a member's own header: signature, version, flags, method, time, date, CRC, sizes
STREAMED = 0x8  # the sizes stand behind the content
ENCRYPTED = 0x1 | 0x40 | 0x2000
UTF8 = 0x800


def members(archive: Source) -> Iterator[Found]:
    """Give what is in a zip archive, in order of name."""
    try:
        with zipfile.ZipFile(archive.open()) as opened:
            infos = sorted(opened.infolist(), key=lambda info: info.filename)
    except UNREADABLE as error:
        yield Found("", 0, problem=f"a damaged zip archive: {error}")
        infos = list(_salvaged(archive.opener))
    for info in infos:
        yield Found(
            info.filename, info.file_size, _opener(archive.opener, info), _problem(info), info.filename.endswith("/")
        )


def _opener(archive: Opener, info: zipfile.ZipInfo) -> ZipMember:
    return ZipMember(archive, info.header_offset, info.compress_type, info.compress_size, info.file_size, info.CRC)


def _problem(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & ENCRYPTED:
        return "encrypted archive member"
    return "a link, not followed" if stat.S_ISLNK(info.external_attr >> 16) else ""


@dataclass(frozen=True)
class ZipMember:
    """A member of a zip archive, by where its own header is."""

    archive: Opener
    place: int
    method: int
    packed: int
    size: int
    crc: int

    def open(self) -> BinaryIO:
        """Give the unpacked member from its beginning. Raises BadZipFile for a member that is not there."""
        stream = self.archive.open()
        stream.seek(self.place)
        head = stream.read(LOCAL.size)
        if len(head) < LOCAL.size or not head.startswith(MAGIC[0]):
            stream.close()
            raise zipfile.BadZipFile("no member where the directory says")
        name, extra = LOCAL.unpack(head)[-2:]
        stream.seek(name + extra, 1)
        inner = zipfile.ZipExtFile(stream, "r", self._info(), None, True)
        return piped(limited(lambda: inner.read1(CHUNK), allowance(self.packed)), inner)

    def _info(self) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo()
        info.compress_type, info.compress_size, info.file_size, info.CRC = (
            self.method, self.packed, self.size, self.crc,
        )  # fmt: skip
        return info


def _salvaged(archive: Opener) -> Iterator[zipfile.ZipInfo]:
    """The members by their own headers, one behind the other, as far as those say how long they are."""
    with archive.open() as stream:
        place = 0
        while len(head := stream.read(LOCAL.size)) == LOCAL.size and head.startswith(MAGIC[0]):
            info, name = zipfile.ZipInfo(), 0
            _, _, info.flag_bits, info.compress_type, _, _, info.CRC, packed, size, name, extra = LOCAL.unpack(head)
            raw = stream.read(name)
            info.filename = raw.decode("utf-8" if info.flag_bits & UTF8 else "cp437", "replace")
            info.header_offset, info.compress_size, info.file_size = place, packed, size
            if info.flag_bits & STREAMED and not packed:
                return
            yield info
            place += LOCAL.size + name + extra + packed
            stream.seek(place)
