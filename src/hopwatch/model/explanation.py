"""Why a hop has the score that it has, and what would make an alert of one that is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """Sentences on a hop: how its points add up, what bounded its severity, and its legs.

    `needs`: what would make an alert of it, empty for an alert; `higher`: what would make it more severe.
    """

    points: tuple[str, ...]
    policy: tuple[str, ...]
    legs: tuple[str, ...]
    needs: tuple[str, ...]
    higher: tuple[str, ...]
