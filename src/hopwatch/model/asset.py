"""A host as the organisation lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Asset:
    """One address of one host; `line` is where the list says so.

    `signing` says whether the host's SMB server asks for signatures.
    """

    host: str
    ip: str | None
    role: str | None = None
    mac: str | None = None
    owner: str | None = None
    line: int | None = None
    signing: bool | None = None
