"""Who was behind which address, as a reader is shown it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AddressFact:
    """One saying that a host had an address: by which source, from when to when (null: at all times)."""

    host: str
    ip: str
    source: str
    first: datetime | None
    last: datetime | None
    hours: int


@dataclass(frozen=True)
class Conflict:
    """An address that facts give to several hosts."""

    ip: str
    hosts: tuple[str, ...]
    meaning: str
