"""The report for a reader at a terminal: what was read, then the hops, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from hopwatch.model.hop import SEVERITIES, Hop, LegState
from hopwatch.report.safe import shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.summary import Summary

STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "informational": "dim",
}
LEG_MARKS = {LegState.SEEN: ("✔", "green"), LegState.ABSENT: ("✘", "red"), LegState.NOT_COLLECTED: ("?", "dim")}
RECORDS = 8  # record pointers shown for one hop
SKIPS = 12  # lines on what was not read


def report(hops: list[Hop], printed: list[Hop], summary: Summary, header: bool = True) -> Group:
    """Render the `printed` hops of all `hops`, after the summary where `header` asks for it."""
    parts: list[RenderableType] = list(_summary(summary)) if header else []
    parts.append(_verdict(hops, printed))
    for group in _groups(printed):
        parts.append(Text())
        parts += _group(group) if len(group) > 1 else _hop(group[0])
    return Group(*parts)


def _summary(summary: Summary) -> Iterator[Text]:
    formats = ", ".join(f"{n:,} {name}" for name, n in sorted(summary.formats.items()))
    line = Text.assemble(("Read ", "bold"), f"{_count(summary.files, 'file')}, {_count(summary.records, 'record')}")
    line.append(f" ({summary.kept - summary.duplicates:,} kept; {formats})" if formats else "")
    line.append(f", {_count(summary.hosts, 'host')}")
    if summary.first and summary.last:
        line.append(f", {summary.first:%Y-%m-%d %H:%M:%S} to {summary.last:%Y-%m-%d %H:%M:%S} UTC")
    yield line
    if summary.duplicates:
        yield Text(f"     {_count(summary.duplicates, 'duplicate')} counted once", "dim")
    for text in summary.corrected:
        yield Text(f"     clock mended: {shown(text)}", "yellow")
    skips = summary.skips
    for skip in skips[:SKIPS]:
        yield Text(f"     not read: {shown(skip.file)}: {shown(skip.reason)} ({skip.count:,})", "yellow")
    if len(skips) > SKIPS:
        yield Text(
            f"     and {len(skips) - SKIPS} more kinds of unread content; --format jsonl --all names all", "yellow"
        )
    yield Text()


def _verdict(hops: list[Hop], printed: list[Hop]) -> Text:
    alerts = sum(hop.alert for hop in hops)
    rest = len(hops) - len(printed)
    text = Text(f"{_count(alerts, 'alert')} among {_count(len(hops), 'hop')}", "bold")
    if rest:
        text.append(f"; {rest:,} not shown (--all shows every hop)", "not bold dim")
    return text


def _groups(hops: list[Hop]) -> list[list[Hop]]:
    """Hops by group, the group with the highest score first, and within it by score and time."""
    by_group = [list(members) for _, members in groupby(sorted(hops, key=lambda hop: hop.group), lambda hop: hop.group)]
    ranked = [sorted(members, key=_gravity) for members in by_group]
    return sorted(ranked, key=lambda members: _gravity(members[0]))


def _gravity(hop: Hop) -> tuple[object, ...]:
    return (-SEVERITIES.index(hop.severity), -hop.score, hop.start, hop.id)


def _group(hops: list[Hop]) -> Iterator[RenderableType]:
    """One line for hops of one source, account and technique, with their targets; then each of them."""
    first = hops[0]
    targets = ", ".join(dict.fromkeys(_end(hop.target.host, hop.target.ip) for hop in hops))
    yield Text.assemble(
        (f"{len(hops)} hops ", "bold"), f"{_end(first.source.host, first.source.ip)} → ", (targets, "bold")
    )
    for hop in hops:
        yield from _hop(hop)


def _hop(hop: Hop) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f" {hop.severity.upper()} {hop.score} ", STYLES[hop.severity]), " ", _pair(hop), "  ", _how(hop)
    )
    yield Padding(Group(_when(hop), _legs(hop), *_reasons(hop), *_records(hop)), (0, 0, 0, 3))


def _pair(hop: Hop) -> Text:
    source = _end(hop.source.host, hop.source.ip)
    if source == "?" and hop.source.candidates:
        source = "one of " + ", ".join(map(shown, hop.source.candidates))
    return Text.assemble((source, "bold"), " → ", (_end(hop.target.host, hop.target.ip), "bold"))


def _end(host: str | None, ip: str | None) -> str:
    if host and ip:
        return f"{shown(host)} ({shown(ip)})"
    return shown(host or ip or "?")


def _how(hop: Hop) -> Text:
    return Text.assemble((hop.technique, "magenta"), f"  as {_who(hop)}")


def _who(hop: Hop) -> str:
    account = hop.account
    name = shown(account.name or "?")
    domain = f"{shown(account.domain)}\\" if account.domain else ""
    also = f" (also {', '.join(map(shown, account.also[:4]))})" if account.also else ""
    return f"{domain}{name}{also}"


def _when(hop: Hop) -> Text:
    last = f"{hop.end:%H:%M:%S}" if hop.end.date() == hop.start.date() else f"{hop.end:%Y-%m-%d %H:%M:%S}"
    parts = [f"{hop.start:%Y-%m-%d %H:%M:%S} to {last} UTC", hop.id]
    if hop.attack:
        parts.append("ATT&CK " + " ".join(hop.attack))
    if hop.auth.package:
        parts.append(f"{shown(hop.auth.package)}, logon type {hop.auth.logon_type}")
    if hop.source.known_by:
        parts.append(f"source known by {hop.source.known_by}")
    if hop.suppressed_by:
        parts.append(f"suppressed by {shown(hop.suppressed_by)}")
    return Text(" · ".join(parts), "dim")


def _legs(hop: Hop) -> Text:
    line = Text("legs ")
    for leg, state in hop.legs.items():
        mark, style = LEG_MARKS[state]
        line.append(f" {mark} {leg} {state.value.replace('_', ' ')} ", style)
    return line


def _reasons(hop: Hop) -> Iterator[Text]:
    for reason in hop.reasons:
        points = f"{reason.points:+4d} " if reason.points else "     "
        yield Text.assemble((points, "bold"), shown(reason.text))


def _records(hop: Hop) -> Iterator[Text]:
    pointers = [_pointer(e.channel, e.event_id, e.record_id, e.host, e.file) for e in hop.evidence]
    distinct = list(dict.fromkeys(pointers))
    for pointer in distinct[:RECORDS]:
        yield Text("     " + pointer, "dim", overflow="fold")
    if len(distinct) > RECORDS:
        yield Text(f"     and {len(distinct) - RECORDS} more records of {hop.evidence_total}", "dim")


def _pointer(channel: str, event_id: int | None, record_id: int | None, host: str | None, file: str | None) -> str:
    record = "" if record_id is None else f" record {record_id}"
    name = shown(channel).removeprefix("Microsoft-Windows-").removesuffix("/Operational")
    return f"{name} {event_id}{record} on {shown(host)} in {shown(file)}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
