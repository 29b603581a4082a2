"""How much may come out of what is packed: a log packs well, a bomb packs far better."""

from __future__ import annotations

MEMBER_LIMIT = 4 * 2**30  # bytes that one compressed file or archive member may unpack to
ARCHIVE_LIMIT = 256 * 2**30  # bytes that all members of an archive may
ENTRY_LIMIT = 100_000  # members, those of archives inside it among them
RATIO_LIMIT = 500  # times the packed size, past the first
RATIO_FREE = 64 * 2**20  # bytes; of a compressed member of an archive
MEMBER_FREE = 2**20
TOO_LARGE = "unpacks to far more than a log would; not read further"


class TooLarge(OSError):
    """Say that something unpacks to more than it may."""


def allowance(packed: int, limit: int | None = None, free: int | None = None) -> int:
    """The bytes that `packed` bytes may unpack to."""
    ratio = max(RATIO_FREE if free is None else free, packed * RATIO_LIMIT)
    return min(MEMBER_LIMIT if limit is None else limit, ratio)


class Budget:
    """What may still come out of one archive, archives inside it included."""

    def __init__(self, packed: int) -> None:
        self.left = allowance(packed, ARCHIVE_LIMIT)
        self._entries = ENTRY_LIMIT
        self.refused = False

    def refuse(self, size: int) -> str:
        """Count one more member of `size` bytes; why it and all after it are not read, empty where they are."""
        self._entries -= 1
        self.left -= min(size, MEMBER_LIMIT)
        self.refused = self.refused or self._entries < 0 or self.left < 0
        if self._entries < 0:
            return f"more than {ENTRY_LIMIT:,} members; from here on the archive is not read"
        if self.left < 0:
            return "the archive unpacks to far more than logs would; from here on it is not read"
        return ""
