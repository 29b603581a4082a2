"""Text in UTF-16, with a byte order mark or plainly without, to UTF-8 on the way in; readers know UTF-8 only."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from typing import BinaryIO

from hopwatch.readers import evtx
from hopwatch.readers.source import UNREADABLE, Flaw, Opener, Source, piped

CHUNK = 2**18
MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# Without a mark: the first characters, four at least, all plain ASCII.
PLAIN = {"utf-16-le": re.compile(rb"(?:[\t\n\r -~]\0){4,}"), "utf-16-be": re.compile(rb"(?:\0[\t\n\r -~]){4,}")}
SURE = 32  # bytes that must be plain, where there are as many


@dataclass(frozen=True)
class Utf8:
    """The same text in UTF-8; what is no character becomes U+FFFD, and is told at the end."""

    inner: Opener
    encoding: str

    def open(self) -> BinaryIO:
        """Give the text from the beginning, without a byte order mark."""
        stream = self.inner.open()
        return piped(_Decoder(stream, self.encoding).piece, stream)


def in_utf8(source: Source) -> Source:
    """The source, or what it is in UTF-8 where it is text in UTF-16."""
    encoding = encoding_of(source.head())
    if encoding is None:
        return source
    return replace(source, opener=Utf8(source.opener, encoding), path=None, exact=False, start=None).begun()


def encoding_of(head: bytes) -> str | None:
    """The encoding that content begins with, None for anything but UTF-16."""
    if evtx.claims(head):
        return None
    if marked := MARKS.get(head[:2]):
        return marked if head[2:4] != b"\0\0" else None
    for encoding, pattern in PLAIN.items():
        found = pattern.match(head)
        if found and found.end() >= min(SURE, len(head) // 2 * 2):
            return encoding
    return None


class _Decoder:
    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._damaged, self._first, self._at_end = False, True, False
        self._error: Exception | None = None

    def piece(self) -> bytes:
        """The next piece of text, empty at the end."""
        while not self._at_end:
            data = self._read()
            self._at_end = not data
            if text := self._decoded(data):
                return text.encode("utf-8")
        if self._error:
            raise self._error
        if self._damaged:
            raise Flaw("text in UTF-16 with halves of characters, which are replaced")
        return b""

    def _read(self) -> bytes:
        """The next bytes; an error waits until all before it is given."""
        try:
            return self._stream.read(CHUNK) or self._stream.read(1)
        except UNREADABLE as error:
            self._error = error
            return b""

    def _decoded(self, data: bytes) -> str:
        try:
            text = self._decoder.decode(data, self._at_end)
        except UnicodeDecodeError:
            self._damaged, self._decoder.errors = True, "replace"
            text = self._decoder.decode(data, self._at_end)
            self._decoder.errors = "strict"
        if self._first and text:
            self._first, text = False, text.removeprefix("\ufeff")
        return text
