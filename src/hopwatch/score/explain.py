"""Explains a judged hop: how its points add up, what bounded it, and what would have made an alert of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hopwatch.model.explanation import Explanation
from hopwatch.model.hop import SEVERITIES, Hop, LegState
from hopwatch.model.rule import Policy
from hopwatch.score.judge import ALERT_FROM, NO_ORIGIN, severity_of

if TYPE_CHECKING:
    from hopwatch.score.judge import Weights

ACTS = frozenset({Policy.ARTEFACT, Policy.DUAL_USE, Policy.ACT})
UNTIL = "so that it is medium at least until a baseline or context covers it"
FLOORS = {
    Policy.ARTEFACT: "only attack tools leave such traces, so that it is high at least",
    Policy.DUAL_USE: f"it executes on another host, {UNTIL}",
    Policy.ACT: f"the source acted on a host that it named, {UNTIL}",
}
ORIGIN = (
    "proof that it came from another host: a remote logon (Security 4624 with an address), a connection from there "
    "(Sysmon 3, Security 5156, Zeek or Suricata), a program that was written over the share (Security 5145, Sysmon "
    "11), or a process of a remote shell (wsmprovhost.exe, winrshost.exe)"
)
SETS_APART = (
    "something that sets it apart: an account, pair of hosts or way of working that is new (--baseline), work that the "
    "context does not allow (--context), many more hosts than ever, a relayed logon, or after-effects on the target"
)
A_PATH = "being a part of a path that is an alert"
Needs = Mapping[str, str]


def explain(hop: Hop, policies: Mapping[str, Policy], weight: Weights, needs: Needs) -> Explanation:
    """Explain a hop.

    `policies`: the alert policy of each rule, by name; `needs`: the events that show each leg of the hop's technique.
    """
    found = {policies[e.signal] for e in hop.evidence if e.signal in policies}
    return Explanation(
        points=tuple(_points(hop, weight)),
        policy=tuple(_policy(hop, found, weight)),
        legs=tuple(_legs(hop, weight, needs)),
        needs=() if hop.alert else tuple(_needs(hop, found, weight, needs)),
        higher=tuple(_higher(hop, found, weight)),
    )


def _points(hop: Hop, weight: Weights) -> Iterator[str]:
    gained = sum(r.points for r in hop.reasons if r.points > 0)
    lost = sum(r.points for r in hop.reasons if r.points < 0)
    capped = ", of which 100 count" if gained > 100 else ""
    taken = f", less {-lost} that speak for it" if lost else ""
    yield f"the reasons add up to {gained}{capped}{taken}: a score of {hop.score}"
    yield f"by its points alone that is {severity_of(hop.score, weight)} ({_spans(weight)})"


def _spans(weight: Weights) -> str:
    bounds = weight["severity"]
    return ", ".join(f"{name} from {bounds[name]}" for name in SEVERITIES[1:])


def _policy(hop: Hop, found: set[Policy], weight: Weights) -> Iterator[str]:
    alone, rank = severity_of(hop.score, weight), SEVERITIES.index
    if hop.suppressed_by:
        yield f"it is no alert whatever its severity, since it is allowed: {hop.suppressed_by}"
    if rank(hop.severity) > rank(alone):
        reason = next((FLOORS[policy] for policy in FLOORS if policy in found), "its path raises it")
        yield f"its evidence makes it {hop.severity}: {reason}"
    elif rank(hop.severity) < rank(alone):
        yield f"it is held at {hop.severity}: {_ceiling(hop, found)}"
    elif not hop.alert and not hop.suppressed_by and not found & ACTS:
        yield _ceiling(hop, found)


def _ceiling(hop: Hop, found: set[Policy]) -> str:
    if _without_origin(hop):
        return NO_ORIGIN
    if not found & ACTS:
        return "all of its evidence is weak: logons, reads, queries and connections alone are never an alert"
    return "a baseline or context covers this pair of hosts, and it is what is usual there"


def _legs(hop: Hop, weight: Weights, needs: Needs) -> Iterator[str]:
    seen = {leg for leg, state in hop.legs.items() if state is LegState.SEEN}
    for leg, state in hop.legs.items():
        if state is LegState.SEEN:
            count = sum(e.leg == leg for e in hop.evidence)
            yield f"{leg}: seen{f', in {count} of the records below' if count else ''}"
            continue
        more = _together(seen | {leg}, weight["legs"]) - _together(seen, weight["legs"])
        gain = f"; it would add {more} points, and those of its rules" if more else ""
        if state is LegState.ABSENT:
            yield f"{leg}: absent; {needs[leg]}: such events were collected within the hour, and none shows it{gain}"
        else:
            yield f"{leg}: not collected; what shows it is {needs[leg]}{gain}"


def _together(seen: Iterable[str], legs: Mapping[str, int]) -> int:
    """The points of legs that were seen together, as the score adds them."""
    have = set(seen)
    total = legs["logon_execution"] if {"logon", "execution"} <= have else 0
    if "network" not in have:
        return total
    other = next((leg for leg in ("execution", "logon") if leg in have), None)
    return total + legs[f"{other}_network" if other else "network"]


def _needs(hop: Hop, found: set[Policy], weight: Weights, needs: Needs) -> Iterator[str]:
    """What it would take to be an alert: each sentence is one way."""
    enough = SEVERITIES.index(hop.severity) >= SEVERITIES.index(ALERT_FROM)
    if hop.suppressed_by:
        yield f"that the context did not allow it ({hop.suppressed_by})" + ("" if enough else ", and what follows")
        if enough:
            return
    if _without_origin(hop):
        yield ORIGIN
    elif found & ACTS:
        usual = [r.text for r in hop.reasons if r.points < 0]
        yield "a difference from what is usual" + (f"; it is usual because {'; '.join(usual)}" if usual else "")
    else:
        yield f"execution on the target, and proof of where it came from: {needs['execution']}"
        missing = weight["severity"][ALERT_FROM] - hop.score
        yield SETS_APART + (f", and {missing} more points" if missing > 0 else "")
    yield A_PATH


def _higher(hop: Hop, found: set[Policy], weight: Weights) -> Iterator[str]:
    rank = SEVERITIES.index(hop.severity)
    if hop.severity == SEVERITIES[-1] or (not hop.alert and not found & ACTS):
        return
    following = SEVERITIES[rank + 1]
    missing = weight["severity"][following] - hop.score
    if missing > 0:
        yield f"{following} begins at {weight['severity'][following]}: {missing} more points"


def _without_origin(hop: Hop) -> bool:
    return any(reason.text == NO_ORIGIN for reason in hop.reasons)
