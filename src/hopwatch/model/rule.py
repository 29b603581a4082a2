"""A detection rule as the stages hand it on: its compiled SQL and what hopwatch says of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEGS = ("logon", "execution", "network", "source", "before", "after")


class Policy(StrEnum):
    """How far a rule's evidence may bring a hop to an alert."""

    ARTEFACT = "artefact"  # only attack tools leave it: alerts wherever the origin is remote
    DUAL_USE = "dual_use"  # administrators do it too: alerts with remote origin, until a baseline covers it
    ACT = "act"  # a source-side act that executes on, or writes to, a named other host
    WEAK = "weak"  # never an alert alone


@dataclass(frozen=True)
class Extract:
    """Where the text of an event names somebody: a field, and a pattern whose group holds the name."""

    field: str
    pattern: str | None = None
    group: int = 0


@dataclass(frozen=True)
class Condition:
    """A rule's condition as SQL over one table: of `windows_event` for one channel and its event ids.

    Every event that it matches holds all words (in lower case) of one of the `needles`, where there are any.
    """

    channel: str
    event_ids: tuple[int, ...]
    sql: str
    table: str = "windows_event"
    needles: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Rule:
    """One signal rule, compiled."""

    name: str
    id: str
    title: str
    status: str
    level: str
    leg: str
    technique: str | None
    points: int
    policy: Policy
    remote_origin: bool
    needs_session: bool
    attack: tuple[str, ...]
    text: str
    extract: dict[str, Extract]
    conditions: tuple[Condition, ...]
