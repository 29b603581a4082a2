"""Reads hops and paths back from what the contract makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from hopwatch.model.hop import Account, Auth, Evidence, Hop, LegState, Reason, Source, Target
from hopwatch.model.path import Effect, Origin, Path, Switch

Raw = Mapping[str, Any]


def hop_of(raw: Raw) -> Hop:
    """Give the hop of a JSON object. Raises ValueError, KeyError or TypeError for one that is not of the contract."""
    plain = {name: raw[name] for name in ("id", "group", "technique", "score", "severity", "alert", "evidence_total")}
    return Hop(
        **plain,
        start=moment(raw["start"]),
        end=moment(raw["end"]),
        source=Source(**_parts(Source, raw["source"])),
        target=Target(**_parts(Target, raw["target"])),
        account=Account(**_parts(Account, raw["account"])),
        auth=Auth(**_parts(Auth, raw["auth"])),
        techniques=tuple(raw["techniques"]),
        attack=tuple(raw["attack"]),
        legs={leg: LegState(state) for leg, state in raw["legs"].items()},
        reasons=_reasons(raw["reasons"]),
        evidence=tuple(Evidence(**_parts(Evidence, one) | {"time": moment(one["time"])}) for one in raw["evidence"]),
        suppressed_by=raw.get("suppressed_by"),
        supersedes=raw.get("supersedes"),
    )


def path_of(raw: Raw) -> Path:
    """Give the path of a JSON object. Raises as `hop_of`."""
    return Path(
        id=raw["path"],
        hops=tuple(raw["hops"]),
        parents=tuple(raw["parents"]),
        start=moment(raw["start"]),
        end=moment(raw["end"]),
        origin=Origin(**_parts(Origin, raw["origin"])),
        hosts=tuple(raw["hosts"]),
        accounts=tuple(raw["accounts"]),
        switches=tuple(
            Switch(one["hop"], one["host"], one["from"], one["to"], one.get("usual", False)) for one in raw["switches"]
        ),
        beyond=tuple(raw["beyond"]),
        effects=tuple(Effect(**_parts(Effect, one) | {"time": moment(one["time"])}) for one in raw["effects"]),
        score=raw["score"],
        severity=raw["severity"],
        alert=raw["alert"],
        reasons=_reasons(raw["reasons"]),
    )


def moment(text: str) -> datetime:
    """Read a time of the contract: UTC, without a zone of its own."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def _reasons(raw: list[Raw]) -> tuple[Reason, ...]:
    return tuple(Reason(one["points"], one["text"]) for one in raw)


def _parts(of: Any, raw: Raw) -> dict[str, Any]:
    """The fields of a class that an object has; keys that later versions add are passed over."""
    names = {field.name for field in fields(of)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items() if name in names}
