"""What logs could have shown: for every host, technique and leg, and what is blind."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from hopwatch.model.hop import iso


class Sight(StrEnum):
    """Whether a leg of a technique could have been seen on a host."""

    SEEN = "seen"  # events that show it were collected
    PARTIAL = "partial"  # they were collected without what a detection leans on
    UNPROVEN = "unproven"  # the log is collected, and none of its events of this kind happened
    BLIND = "blind"  # nothing that could show it was collected


@dataclass(frozen=True)
class Kind:
    """Events of one kind that a host logged: how many, since when and until when."""

    channel: str
    event_id: int
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class LegSight:
    """One leg of a technique on a host: from which kinds of events it could be seen, since when, and what is missing.

    `kinds` and `missing` are written `Security/4688`; a sensor is written `sensor/NAME`. `why` says what is weak.
    """

    sight: Sight
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    missing: tuple[str, ...] = ()
    why: str | None = None


@dataclass(frozen=True)
class TechniqueSight:
    """A technique on a host, by leg (logon, execution, network)."""

    technique: str
    legs: dict[str, LegSight]


@dataclass(frozen=True)
class Gap:
    """A time in which records of a channel are missing; `records` is null where there are no record ids to tell."""

    channel: str
    begin: datetime
    end: datetime
    records: int | None


@dataclass(frozen=True)
class Delay:
    """How long a host's records took to their collector, in seconds: of those that tell, the median and the worst.

    `late`: how many of the `records` took longer than the five minutes of the correlation.
    """

    records: int
    median: float
    worst: float
    late: int


@dataclass(frozen=True)
class HostCoverage:
    """What one host logged.

    `offset`: its clock against the sensors' or its peers', in seconds (positive: ahead); null where nothing tells.
    `delay`: how long forwarding took, null where the logs do not say. `signing`: whether its SMB server asks for
    signatures. `audit`: what the log says of changes to what is audited. `silent`: why nothing of it here can be
    trusted to be all: no logs at all, or none after a time. `absent`: logs (`System`) and kinds (`Security/4672`) of
    which there is nothing and should be, also where another kind shows the same.
    """

    host: str
    events: int
    first: datetime | None = None
    last: datetime | None = None
    kinds: tuple[Kind, ...] = ()
    techniques: tuple[TechniqueSight, ...] = ()
    processes: int = 0
    without_command_line: int = 0
    without_parent: int = 0
    gaps: tuple[Gap, ...] = ()
    offset: float | None = None
    delay: Delay | None = None
    signing: bool | None = None
    audit: tuple[str, ...] = ()
    silent: str | None = None
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subnet:
    """A network (`10.20.1.0/24`): how many of its addresses belong to known hosts, and which sensors saw how many.

    `inside`: whether a sensor saw a flow between two of these hosts; where it sits at the network's edge, none is seen.
    """

    network: str
    addresses: int
    seen: int
    sensors: dict[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    inside: bool = False


@dataclass(frozen=True)
class BlindSpot:
    """What is not seen: on a host or in a network, or, where `host` is null, by any log here."""

    host: str | None
    text: str
    technique: str | None = None
    leg: str | None = None


@dataclass(frozen=True)
class Coverage:
    """What the logs of a store could have shown.

    `whole`: every record was kept, so that gaps can be told; of a scan only what something asks for is kept.
    `attack`: ATT&CK ids by technique, as the loaded rules have them. `wants`: in sentences, what
    hosts do not log and should.
    """

    hosts: tuple[HostCoverage, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    blind: tuple[BlindSpot, ...] = ()
    attack: dict[str, tuple[str, ...]] = field(default_factory=dict)
    whole: bool = False
    wants: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the coverage in JSON's types; times are ISO 8601 text in UTC."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def span(seconds: float) -> str:
    """Write a time span in the unit that fits it: 0.4 s, 12 s, 7 min, 3.5 h, 2 d."""
    size = abs(seconds)
    for unit, length, most in (("s", 1, 120), ("min", 60, 120 * 60), ("h", 3600, 48 * 3600)):
        if size < most:
            return f"{round(seconds / length, 1 if size < 10 * length else None):g} {unit}"
    return f"{round(seconds / 86400):,} d"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value
