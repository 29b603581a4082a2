"""A hop in one sentence, for the outputs that have a title or a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hopwatch.report.safe import shown

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop, Source, Target


def sentence(hop: Hop) -> str:
    """Say who moved from where to where, and how."""
    return f"{hop.technique} from {place(hop.source)} to {place(hop.target)} as {who(hop)}"


def place(end: Source | Target) -> str:
    """A host by its name, else its address, else as unknown."""
    candidates = getattr(end, "candidates", ())
    return shown(end.host or end.ip or (f"one of {', '.join(candidates)}" if candidates else "an unknown host"))


def who(hop: Hop) -> str:
    """The account of a hop with its domain."""
    if not hop.account.name:
        return "an unknown account"
    return shown(f"{hop.account.domain}\\{hop.account.name}" if hop.account.domain else hop.account.name)
