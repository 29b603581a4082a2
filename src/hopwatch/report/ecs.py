"""Hops as alert documents in the Elastic Common Schema, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.model.hop import SEVERITIES, iso
from hopwatch.report.attack import tactic_url, technique
from hopwatch.report.safe import json_text
from hopwatch.report.sentence import sentence
from hopwatch.report.words import path_of

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Path

VERSION = "9.4.0"
NANOSECONDS = 1_000  # in a microsecond


def lines(hops: Iterable[Hop], paths: Iterable[Path] = ()) -> Iterator[str]:
    """Give one document for each hop, in the order given."""
    on = path_of(paths)
    for hop in hops:
        yield json_text(orjson.dumps(_document(hop, on)).decode()) + "\n"


def _document(hop: Hop, on: Mapping[str, str]) -> dict[str, Any]:
    """The document; what the schema has no field for stands below `hopwatch`."""
    found = {
        "@timestamp": iso(hop.start),
        "ecs": {"version": VERSION},
        "message": sentence(hop),
        "event": _event(hop),
        "rule": {"name": hop.technique, "ruleset": "hopwatch", "category": "lateral movement"},
        "threat": _threat(hop),
        "source": _end(hop.source.host, hop.source.ip) | {"port": hop.source.port},
        "destination": _end(hop.target.host, hop.target.ip),
        "host": {"name": hop.target.host, "hostname": hop.target.host, "ip": hop.target.ip and [hop.target.ip]},
        "user": {"name": hop.account.name, "domain": hop.account.domain, "id": hop.account.sid},
        "related": _related(hop),
        "tags": list(hop.auth.flags) or None,
        "hopwatch": {"hop": hop.to_dict(), "path": on.get(hop.id)},
    }
    return {name: _filled(part) if name != "hopwatch" else part for name, part in found.items() if _filled(part)}


def _event(hop: Hop) -> dict[str, Any]:
    spent = hop.end - hop.start
    return {
        "kind": "alert" if hop.alert else "event",
        "category": ["intrusion_detection"],
        "type": ["info"],
        "action": hop.technique,
        "id": hop.id,
        "module": "hopwatch",
        "dataset": "hopwatch.hop",
        "start": iso(hop.start),
        "end": iso(hop.end),
        "duration": round(spent.total_seconds() * 1_000_000) * NANOSECONDS,
        "severity": SEVERITIES.index(hop.severity),
        "risk_score": hop.score,
        "risk_score_norm": hop.score,
        "reason": "; ".join(f"{reason.text} ({reason.points:+d})" for reason in hop.reasons) or None,
    }


def _threat(hop: Hop) -> dict[str, Any] | None:
    if not hop.attack:
        return None
    named = [technique(number) for number in hop.attack]
    whole = {one.id: one for one in (one.parent or one for one in named)}
    parts = {one.id: one for one in named if one.parent}
    tactics = {one.tactic: one.tactic_name for one in named if one.tactic}
    table = {"id": list(whole), "name": [w.name for w in whole.values()], "reference": [w.url for w in whole.values()]}
    inner = {"id": list(parts), "name": [p.name for p in parts.values()], "reference": [p.url for p in parts.values()]}
    return {
        "framework": "MITRE ATT&CK",
        "tactic": {"id": list(tactics), "name": list(tactics.values()), "reference": list(map(tactic_url, tactics))},
        "technique": table | ({"subtechnique": inner} if parts else {}),
    }


def _end(host: str | None, ip: str | None) -> dict[str, Any]:
    return {"address": host or ip, "domain": host, "ip": ip}


def _related(hop: Hop) -> dict[str, Any]:
    hosts = [hop.source.host, *hop.source.candidates, hop.target.host]
    return {
        "hosts": _distinct(hosts),
        "ip": _distinct([hop.source.ip, hop.target.ip]),
        "user": _distinct([hop.account.name, *hop.account.also]),
    }


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _filled(part: Any) -> Any:
    """A part without what is not known."""
    if not isinstance(part, dict):
        return part
    return {name: inner for name, value in part.items() if (inner := _filled(value)) not in (None, {}, [])}
