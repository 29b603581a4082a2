"""What one judge of the context says of a hop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Opinion:
    """A weight (`section.key`) and its sentence; `suppresses` names what makes the hop no alert at all.

    `vouched`: the context names this account as at work there. `alone`: it holds only where no other account took
    part in the hop. `away`: the account works from elsewhere otherwise.
    """

    weight: str
    text: str
    covered: bool = False
    notable: bool = False
    vouched: bool = False
    alone: bool = False
    away: bool = False
    suppresses: str | None = None

    @property
    def mitigates(self) -> bool:
        """Tell whether it speaks for the hop."""
        return self.covered or self.alone
