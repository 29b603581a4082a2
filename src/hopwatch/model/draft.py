"""A hop before judgement: what the kernel found, with nothing said yet of how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hopwatch.model.hop import Account, Auth, Evidence, LegState, Source, Target
from hopwatch.model.rule import Policy


@dataclass(frozen=True)
class Contribution:
    """One rule's share in a hop: its first event's sentence, and how many events there were."""

    rule: str
    leg: str
    points: int
    policy: Policy
    text: str
    where: str
    count: int


@dataclass(frozen=True)
class Draft:
    """A hop as the kernel hands it to the score.

    `remote_origin` says in a sentence how the hop is known to come from another host, None where it is not.
    `names_itself`: the source's name is only what the client called itself.
    """

    id: str
    start: datetime
    end: datetime
    source: Source
    target: Target
    account: Account
    technique: str
    techniques: tuple[str, ...]
    attack: tuple[str, ...]
    auth: Auth
    key_length: int | None
    legs: dict[str, LegState]
    remote_origin: str | None
    contributions: tuple[Contribution, ...]
    evidence: tuple[Evidence, ...]
    evidence_total: int
    names_itself: bool = False
