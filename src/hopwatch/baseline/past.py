"""What the days so far have shown, as sets of days: asked of one day, it knows the days before."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

Key = tuple[str | None, ...]


@dataclass(frozen=True)
class Limits:
    """The figures from which on the past counts; limits.toml says what each means."""

    enough_days: int
    usual_days: int
    memory_days: int
    peers: int
    broad: int
    hub_share: float
    hub_least: int
    hours_from: int
    rare_sources: int
    fan_out: int
    fan_least: int
    family: dict[str, str]


@cache
def limits() -> Limits:
    """Read the figures."""
    return Limits(**tomllib.loads((files("hopwatch.baseline") / "limits.toml").read_text(encoding="utf-8")))


def family(technique: str) -> str:
    """The family of a technique: what one tool may be called by."""
    return limits().family.get(technique, technique)


def network(source: str) -> str | None:
    """The network of an address that nothing names, of which clients get another one day by day; None for a name."""
    parts = source.split(".")
    return ".".join(parts[:3]) + ".*" if len(parts) == 4 and all(part.isdigit() for part in parts) else None


@dataclass
class Past:
    """Days by key: bit n stands for day n. `kinds` gives each host's group of peers.

    A key is a word that says what it is about, and names: `("sta", source, target, account)` and so on.
    """

    kinds: dict[str, str]
    today: int = 0
    days: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))
    hours: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    targets: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    sources: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    callers: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    accounts: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    homes: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # from where an account works
    desks: defaultdict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))  # whence it opens a desktop
    widest: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    everybody: set[str] = field(default_factory=set)  # sources of logons

    def act(self, source: str | None, target: str, account: str | None, technique: str, hours: int) -> None:
        """Learn that somebody did something on a host today; an address without a name speaks for its network too."""
        if source and (net := network(source)):
            self.act(net, target, account, technique, hours)
        tool, kind = family(technique), self.kinds.get(target, target)
        keys: list[Key] = [("t", target), ("tx", target, tool), ("kx", kind, tool)]
        if account:
            keys += [("a", account), ("ta", target, account), ("ax", account, tool), ("ak", account, kind)]
            self.hours[account] |= hours
        if source:
            keys += [("s", source), ("st", source, target), ("sx", source, tool), ("sk", source, kind)]
            self.targets[source].add(target)
            self.sources[target].add(source)
        if source and account:
            keys += [("sa", source, account), ("sta", source, target, account), ("sak", source, account, kind)]
            keys += [("stx", source, target, tool), ("sax", source, account, tool)]
            self.accounts[source].add(account)
            self.homes[account].add(source)
        if not source and not account:
            keys += [("nobody", target, tool), ("nobody kind", kind, tool)]
        self._mark(keys)

    def logon(self, source: str, target: str, account: str, hours: int, desktop: bool = False) -> None:
        """Learn that an account logged on to a host today, from another (to a desktop there?) or at its keyboard."""
        if desktop:
            self.desks[account, target].add(source)
            self._mark([("sat", account), ("opened", source)])
        elif source == target:
            self._mark([("sat", account), ("manned", target)])
        self._mark([("logon", account), ("logon from", account, source), ("logon on", account, target)])
        if net := network(source):
            self._mark([("logon from", account, net)])
        self.hours[account] |= hours
        self.homes[account].add(source)
        if source != target:
            self.meet(source, target)

    def meet(self, source: str, target: str) -> None:
        """Learn that a host connected to another today."""
        self._mark([("met", source, target)])
        self.callers[target].add(source)
        self.everybody.add(source)

    def covered(self, host: str, by_logons: bool) -> None:
        """Learn that something would have been seen on a host today: logons, or only execution or connections."""
        self._mark([("covered", host), *([("heard", host)] if by_logons else [])])

    def count(self, *key: str | None) -> int:
        """On how many days something was seen, of those that still count."""
        return (self.days.get(key, 0) & self._window()).bit_count()

    def last(self, *key: str | None) -> int | None:
        """How many days ago something was last seen, dormant or not; None where never."""
        seen = self.days.get(key, 0)
        return self.today - (seen.bit_length() - 1) if seen else None

    def a_week_ago(self, *key: str | None) -> bool:
        """Whether something was seen on this day of the week before."""
        seen = self.days.get(key, 0) & self._window()
        return any(seen >> day & 1 for day in range(self.today - 7, -1, -7))

    def allows(self, source: str | None, target: str, account: str | None) -> bool:
        """Whether a person allowed what goes between two hosts, by this account or by any."""
        pair = ("allow", source, target)
        return bool(self.days.get((*pair, None)) or self.days.get((*pair, account)))

    def is_hub(self, target: str) -> bool:
        """Whether everybody logs on to a host: a file server, a controller."""
        figures = limits()
        least = max(figures.hub_least, figures.hub_share * len(self.everybody))
        return len(self.callers.get(target, ())) >= least

    def _mark(self, keys: list[Key]) -> None:
        today = 1 << self.today
        for key in keys:
            self.days[key] |= today

    def _window(self) -> int:
        return ~((1 << max(0, self.today - limits().memory_days)) - 1)
