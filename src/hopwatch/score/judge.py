"""Judges a draft: points with their sentences, severity, and whether it is an alert."""

from __future__ import annotations

import hashlib
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.model.hop import SEVERITIES, Hop, LegState, Reason
from hopwatch.model.rule import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hopwatch.model.draft import Draft

Weights = dict[str, dict[str, int]]
ALERT_FROM = "medium"


def weights() -> Weights:
    """The weights that hopwatch brings."""
    raw: dict[str, Any] = tomllib.loads((files("hopwatch.score") / "weights.toml").read_text(encoding="utf-8"))
    return raw


def judge(draft: Draft, weight: Weights) -> Hop:
    """Score a draft and apply the alert policy."""
    reasons = tuple(_reasons(draft, weight))
    score = max(0, min(100, sum(reason.points for reason in reasons)))
    severity = bound(severity_of(score, weight), draft)
    return Hop(
        id=draft.id,
        group=_group(draft),
        start=draft.start,
        end=draft.end,
        source=draft.source,
        target=draft.target,
        account=draft.account,
        technique=draft.technique,
        techniques=draft.techniques,
        attack=draft.attack,
        auth=draft.auth,
        legs=draft.legs,
        score=score,
        severity=severity,
        alert=SEVERITIES.index(severity) >= SEVERITIES.index(ALERT_FROM),
        reasons=(*reasons, *_policy_reason(draft)),
        evidence=draft.evidence,
        evidence_total=draft.evidence_total,
        remote_origin=draft.remote_origin,
    )


def severity_of(score: int, weight: Weights) -> str:
    """The severity that the points alone give."""
    bounds = weight["severity"]
    return next((name for name in reversed(SEVERITIES[1:]) if score >= bounds[name]), SEVERITIES[0])


def bound(severity: str, draft: Draft) -> str:
    """The severity within what the kind of evidence allows: not below, or not above."""
    lowest, highest = _bounds(draft)
    rank = SEVERITIES.index(severity)
    return SEVERITIES[min(max(rank, SEVERITIES.index(lowest)), SEVERITIES.index(highest))]


def _bounds(draft: Draft) -> tuple[str, str]:
    policies = {c.policy for c in draft.contributions}
    if Policy.ARTEFACT in policies and draft.remote_origin:
        return "high", "critical"
    if Policy.ACT in policies or (Policy.DUAL_USE in policies and draft.remote_origin):
        return "medium", "critical"
    return "informational", "low"


def _policy_reason(draft: Draft) -> Iterator[Reason]:
    """A sentence on what bounded the severity, where that is not plain from the points."""
    policies = {c.policy for c in draft.contributions}
    acts = policies & {Policy.ARTEFACT, Policy.DUAL_USE}
    if acts and not draft.remote_origin and Policy.ACT not in policies:
        yield Reason(0, "nothing shows that this came from another host, so it is no alert")
    elif Policy.ARTEFACT not in policies and policies & {Policy.DUAL_USE, Policy.ACT}:
        yield Reason(0, "administrators do this too; no baseline or context covers this pair of hosts")


def _reasons(draft: Draft, weight: Weights) -> Iterator[Reason]:
    for c in draft.contributions:
        if c.points:
            more = f", and {c.count - 1} more" if c.count > 1 else ""
            yield Reason(c.points, f"{c.text} ({c.where}{more})")
    seen = {leg for leg, state in draft.legs.items() if state is LegState.SEEN}
    legs = weight["legs"]
    if {"logon", "execution"} <= seen:
        yield Reason(legs["logon_execution"], "a remote logon and execution on one pair of hosts, close in time")
    if {"execution", "network"} <= seen:
        yield Reason(legs["execution_network"], "execution, and a connection that could carry it")
    elif {"logon", "network"} <= seen:
        yield Reason(legs["logon_network"], "a logon, and the connection that carried it")
    elif "network" in seen:
        yield Reason(legs["network"], "a connection on the ports that carry movement")
    sides = {c.leg for c in draft.contributions}
    if "source" in sides and sides & {"logon", "execution"}:
        yield Reason(legs["source_target"], "the logs of both hosts tell of it")
    if draft.auth.package == "NTLM" and draft.key_length == 0 and draft.account.name:
        yield Reason(weight["authentication"]["ntlm_empty_key"], "an NTLM logon without a session key")


def _group(draft: Draft) -> str:
    """Hops of one source, account and technique within a day."""
    parts = (draft.source.host or draft.source.ip, draft.account.name, draft.technique, draft.start.date())
    return "g-" + hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=6).hexdigest()
