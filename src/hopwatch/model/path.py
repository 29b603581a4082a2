"""A path: hops in causal order, and the changes of account along them; and its contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hopwatch.model.hop import Reason, iso


@dataclass(frozen=True)
class Step:
    """A hop as paths see it: hosts by their short names, failing that by address, accounts in lower case.

    `strong`: it executed on, or wrote to, its target; `lands`: it opened a session that can do anything there (RDP,
    WinRM, SSH); `elevated`: an administrator's logon; `as_system`: what it started runs as the machine itself;
    `relayed`: the logon was another host's; `novel`: it does from there what its account did not do before. `alone`:
    when the account was first seen at the source, or coming from it, before this hop, null where never; `settled`: it
    is at home there, by a logon of its own or by what it did more than a day before; `sure`: the logs go back far
    enough to say so. `actor`: who acted at the source by its own logs (`system`: the machine); `took_on`: he took the
    account on there just before. `quiet`: context or baseline knows it as usual: it is a part of no path but one on
    which something that is not follows. `also`: other accounts that were used on the way.
    """

    id: str
    source: str | None
    target: str | None
    account: str | None
    start: datetime
    end: datetime
    strong: bool = False
    lands: bool = False
    elevated: bool = False
    novel: bool = False
    alone: datetime | None = None
    settled: bool = False
    sure: bool = False
    actor: str | None = None
    took_on: bool = False
    as_system: bool = False
    relayed: bool = False
    quiet: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """Steps that led to each other, in order of time, each with the id of the one before it; null at the origin."""

    steps: tuple[Step, ...]
    parents: tuple[str | None, ...]


@dataclass(frozen=True)
class Switch:
    """Credentials changed: before which hop, at which host, from whose to whose.

    `usual`: those are at home at that host, or the second account of whose they were before.
    """

    hop: str
    host: str
    before: str
    after: str
    usual: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the switch as the contract has it."""
        return {"hop": self.hop, "host": self.host, "from": self.before, "to": self.after, "usual": self.usual}


@dataclass(frozen=True)
class Effect:
    """Something that went before or came after on a host of a path."""

    time: datetime
    host: str
    leg: str
    signal: str
    text: str
    account: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where a path began, and who was there.

    `user_known_by`: his interactive logon there (`logon`), or that he came from its address (`address`) where the host
    sent no logs of its own.
    """

    host: str | None
    ip: str | None
    user: str | None
    user_known_by: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Give it as the contract of a path has it."""
        return {"host": self.host, "ip": self.ip, "user": self.user, "user_known_by": self.user_known_by}


@dataclass(frozen=True)
class Path:
    """Hops that led to each other; `parents` names for each hop the one before it, null for those from the origin."""

    id: str
    hops: tuple[str, ...]
    parents: tuple[str | None, ...]
    start: datetime
    end: datetime
    origin: Origin
    hosts: tuple[str, ...]
    accounts: tuple[str, ...]
    switches: tuple[Switch, ...]
    beyond: tuple[str, ...]
    effects: tuple[Effect, ...]
    score: int
    severity: str
    alert: bool
    reasons: tuple[Reason, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the path as its contract has it: plain types, times as ISO 8601 text in UTC."""
        return {
            "path": self.id,
            "hops": list(self.hops),
            "parents": list(self.parents),
            "start": iso(self.start),
            "end": iso(self.end),
            "origin": self.origin.to_dict(),
            "hosts": list(self.hosts),
            "accounts": list(self.accounts),
            "switches": [switch.to_dict() for switch in self.switches],
            "beyond": list(self.beyond),
            "effects": [
                {"time": iso(e.time), "host": e.host, "leg": e.leg, "signal": e.signal, "text": e.text}
                for e in self.effects
            ],
            "score": self.score,
            "severity": self.severity,
            "alert": self.alert,
            "reasons": [{"points": r.points, "text": r.text} for r in self.reasons],
        }
