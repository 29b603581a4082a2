"""Judges a draft: points with their sentences, severity, and whether it is an alert."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.model.hop import SEVERITIES, Hop, LegState, Reason
from hopwatch.model.rule import Policy
from hopwatch.model.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hopwatch.model.draft import Draft

Weights = dict[str, dict[str, int]]
ALERT_FROM = "medium"
NO_ORIGIN = "nothing shows that this came from another host, so it is no alert"
NOTHING_KNOWN = Standing()


def weights() -> Weights:
    """The weights that hopwatch brings."""
    raw: dict[str, Any] = tomllib.loads((files("hopwatch.score") / "weights.toml").read_text(encoding="utf-8"))
    return raw


def judge(draft: Draft, weight: Weights, standing: Standing = NOTHING_KNOWN) -> Hop:
    """Score a draft, as it stands with context, baseline and authentication, and apply the alert policy."""
    evidence = (*(gained := tuple(_reasons(draft, weight))), *_beyond_bound(gained, draft, weight))
    reasons = (*evidence, *_found(standing, weight))
    score = _sum(sum(reason.points for reason in evidence), reasons[len(evidence) :])
    severity = bound(severity_of(score, weight), draft, standing)
    return Hop(
        id=draft.id,
        group=_group(draft),
        start=draft.start,
        end=draft.end,
        source=replace(draft.source, roles=standing.source_roles),
        target=replace(draft.target, roles=standing.target_roles),
        account=draft.account,
        technique=draft.technique,
        techniques=draft.techniques,
        attack=draft.attack,
        auth=replace(draft.auth, flags=standing.flags),
        legs=draft.legs,
        score=score,
        severity=severity,
        alert=standing.suppressed_by is None and SEVERITIES.index(severity) >= SEVERITIES.index(ALERT_FROM),
        reasons=(*reasons, *_policy_reason(draft, standing)),
        evidence=draft.evidence,
        evidence_total=draft.evidence_total,
        suppressed_by=standing.suppressed_by,
        remote_origin=draft.remote_origin,
    )


def _beyond_bound(gained: Sequence[Reason], draft: Draft, weight: Weights) -> Iterator[Reason]:
    """Take off what evidence has beyond its bound: many logs of one act show that it happened, not who did it."""
    policies = {c.policy for c in draft.contributions}
    if Policy.ARTEFACT in policies and draft.remote_origin:
        return
    kind = "dual_use" if policies - {Policy.WEAK} else "weak"
    most = weight["evidence"][kind]
    if (more := sum(reason.points for reason in gained) - most) > 0:
        said = "what administrators do too" if kind == "dual_use" else "what hosts do every day"
        yield Reason(-more, f"{said} counts for at most {most} by its evidence, however many logs tell of it")


def _sum(evidence: int, found: Sequence[Reason]) -> int:
    """Add up to at most 100, and take off what speaks for the hop: much evidence does not outweigh it."""
    gained = evidence + sum(reason.points for reason in found if reason.points > 0)
    return max(0, min(100, gained) + sum(reason.points for reason in found if reason.points < 0))


def severity_of(score: int, weight: Weights) -> str:
    """The severity that the points alone give."""
    bounds = weight["severity"]
    return next((name for name in reversed(SEVERITIES[1:]) if score >= bounds[name]), SEVERITIES[0])


def bound(severity: str, draft: Draft, standing: Standing) -> str:
    """The severity within what the kind of evidence allows: not below, or not above."""
    lowest, highest = _bounds(draft, standing)
    rank = SEVERITIES.index(severity)
    return SEVERITIES[min(max(rank, SEVERITIES.index(lowest)), SEVERITIES.index(highest))]


def _bounds(draft: Draft, standing: Standing) -> tuple[str, str]:
    policies = {c.policy for c in draft.contributions}
    if Policy.ARTEFACT in policies and draft.remote_origin:
        return "high", "critical"
    if Policy.ACT in policies or (Policy.DUAL_USE in policies and draft.remote_origin):
        usual = standing.covered and not standing.notable
        return ("informational", "low") if usual else ("medium", "critical")
    return "informational", "critical" if standing.notable else "low"


def _policy_reason(draft: Draft, standing: Standing) -> Iterator[Reason]:
    """A sentence on what bounded the severity, where that is not plain from the points."""
    policies = {c.policy for c in draft.contributions}
    acts = policies & {Policy.ARTEFACT, Policy.DUAL_USE}
    if acts and not draft.remote_origin and Policy.ACT not in policies:
        yield Reason(0, NO_ORIGIN)
    elif Policy.ARTEFACT not in policies and policies & {Policy.DUAL_USE, Policy.ACT} and not standing.covered:
        yield Reason(0, "administrators do this too; no baseline or context covers this pair of hosts")


def _found(standing: Standing, weight: Weights) -> Iterator[Reason]:
    """What context, baseline and authentication add, each with its weight."""
    for finding in standing.findings:
        section, key = finding.weight.split(".")
        yield Reason(weight[section][key], finding.text)


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
