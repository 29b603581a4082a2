"""What is known of a hop besides its own evidence: from the context, the baseline, its authentication, its path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that speaks for or against a hop: the weight that it has (`section.key`), and its sentence."""

    weight: str
    text: str


@dataclass(frozen=True)
class Standing:
    """What one judge says of one hop.

    `covered`: context or baseline knows what is usual here, so that dual-use work alerts only where it is `notable`:
    novel, or not allowed. `notable` also lifts the bound on weak evidence. `rare`: it is notable only since its actor
    was hardly seen before, or has a new tool, which says nothing where the context names the actor as at work there
    (`vouched`). `away`: its account works from elsewhere otherwise. `suppressed_by` names what allows it.
    """

    findings: tuple[Finding, ...] = ()
    covered: bool = False
    notable: bool = False
    rare: bool = False
    vouched: bool = False
    away: bool = False
    suppressed_by: str | None = None
    source_roles: tuple[str, ...] = ()
    target_roles: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def merged(standings: Iterable[Standing]) -> Standing:
    """Put what several judges say together: findings, roles and flags add up; the first to suppress names itself."""
    every = list(standings)
    vouched = any(one.vouched for one in every)
    notable = [one for one in every if one.notable and not (one.rare and vouched)]
    return Standing(
        findings=tuple(finding for one in every for finding in one.findings),
        covered=any(one.covered for one in every),
        notable=bool(notable),
        rare=bool(notable) and all(one.rare for one in notable),
        vouched=vouched,
        away=any(one.away for one in every),
        suppressed_by=next((one.suppressed_by for one in every if one.suppressed_by), None),
        source_roles=_joined(one.source_roles for one in every),
        target_roles=_joined(one.target_roles for one in every),
        flags=_joined(one.flags for one in every),
    )


def _joined(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for each in parts for part in each))
