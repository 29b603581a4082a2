"""The report for a reader at a terminal: what was read, then the hops, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from hopwatch.model.hop import SEVERITIES, Hop, LegState, Source, Target
from hopwatch.report import coverage
from hopwatch.report import paths as paths_report
from hopwatch.report.margin import Margin
from hopwatch.report.safe import shown
from hopwatch.report.words import STYLES, count

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.path import Path
    from hopwatch.model.summary import Summary

LEG_MARKS = {LegState.SEEN: ("✔", "green"), LegState.ABSENT: ("✘", "red"), LegState.NOT_COLLECTED: ("?", "dim")}
RECORDS = 8  # record pointers shown for one hop
SKIPS = 12  # lines on what was not read


def report(
    printed: list[Hop], summary: Summary, header: bool = True, paths: Sequence[Path] = (), hops: Sequence[Hop] = ()
) -> Iterator[RenderableType]:
    """Render `paths` as trees and the `printed` hops piece by piece, after what was read where `header` asks for it.

    The hops of the paths must be among those printed, or in `hops`.
    """
    if header:
        yield from summary_lines(summary)
    yield _verdict(printed, summary, len(paths))
    by_id = {hop.id: hop for hop in (*hops, *printed)}
    for path in sorted(paths, key=lambda path: (-SEVERITIES.index(path.severity), -path.score, path.start, path.id)):
        yield Text()
        yield from paths_report.path(path, by_id)
    for group in _groups(printed):
        yield Text()
        yield from _group(group) if len(group) > 1 else _hop(group[0])


def summary_lines(summary: Summary) -> Iterator[Text]:
    """Render what was read, and what was not."""
    formats = ", ".join(f"{n:,} {name}" for name, n in sorted(summary.formats.items()))
    line = Text.assemble(("Read ", "bold"), f"{count(summary.files, 'file')}, {count(summary.records, 'record')}")
    line.append(f" ({summary.kept - summary.duplicates:,} kept; {formats})" if formats else "")
    line.append(f", {count(summary.hosts, 'host')}")
    if summary.first and summary.last:
        line.append(f", {summary.first:%Y-%m-%d %H:%M:%S} to {summary.last:%Y-%m-%d %H:%M:%S} UTC")
    yield line
    if summary.duplicates:
        yield Text(f"     {count(summary.duplicates, 'duplicate')} counted once", "dim")
    for text in sorted(summary.corrected):
        yield Text(f"     clock mended: {shown(text)}", "yellow")
    yield from _escalations(summary)
    yield from _skips(summary)
    yield from _warnings(summary)
    if summary.coverage:
        yield from coverage.short(summary.coverage)
    yield Text()


def _escalations(summary: Summary) -> Iterator[Text]:
    for e in summary.escalations:
        what = (
            f"{shown(e.account)} logged on with Kerberos from the host itself and made the service {shown(e.service)}"
        )
        line = f"     local escalation, no hop: on {shown(e.host)} {what} at {e.first:%Y-%m-%d %H:%M:%S} UTC"
        yield Text(line, "yellow")


def _skips(summary: Summary) -> Iterator[Text]:
    skips = summary.skips
    for skip in skips[:SKIPS]:
        yield Text(f"     not read: {shown(skip.file)}: {shown(skip.reason)} ({skip.count:,})", "yellow")
    if rest := skips[SKIPS:]:
        yield Text(
            f"     and {count(sum(s.count for s in rest), 'more thing')} not read in {len(rest)} places", "yellow"
        )


def _warnings(summary: Summary) -> Iterator[Text]:
    """What is wrong with the context; it names its file, line and key."""
    for warning in summary.warnings[:SKIPS]:
        yield Text(f"     {shown(warning)}", "yellow")
    if rest := summary.warnings[SKIPS:]:
        yield Text(f"     and {count(len(rest), 'more warning')} (hopwatch context check shows all)", "yellow")


def _verdict(printed: list[Hop], summary: Summary, paths: int) -> Text:
    if not summary.files:
        return Text("No alerts, for no log was read", "bold")
    alerts = sum(hop.alert for hop in printed)
    text = Text(f"{count(alerts, 'alert')} among {count(summary.hops, 'hop')}", "bold")
    if paths:
        text.append(f", {count(paths, 'path')}", "bold")
    if summary.suppressed:
        text.append(f"; {summary.suppressed:,} suppressed by context", "not bold dim")
    if rest := summary.hops - len(printed):
        text.append(f"; {rest:,} not shown (--all shows every hop)", "not bold dim")
    return text


def _groups(hops: list[Hop]) -> list[list[Hop]]:
    """Hops by group, the group with the gravest hop first, and within it by gravity and time."""
    by_group = [list(members) for _, members in groupby(sorted(hops, key=lambda hop: hop.group), lambda hop: hop.group)]
    ranked = [sorted(members, key=_gravity) for members in by_group]
    return sorted(ranked, key=lambda members: _gravity(members[0]))


def _gravity(hop: Hop) -> tuple[object, ...]:
    return (-SEVERITIES.index(hop.severity), -hop.score, hop.start, hop.id)


def _group(hops: list[Hop]) -> Iterator[RenderableType]:
    """One line for hops of one source, account and technique, with their targets; then each of them."""
    first = hops[0]
    targets = ", ".join(dict.fromkeys(shown(hop.target.host or hop.target.ip or "?") for hop in hops))
    yield Text.assemble((f"{len(hops)} hops of one kind: ", "bold"), f"{_end(first.source)} → {targets}")
    for hop in hops:
        yield from _hop(hop)


def summary_of(hop: Hop) -> Margin:
    """The line that says how grave a hop is, who moved where, and how; what does not fit goes on below it."""
    way = Text.assemble(_pair(hop), "  ", (hop.technique, "magenta"), f"  as {_who(hop)}")
    return Margin([(Text(f" {hop.severity.upper()} {hop.score} ", STYLES[hop.severity]), way)], least=0)


def _hop(hop: Hop) -> Iterator[RenderableType]:
    yield summary_of(hop)
    rows = [(Text("when", "dim"), _when(hop)), (Text("legs", "dim"), _legs(hop))]
    for reason in hop.reasons:
        rows.append((Text(f"{reason.points:+d}" if reason.points else "·", "bold"), Text(shown(reason.text))))
    rows += [(Text("record", "dim"), Text(pointer, "dim")) for pointer in _records(hop)]
    yield Margin(rows)


def _pair(hop: Hop) -> Text:
    source = _end(hop.source)
    if source == "?" and hop.source.candidates:
        source = "one of " + ", ".join(map(shown, hop.source.candidates))
    return Text.assemble((source, "bold"), " → ", (_end(hop.target), "bold"))


def _end(end: Source | Target) -> str:
    """A host by name, address and roles, as far as each is known."""
    name = shown(end.host or end.ip or "?")
    about = [shown(end.ip)] if end.host and end.ip else []
    about += [shown(role).replace("_", " ") for role in end.roles]
    return f"{name} ({', '.join(about)})" if about else name


def _who(hop: Hop) -> str:
    account = hop.account
    domain = f"{shown(account.domain)}\\" if account.domain else ""
    also = f" (also {', '.join(map(shown, account.also[:4]))})" if account.also else ""
    return f"{domain}{shown(account.name or '?')}{also}"


def _when(hop: Hop) -> Text:
    last = f"{hop.end:%H:%M:%S}" if hop.end.date() == hop.start.date() else f"{hop.end:%Y-%m-%d %H:%M:%S}"
    parts = [f"{hop.start:%Y-%m-%d %H:%M:%S} to {last} UTC", hop.id]
    if hop.attack:
        parts.append("ATT&CK " + " ".join(hop.attack))
    if hop.auth.package:
        parts.append(f"{shown(hop.auth.package)}, logon type {hop.auth.logon_type}")
    if hop.auth.flags:
        parts.append(f"authentication: {', '.join(flag.replace('_', ' ') for flag in hop.auth.flags)}")
    if hop.source.known_by:
        parts.append(f"source known by {hop.source.known_by.replace('_', ' ')}")
    if hop.suppressed_by:
        parts.append(f"suppressed by {shown(hop.suppressed_by)}")
    return Text(" · ".join(parts), "dim")


def _legs(hop: Hop) -> Text:
    line = Text()
    for leg, state in hop.legs.items():
        mark, style = LEG_MARKS[state]
        line.append(f"{mark} {leg} {state.value.replace('_', ' ')}   ", style)
    line.rstrip()
    return line


def _records(hop: Hop) -> Iterator[str]:
    """Where the evidence is: one line for each file, host and kind of event, with the record ids."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for e in hop.evidence:
        name = shown(e.channel).removeprefix("Microsoft-Windows-").removesuffix("/Operational")
        kind = name if e.event_id is None else f"{name} {e.event_id}"
        record = "" if e.record_id is None else str(e.record_id)
        places.setdefault((shown(e.file), kind, shown(e.host)), []).append(record)
    for (file, kind, host), records in list(places.items())[:RECORDS]:
        ids = ", ".join(dict.fromkeys(r for r in records[:6] if r))
        more = f" and {len(records) - 6} more" if len(records) > 6 else ""
        yield f"{file}: {kind}{' record ' if ids else ''}{ids}{more} on {host or 'a sensor'}"
    if len(places) > RECORDS:
        yield f"and {len(places) - RECORDS} more kinds; {hop.evidence_total} pieces of evidence in all"
