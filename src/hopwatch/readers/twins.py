"""Tells contents that were found before, under another name or in an archive."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hopwatch.readers.containers.runs import new_digest
from hopwatch.readers.source import UNREADABLE, Source

CHUNK = 2**20


@dataclass
class _Known:
    source: Source
    digest: bytes | None = None


class Twins:
    """Contents by their beginning and length; a digest of the whole is made only of those that agree in both."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[_Known]] = {}

    def twin(self, source: Source) -> str | None:
        """The name of an earlier source with the same content, None for the first."""
        digest = new_digest()
        digest.update(source.head())
        alike = self._known.setdefault(digest.digest(), [])
        new = _Known(replace(source, start=None), source.digest)
        for known in alike:
            if _may_equal(known.source, source) and _digest(known) and _digest(known) == _digest(new):
                return known.source.name
        alike.append(new)
        return None


def _may_equal(one: Source, other: Source) -> bool:
    return not (one.exact and other.exact) or one.size == other.size


def _digest(known: _Known) -> bytes | None:
    """The digest of the whole, made when first asked for; none of what cannot be read, or only by going back."""
    if known.digest is None and known.source.group is None:
        known.digest = digest_of(known.source)
    return known.digest


def digest_of(source: Source) -> bytes:
    """The digest of the whole content, empty where it cannot be read to its end."""
    digest = new_digest()
    try:
        with source.open() as stream:
            while data := stream.read(CHUNK):
                digest.update(data)
            stream.read(1)
    except UNREADABLE:
        return b""
    return digest.digest()
