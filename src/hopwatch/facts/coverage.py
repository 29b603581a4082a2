"""Answers what the logs of a store could have shown, by host, technique and leg."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.facts.absent import absent
from hopwatch.facts.authentication import signing
from hopwatch.facts.blind import blind_spots, wants
from hopwatch.model.coverage import Coverage, Delay, Gap, HostCoverage, Kind, LegSight, Sight, Subnet, TechniqueSight
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

MOST_GAPS = 20
QUIET = timedelta(hours=6)  # a host whose last record is so much older than the last of all may have gone silent
Shows = Mapping[str, Mapping[str, tuple[str, ...]]]  # technique -> leg -> kinds of event that show it


def coverage(
    con: duckdb.DuckDBPyConnection, shows: Shows, attack: Mapping[str, tuple[str, ...]], whole: bool = False
) -> Coverage:
    """Tell what the logs of a surveyed store could have shown.

    `shows`: by technique and leg the kinds of event that show it, written `Security/4688`. `attack`: ATT&CK ids by
    technique. `whole`: every record is in the store, so that record ids tell what is missing.
    """
    run_sql(con, files("hopwatch.facts") / "coverage.sql")
    if whole:
        run_sql(con, files("hopwatch.facts") / "coverage_whole.sql")
    run_sql(con, files("hopwatch.facts") / "coverage_delay.sql")
    seen = _Seen(con, whole)
    hosts = (*(_host(seen, host, shows) for host in sorted(seen.kinds)), *seen.silent(shows))
    subnets = tuple(Subnet(r[0], r[1], r[2], r[3] or {}, *r[4:]) for r in _rows(con, "cover_subnet"))
    spots = blind_spots(hosts, subnets, told())
    return Coverage(hosts, subnets, spots, dict(attack), whole, wants(hosts, told()))


@cache
def told() -> dict[str, Any]:
    """What is known of kinds of events besides what the events say."""
    return tomllib.loads((files("hopwatch.facts") / "coverage.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class _Process:
    """Process creations of the security log: how many, and how many lack a command line or the parent's name."""

    n: int = 0
    no_line: int = 0
    no_parent: int = 0


class _Seen:
    """What every host logged, read once from the tables `cover_*`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, whole: bool) -> None:
        self.whole = whole
        self.kinds: dict[str, list[Kind]] = defaultdict(list)
        for host, *about in _rows(con, "cover_kind"):
            self.kinds[host].append(Kind(*about))
        self.processes = {host: _Process(*about) for host, *about in _rows(con, "cover_process")}
        self.gaps = _by_host(_rows(con, "cover_gap")) if whole else {}
        self.clocks = dict(_rows(con, "cover_clock"))
        self.delays = {host: Delay(*about) for host, *about in _rows(con, "cover_delay")}
        self.quiet = dict(_rows(con, "cover_quiet"))
        self.sensors = _by_host(_rows(con, "cover_sensor"))
        self.audit = _by_host(_rows(con, "cover_audit"))
        self.signing = {s.host: s.required for s in signing(con)}
        self.unheard = _rows(con, "cover_silent")
        lasts = [kind.last for kinds in self.kinds.values() for kind in kinds]
        self.end = max(lasts, default=None)

    def gone(self, host: str, last: datetime) -> str | None:
        """Why a host went silent: nothing came of it for longer than it was ever quiet before."""
        usual = timedelta(seconds=2 * (self.quiet.get(host) or 0))
        if self.end is None or self.end - last <= max(QUIET, usual):
            return None
        return f"nothing after {last:%Y-%m-%d %H:%M} UTC"

    def silent(self, shows: Shows) -> Iterable[HostCoverage]:
        """The hosts that others saw and that logged nothing."""
        for host, _, sources in self.unheard:
            known = ", ".join(name.replace("_", " ") for name in sources)
            why = f"no log of it is here; known by: {known}"
            yield HostCoverage(
                host, 0, techniques=_techniques(self, host, shows), signing=self.signing.get(host), silent=why
            )


def _host(seen: _Seen, host: str, shows: Shows) -> HostCoverage:
    kinds, process = tuple(seen.kinds[host]), seen.processes.get(host, _Process())
    first, last = min(kind.first for kind in kinds), max(kind.last for kind in kinds)
    gaps = sorted((Gap(*row) for row in seen.gaps.get(host, ())), key=lambda g: (-(g.records or 0), g.begin))
    return HostCoverage(
        host=host,
        events=sum(kind.count for kind in kinds),
        first=first,
        last=last,
        kinds=kinds,
        techniques=_techniques(seen, host, shows),
        processes=process.n,
        without_command_line=process.no_line,
        without_parent=process.no_parent,
        gaps=tuple(gaps[:MOST_GAPS]),
        offset=seen.clocks.get(host),
        delay=seen.delays.get(host),
        signing=seen.signing.get(host),
        audit=tuple(
            f"{what} {_times(n)}, last at {time:%Y-%m-%d %H:%M} UTC" for what, n, time in seen.audit.get(host, ())
        ),
        silent=seen.gone(host, last),
        absent=absent(kinds, _shown(shows), told()) if seen.whole else (),
    )


def _shown(shows: Shows) -> Iterable[str]:
    return (kind for legs in shows.values() for kinds in legs.values() for kind in kinds)


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _techniques(seen: _Seen, host: str, shows: Shows) -> tuple[TechniqueSight, ...]:
    logged = _Logged.of(seen.kinds.get(host, ()), seen.processes.get(host, _Process()))
    sensors = [(f"sensor/{name}", first) for name, first in seen.sensors.get(host, ())]
    return tuple(
        TechniqueSight(
            name, {leg: _leg(logged, kinds, sensors if leg == "network" else []) for leg, kinds in legs.items()}
        )
        for name, legs in shows.items()
    )


@dataclass(frozen=True)
class _Logged:
    """One host's kinds of events (`Security/4688`) by first time, and its channels by how long each was collected."""

    kinds: dict[str, datetime]
    channels: dict[str, timedelta]
    process: _Process

    @classmethod
    def of(cls, kinds: Iterable[Kind], process: _Process) -> _Logged:
        spans: dict[str, tuple[datetime, datetime]] = {}
        for kind in kinds:
            first, last = spans.get(kind.channel, (kind.first, kind.last))
            spans[kind.channel] = (min(first, kind.first), max(last, kind.last))
        names = {f"{kind.channel}/{kind.event_id}": kind.first for kind in kinds}
        return cls(names, {channel: last - first for channel, (first, last) in spans.items()}, process)

    def may_have(self, kind: str) -> bool:
        """Whether a kind that was not seen may yet be collected: its log is, and it is written only now and then."""
        channel = kind.rpartition("/")[0]
        if channel not in self.channels:
            return False
        return kind not in told()["constant"] or self.channels[channel] < timedelta(minutes=told()["minutes"])


def _leg(logged: _Logged, kinds: tuple[str, ...], sensors: list[tuple[str, datetime]]) -> LegSight:
    have = [kind for kind in kinds if kind in logged.kinds]
    missing = tuple(kind for kind in kinds if kind not in logged.kinds)
    since = min([*(logged.kinds[kind] for kind in have), *(first for _, first in sensors)], default=None)
    if have or sensors:
        weak = _weak(logged, have)
        names = (*have, *(name for name, _ in sensors))
        return LegSight(Sight.PARTIAL if weak else Sight.SEEN, names, since, missing, weak)
    if any(logged.may_have(kind) for kind in kinds):
        return LegSight(Sight.UNPROVEN, (), None, missing, "the log is collected; no such event has happened in it")
    return LegSight(Sight.BLIND, (), None, missing)


def _weak(logged: _Logged, have: list[str]) -> str | None:
    """What process creations lack where nothing else shows the leg."""
    if not have or any(kind not in told()["process"] for kind in have):
        return None
    process, lacks = logged.process, []
    for name, n in (("command line", process.no_line), ("parent process", process.no_parent)):
        if process.n and n > 0.9 * process.n:
            lacks.append(name)
    return f"4688 without {' and without '.join(lacks)}" if lacks else None


def _by_host(rows: list[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for host, *about in rows:
        found[host].append(tuple(about))
    return found


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    return con.execute(f"FROM {table} ORDER BY ALL").fetchall()
