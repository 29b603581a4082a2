"""Hops as Detection Findings of the Open Cybersecurity Schema Framework, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.report.attack import Technique, tactic_url, technique
from hopwatch.report.safe import json_text
from hopwatch.report.sentence import sentence
from hopwatch.report.words import path_of

if TYPE_CHECKING:
    from hopwatch.model.hop import Evidence, Hop, Source, Target
    from hopwatch.model.path import Path

VERSION = "1.8.0"
CLASS, CREATE = 2004, 1
SEVERITY = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
NEW, SUPPRESSED = (1, "New"), (3, "Suppressed")
# The schema's types of observables.
HOSTNAME, ADDRESS, USER = (1, "Hostname"), (2, "IP Address"), (4, "User Name")


def lines(hops: Iterable[Hop], paths: Iterable[Path] = ()) -> Iterator[str]:
    """Give one finding for each hop, in the order given."""
    on = path_of(paths)
    for hop in hops:
        yield json_text(orjson.dumps(_finding(hop, on)).decode()) + "\n"


def _finding(hop: Hop, on: Mapping[str, str]) -> dict[str, Any]:
    status, status_name = SUPPRESSED if hop.suppressed_by else NEW
    return _filled(
        {
            "activity_id": CREATE, "activity_name": "Create",
            "category_uid": 2, "category_name": "Findings",
            "class_uid": CLASS, "class_name": "Detection Finding",
            "type_uid": CLASS * 100 + CREATE, "type_name": "Detection Finding: Create",
            "time": _millis(hop.end), "start_time": _millis(hop.start), "end_time": _millis(hop.end),
            "severity_id": SEVERITY[hop.severity], "severity": hop.severity.capitalize(),
            "status_id": status, "status": status_name, "status_detail": hop.suppressed_by,
            "is_alert": hop.alert, "risk_score": hop.score,
            "message": sentence(hop),
            "metadata": _metadata(hop, on),
            "finding_info": _info(hop),
            "device": _end(hop.target) | {"type_id": 0},
            "evidences": _evidences(hop),
            "observables": list(_observables(hop)),
            "unmapped": {"hop": hop.to_dict()},
        }
    )  # fmt: skip


def _metadata(hop: Hop, on: Mapping[str, str]) -> dict[str, Any]:
    product = {"name": "hopwatch", "vendor_name": "hopwatch"}
    return _filled({"version": VERSION, "product": product, "uid": hop.id, "correlation_uid": on.get(hop.id)})


def _info(hop: Hop) -> dict[str, Any]:
    return {
        "uid": hop.id,
        "title": sentence(hop),
        "desc": "\n".join(f"{reason.points:+d} {reason.text}" for reason in hop.reasons),
        "types": list(hop.techniques),
        "analytic": {"name": hop.technique, "type_id": 1, "type": "Rule"},
        "attacks": [_attack(technique(number)) for number in hop.attack],
        "first_seen_time": _millis(hop.start),
        "last_seen_time": _millis(hop.end),
        "related_events": [_related(event, n) for n, event in enumerate(hop.evidence)],
        "related_events_count": hop.evidence_total,
    }


def _attack(one: Technique) -> dict[str, Any]:
    whole, part = (one.parent, one) if one.parent else (one, None)
    found = {
        "technique": {"uid": whole.id, "name": whole.name, "src_url": whole.url},
        "sub_technique": part and {"uid": part.id, "name": part.name, "src_url": part.url},
        "tactic": one.tactic and {"uid": one.tactic, "name": one.tactic_name, "src_url": tactic_url(one.tactic)},
    }
    return _filled(found)


def _related(event: Evidence, number: int) -> dict[str, Any]:
    parts = (event.host, event.channel, event.event_id, event.record_id)
    where = " ".join(str(part) for part in parts if part is not None)
    return {
        "uid": f"{event.file or ''}#{event.record_id if event.record_id is not None else number}",
        "title": event.text,
        "desc": where,
        "type": event.signal,
        "first_seen_time": _millis(event.time),
        "tags": [{"name": "leg", "value": event.leg}],
    }


def _evidences(hop: Hop) -> list[dict[str, Any]]:
    """The hop itself as an artifact: its two ends and whose it is."""
    account = hop.account
    found = {
        "src_endpoint": _end(hop.source) | ({"port": hop.source.port} if hop.source.port else {}),
        "dst_endpoint": _end(hop.target),
        "user": _filled({"name": account.name, "domain": account.domain, "uid": account.sid}) if account.name else None,
    }  # fmt: skip
    return [part] if (part := _filled(found)) else []


def _observables(hop: Hop) -> Iterator[dict[str, Any]]:
    found = [
        ("evidences.src_endpoint.hostname", HOSTNAME, hop.source.host),
        ("evidences.src_endpoint.ip", ADDRESS, hop.source.ip),
        ("evidences.dst_endpoint.hostname", HOSTNAME, hop.target.host),
        ("evidences.dst_endpoint.ip", ADDRESS, hop.target.ip),
        ("evidences.user.name", USER, hop.account.name),
    ]
    for name, (number, kind), value in found:
        if value:
            yield {"name": name, "type_id": number, "type": kind, "value": value}


def _end(end: Source | Target) -> dict[str, Any]:
    """One end of a hop; without address and host it still has to be named, by its candidates."""
    if end.host or end.ip:
        return _filled({"hostname": end.host, "ip": end.ip})
    return {"name": " or ".join(getattr(end, "candidates", ())) or "unknown"}


def _millis(time: datetime) -> int:
    return round(time.replace(tzinfo=UTC).timestamp() * 1000)


def _filled(parts: dict[str, Any]) -> dict[str, Any]:
    """The parts that have a value."""
    return {name: value for name, value in parts.items() if value is not None and value != {} and value != []}
