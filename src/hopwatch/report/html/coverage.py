"""What the hops themselves know of what was collected: of each target, leg by leg."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hopwatch.model.hop import LEGS, LegState

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop

MOST = 2000  # hosts that the page lists, those with the most blind spots first


def of_hops(hops: Iterable[Hop]) -> dict[str, Any]:
    """Give `hosts`, each with how often each leg was seen, absent or not collected, and the logs that told of it."""
    legs: dict[str, dict[str, Counter[LegState]]] = defaultdict(lambda: {leg: Counter() for leg in LEGS})
    logs: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, str] = {}
    for hop in hops:
        for host, channel in {(e.host, e.channel) for e in hop.evidence if e.host}:
            logs[short(host)][channel] += 1
        name = hop.target.host or hop.target.ip
        if name:
            names.setdefault(short(name), name)
            for leg in LEGS:
                legs[short(name)][leg][hop.legs[leg]] += 1
    rows = [_row(names.get(key, key), legs[key], logs[key]) for key in sorted({*legs, *logs})]
    rows.sort(key=lambda row: (-sum(row[leg]["not_collected"] for leg in LEGS), row["host"]))
    return {"from_hops": True, "hosts": rows[:MOST], "more": max(0, len(rows) - MOST)}


def _row(name: str, legs: dict[str, Counter[LegState]], logs: Counter[str]) -> dict[str, Any]:
    counts = {leg: {state.value: legs[leg][state] for state in LegState} for leg in LEGS}
    return {"host": name, "logs": [channel for channel, _ in logs.most_common(12)], **counts}


def short(host: str) -> str:
    """A host's short name in lower case; an address as it is."""
    lower = host.lower()
    return lower if lower.replace(".", "").isdigit() or ":" in lower else lower.split(".")[0]
