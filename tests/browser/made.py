"""Reports for the tests in a browser: of the samples, large ones, and such as an attacker would like to see opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from hopwatch.model.hop import (
    LEGS,
    SEVERITIES,
    TECHNIQUES,
    Account,
    Auth,
    Evidence,
    Hop,
    LegState,
    Reason,
    Source,
    Target,
)
from hopwatch.model.path import Effect, Origin, Path, Switch
from hopwatch.model.summary import Summary
from hopwatch.report.html.data import key_of
from hopwatch.report.html.report import Report, gravest
from hopwatch.score.judge import weights

START = datetime(2026, 3, 10, 8)
STATES = (LegState.SEEN, LegState.SEEN, LegState.ABSENT, LegState.NOT_COLLECTED)


def hop(number: int, hosts: int = 5, **changed: Any) -> Hop:
    """One of many hops, each a little different."""
    start = START + timedelta(seconds=37 * number)
    source, target = f"WS{number % hosts:03}", f"SRV{number * 7 % hosts:03}.corp.example"
    severity = number % 5
    evidence = tuple(_evidence(leg, at, start, target) for leg in (*LEGS, "before", "after") for at in range(2))
    made = Hop(
        id=f"h-{number:016x}",
        group=f"g-{number // 3:012x}",
        start=start,
        end=start + timedelta(seconds=9),
        source=Source(source, f"10.20.1.{number % hosts % 250}", 50000, ("workstation",), "logon"),
        target=Target(target, None, ("server",)),
        account=Account(f"adm.{number % 9}", "CORP", "S-1-5-21-1-2-3-1118", "0x3c51f2", ("SRV01$",)),
        technique=TECHNIQUES[number % len(TECHNIQUES)],
        techniques=(TECHNIQUES[number % len(TECHNIQUES)], "remote_logon"),
        attack=("T1021.002", "T1047"),
        auth=Auth(3, "NTLM", "NtLmSsp", True, ("ntlm_fallback",)),
        legs={leg: STATES[(number + i) % 4] for i, leg in enumerate(LEGS)},
        score=severity * 20 + 10,
        severity=SEVERITIES[severity],
        alert=severity >= 2 and number % 11 != 0,
        reasons=(Reason(35, "the first reason (System 7045)"), Reason(-5, "what speaks for it"), Reason(0, "a bound")),
        evidence=evidence,
        evidence_total=len(evidence) + 3,
        suppressed_by="context.yml:3: patch day" if severity >= 2 and number % 11 == 0 else None,
    )
    return replace(made, **changed)


def _evidence(leg: str, at: int, start: datetime, host: str) -> Evidence:
    time = start + timedelta(seconds={"before": -60, "after": 60}.get(leg, at))
    return Evidence(f"rule-{leg}", leg, time, host, "Security", 4624, 100 + at, "logs/a.evtx", f"what {leg} says")


def path(hops: list[Hop]) -> Path:
    """A path of these hops, one after the other."""
    ids = [one.id for one in hops]
    effect = Effect(hops[0].start, hops[0].target.host or "?", "after", "security-log-cleared", "the log was cleared")
    return Path(
        id="p-0123456789abcdef",
        hops=tuple(ids),
        parents=(None, *ids[:-1]),
        start=hops[0].start,
        end=hops[-1].end,
        origin=Origin("WS001.corp.example", "10.20.1.1", "alice"),
        hosts=("WS001", *(one.target.host or "?" for one in hops)),
        accounts=("alice", "adm.1"),
        switches=(Switch(ids[0], "ws001", "alice", "adm.1"),),
        beyond=("srv001",),
        effects=(effect,),
        score=90,
        severity="critical",
        alert=True,
        reasons=(Reason(5, "one of some hops"),),
    )


def report(number: int, hosts: int) -> Report:
    """A report of so many hops between so many hosts, with a path."""
    hops = [hop(i, hosts) for i in range(number)]
    summary = Summary(files=3, records=number * 9, kept=number * 5, hosts=hosts, hops=number, first=START, last=START)
    summary.skip("logs/broken.evtx", "no event log", 2)
    records = {one.id: [(key_of(e), {"TargetUserName": "adm.1"}) for e in one.evidence] for one in hops[:20]}
    return Report(gravest(hops), summary, [path(hops[1:4])], weights(), records, version="0")


def planted(value: Any, plant: Callable[[], str]) -> Any:
    """The same value with a text from `plant` in the place of every text in it."""
    if isinstance(value, Enum) or not (isinstance(value, str | tuple | list | dict) or is_dataclass(value)):
        return value
    if isinstance(value, str):
        return plant()
    if isinstance(value, tuple | list):
        return type(value)(planted(one, plant) for one in value)
    if isinstance(value, dict):
        return {key: planted(inner, plant) for key, inner in value.items()}
    kept = {"severity", "leg", "hop"}  # not of a log: hopwatch's own words
    changed = {f.name: planted(getattr(value, f.name), plant) for f in fields(value) if f.name not in kept}
    return replace(value, **changed)
