"""Hops and paths as Markdown for a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hopwatch.report.attack import technique
from hopwatch.report.markup import code, plain
from hopwatch.report.sentence import place, sentence, who

if TYPE_CHECKING:
    from hopwatch.model.hop import Evidence, Hop, LegState
    from hopwatch.model.path import Path

MARKS = {"seen": "✔ seen", "absent": "✘ absent", "not_collected": "? not collected"}
RECORDS = 12  # pieces of evidence that are listed


def lines(hops: Iterable[Hop], paths: Iterable[Path] = ()) -> Iterator[str]:
    """Give the paths, then a section for each hop, in the order given."""
    yield "# Lateral movement\n"
    for path in paths:
        yield from _path(path)
    empty = True
    for hop in hops:
        empty = False
        yield from _hop(hop)
    if empty:
        yield "\nhopwatch found no hop to report.\n"


def _path(path: Path) -> Iterator[str]:
    yield f"\n## Path {code(path.id)}: {path.severity} {path.score}\n\n"
    yield " → ".join(plain(host) for host in path.hosts) + "\n\n"
    yield f"* when: {path.start:%Y-%m-%d %H:%M:%S} to {path.end:%Y-%m-%d %H:%M:%S} UTC\n"
    yield f"* accounts: {', '.join(plain(account) for account in path.accounts) or 'unknown'}\n"
    yield f"* hops: {', '.join(code(hop) for hop in path.hops)}\n"
    for switch in path.switches:
        change = f"from {plain(switch.before)} to {plain(switch.after)}"
        usual = ", which is at home there" if switch.usual else ""
        yield f"* at {plain(switch.host)} the account changed {change}{usual}\n"
    for reason in path.reasons:
        yield f"* {reason.points:+d} {plain(reason.text)}\n"


def _hop(hop: Hop) -> Iterator[str]:
    yield f"\n## {hop.severity.capitalize()} {hop.score}: {plain(sentence(hop))}\n\n"
    yield "| what | value |\n|---|---|\n"
    for name, value in _facts(hop):
        yield f"| {name} | {value} |\n"
    yield "\n**Why**\n\n"
    for reason in hop.reasons:
        yield f"* {f'{reason.points:+d} ' if reason.points else ''}{plain(reason.text)}\n"
    yield "\n**Records**\n\n| time (UTC) | leg | what | record |\n|---|---|---|---|\n"
    for event in hop.evidence[:RECORDS]:
        yield f"| {event.time:%Y-%m-%d %H:%M:%S} | {event.leg} | {plain(event.text)} | {code(_pointer(event))} |\n"
    if hop.evidence_total > RECORDS:
        yield f"\n{hop.evidence_total - RECORDS} more in the JSON lines of the hop.\n"


def _facts(hop: Hop) -> Iterator[tuple[str, str]]:
    yield "hop", code(hop.id)
    yield "alert", "yes" if hop.alert else f"no, allowed by {plain(hop.suppressed_by)}" if hop.suppressed_by else "no"
    yield "from", _end(place(hop.source), hop.source.ip, hop.source.roles)
    yield "to", _end(place(hop.target), hop.target.ip, hop.target.roles)
    yield (
        "account",
        plain(who(hop)) + (f" (also {', '.join(map(plain, hop.account.also))})" if hop.account.also else ""),
    )
    yield "when", f"{hop.start:%Y-%m-%d %H:%M:%S} to {hop.end:%Y-%m-%d %H:%M:%S} UTC"
    yield "technique", ", ".join(map(code, hop.techniques))
    if hop.attack:
        yield "ATT&CK", ", ".join(f"[{one.id}]({one.url}) {plain(one.name)}" for one in map(technique, hop.attack))
    if hop.auth.package:
        flags = f" ({', '.join(map(plain, hop.auth.flags))})" if hop.auth.flags else ""
        yield "authentication", f"{plain(hop.auth.package)}, logon type {hop.auth.logon_type}{flags}"
    for leg, state in hop.legs.items():
        yield leg, _state(state)


def _end(name: str, ip: str | None, roles: tuple[str, ...]) -> str:
    about = [part for part in (ip if ip != name else None, *roles) if part]
    return plain(name) + (f" ({', '.join(map(plain, about))})" if about else "")


def _state(state: LegState) -> str:
    return MARKS[state.value]


def _pointer(event: Evidence) -> str:
    parts = (
        event.file,
        event.channel,
        event.event_id,
        f"record {event.record_id}" if event.record_id else None,
        event.host,
    )
    return " ".join(str(part) for part in parts if part is not None)
