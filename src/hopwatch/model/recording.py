"""What one tool's run left, and what became of each selection that was tried, as a report shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Left:
    """A value that a run left and the quiet capture has not; `stable`: its parts where others are random."""

    side: str
    kind: str
    field: str
    value: str
    stable: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Tried:
    """A selection: on which side, joined to the logon by which field, and how many quiet events it matches."""

    text: str
    side: str
    session: str | None
    refused: int = 0
