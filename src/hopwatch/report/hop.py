"""One hop in full for a reader at a terminal: every fact, every reason, every record, and why it has its score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from hopwatch.report.attack import technique
from hopwatch.report.safe import shown
from hopwatch.report.text import LEG_MARKS, summary_of
from hopwatch.report.words import count

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.explanation import Explanation
    from hopwatch.model.hop import Evidence, Hop
    from hopwatch.model.path import Path

NAMES = {"before": "before, on the source", "after": "after, on the target", "source": "on the source"}


def whole(hop: Hop, path: Path | None = None, explanation: Explanation | None = None) -> Iterator[RenderableType]:
    """Render a hop with the path that it is a part of, and its explanation where there is one."""
    yield summary_of(hop)
    yield _grid(_facts(hop, path))
    yield Text("\nWhy", "bold")
    yield _grid((f"{r.points:+d}" if r.points else "·", Text(shown(r.text))) for r in hop.reasons)
    if explanation is not None:
        yield from _explained(explanation)
    yield Text("\nRecords", "bold")
    yield _records(hop)
    if rest := hop.evidence_total - len(hop.evidence):
        yield Text(f"  and {count(rest, 'more piece')} of evidence: a hop keeps the first and last of each rule", "dim")


def _grid(rows: Iterator[tuple[str, Text]]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(min_width=10, justify="right", no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, value)
    return grid


def _facts(hop: Hop, path: Path | None) -> Iterator[tuple[str, Text]]:
    yield "id", Text(f"{hop.id}, of group {hop.group}")
    yield "when", Text(f"{hop.start:%Y-%m-%d %H:%M:%S.%f} to {hop.end:%Y-%m-%d %H:%M:%S.%f} UTC")
    yield "from", Text(_source(hop))
    yield "to", Text(_joined(hop.target.host, hop.target.ip, *hop.target.roles))
    yield "account", Text(_account(hop))
    yield "logon", Text(_logon(hop))
    yield "technique", Text(", ".join(hop.techniques), "magenta")
    for one in map(technique, hop.attack):
        yield "ATT&CK", Text(f"{one.id} {f'{one.parent.name}: ' if one.parent else ''}{one.name}")
    yield (
        "legs",
        Text("   ").join(
            Text(f"{LEG_MARKS[state][0]} {leg} {state.value.replace('_', ' ')}", LEG_MARKS[state][1])
            for leg, state in hop.legs.items()
        ),
    )
    yield "alert", Text("yes" if hop.alert else "no" + (f": {shown(hop.suppressed_by)}" if hop.suppressed_by else ""))
    if path is not None:
        way = " → ".join(shown(host) for host in path.hosts)
        yield "path", Text(f"{path.id}, {path.severity} {path.score}: {way}")


def _joined(*parts: object) -> str:
    return ", ".join(shown(part).replace("_", " ") for part in parts if part) or "unknown"


def _source(hop: Hop) -> str:
    source = hop.source
    port = f"port {source.port}" if source.port else None
    text = _joined(source.host, source.ip, port, *source.roles)
    if source.candidates:
        text += f"; one of {', '.join(map(shown, source.candidates))}"
    return text + (f"; known by {source.known_by.replace('_', ' ')}" if source.known_by else "")


def _account(hop: Hop) -> str:
    account = hop.account
    name = f"{account.domain}\\{account.name}" if account.domain and account.name else account.name
    logon = f"logon id {account.logon_id}" if account.logon_id else None
    also = f"; also {', '.join(map(shown, account.also))}" if account.also else ""
    return ", ".join(shown(part) for part in (name or "unknown", account.sid, logon) if part) + also


def _logon(hop: Hop) -> str:
    auth = hop.auth
    kind = f"type {auth.logon_type}" if auth.logon_type is not None else None
    elevated = {True: "elevated", False: "not elevated", None: None}[auth.elevated]
    parts = (kind, auth.package, auth.process and f"process {auth.process}", elevated, *auth.flags)
    return _joined(*parts) if any(parts) else "no record of it"


def _explained(explanation: Explanation) -> Iterator[RenderableType]:
    sections: tuple[tuple[str, Sequence[str]], ...] = (
        ("How the points add up", explanation.points),
        ("What the kind of evidence allows", explanation.policy),
        ("Legs", explanation.legs),
        ("To be an alert it would need one of these", explanation.needs),
        ("To be more severe", explanation.higher),
    )
    for title, sentences in sections:
        if sentences:
            yield Text(f"\n{title}", "bold")
            yield _grid(("•", Text(shown(sentence))) for sentence in sentences)


def _records(hop: Hop) -> Table:
    """Every record in order of time, with what each of the rules says of it."""
    events = sorted(hop.evidence, key=lambda e: (e.time, *map(str, _place(e))))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for _, group in groupby(events, key=lambda e: (e.time, *_place(e))):
        said = list(group)
        for n, event in enumerate(said):
            leg = NAMES.get(event.leg, event.leg)
            text = Text.assemble((f"{leg}: ", "bold"), shown(event.text), (f"  {shown(event.signal)}", "dim"))
            grid.add_row("" if n else f"  {event.time:%m-%d %H:%M:%S.%f}"[:-3], text)
        grid.add_row("", Text(_pointer(said[0]), "dim"))
    return grid


def _place(event: Evidence) -> tuple[str | int | None, ...]:
    return event.host, event.file, event.channel, event.event_id, event.record_id


def _pointer(event: Evidence) -> str:
    name = shown(event.channel).removeprefix("Microsoft-Windows-").removesuffix("/Operational")
    kind = name if event.event_id is None else f"{name} {event.event_id}"
    record = "" if event.record_id is None else f" record {event.record_id}"
    return f"{kind}{record} on {shown(event.host) or 'a sensor'}, {shown(event.file) or 'no file'}"
