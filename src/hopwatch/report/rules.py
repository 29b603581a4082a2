"""What was loaded of Sigma rules, what is wrong with each, and what it compiles to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson
from rich.table import Table
from rich.text import Text

from hopwatch.model.detection import Entry, Ruleset, State
from hopwatch.report.safe import json_text, shown
from hopwatch.report.words import STYLES

if TYPE_CHECKING:
    from rich.console import RenderableType

STATES = tuple(State)
NONE = "."  # in a table of numbers
ALWAYS = 2  # numbers that are told also where they are none: of entries, and of those that are ready


def summary(rules: Ruleset) -> Iterator[RenderableType]:
    """Render a table of what was loaded, by logsource; without the states that no entry is in."""
    kinds: dict[str, list[Entry]] = {}
    for entry in rules.entries:
        kinds.setdefault(_kind(entry), []).append(entry)
    titles, total = ("entries", *(str(state) for state in STATES), "to mend"), _counts(rules.entries)
    told = [i for i, number in enumerate(total) if number != NONE or i < ALWAYS]
    table = Table("logsource", *(titles[i] for i in told), box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, entries in sorted(kinds.items()):
        counts = _counts(entries)
        table.add_row(shown(kind), *(counts[i] for i in told))
    table.add_row("total", *(total[i] for i in told), style="bold")
    yield table
    held = f"{counted(len(rules.entries), 'entry', 'entries')} in {counted(rules.files, 'file', 'files')}"
    yield Text(f"{held}, {len(rules.failed):,} of which {'does' if len(rules.failed) == 1 else 'do'} not load")


def _kind(entry: Entry) -> str:
    if entry.kind != "rule":
        return entry.kind
    source = entry.source
    return " ".join(source[name].lower() for name in ("product", "category", "service") if source.get(name)) or "none"


def _counts(entries: Iterable[Entry]) -> list[str]:
    every = list(entries)
    states = Counter(entry.state for entry in every)
    mend = sum(1 for entry in every if entry.problems and entry.state != State.FAILED)
    numbers = (len(every), *(states[state] for state in STATES), mend)
    return [f"{number:,}" if number else NONE for number in numbers]


def problems(rules: Ruleset) -> Iterator[RenderableType]:
    """Render what is wrong with each entry: file, line, what, and how to mend it."""
    for entry in rules.entries:
        for problem in entry.problems:
            word, style = ("error", "bold red") if problem.fatal else ("warning", "yellow")
            line = f"{shown(entry.file)}:{problem.line or entry.line}: "
            yield Text.assemble(line, (word, style), f": {shown(problem.text)}")
            if problem.mend:
                yield Text(f"    mend: {shown(problem.mend)}", "green")
    yield _verdict(rules)


def _verdict(rules: Ruleset) -> Text:
    states = Counter(entry.state for entry in rules.entries)
    parts = [f"{states[state]:,} {state}" for state in STATES if states[state]]
    return Text(f"{counted(len(rules.entries), 'entry', 'entries')}: {', '.join(parts) or 'none'}")


def problem_lines(rules: Ruleset) -> Iterator[str]:
    """Give one JSON line for each entry: its state and what is wrong with it."""
    for entry in rules.entries:
        row = {
            key: getattr(entry, key)
            for key in ("file", "line", "kind", "title", "id", "name", "level", "source", "state")
        }
        yield _line(row | {"problems": [asdict(problem) for problem in entry.problems]})


def _line(row: dict[str, object]) -> str:
    return json_text(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS).decode()) + "\n"


def listed(rules: Ruleset) -> Iterator[RenderableType]:
    """Render one line for each entry."""
    for entry in rules.entries:
        line = Text.assemble((f"{entry.level or '-':<13} ", STYLES.get(entry.level, "dim")), f"{entry.state:<12} ")
        line.append(f"{shown(entry.title)}  ", "bold")
        yield line.append(f"({shown(_kind(entry))})  {shown(entry.file)}:{entry.line}", "dim")


def details(entry: Entry, hidden: bool) -> Iterator[RenderableType]:
    """Render all that is known of one entry."""
    yield Text(shown(entry.title), "bold")
    facts = {
        "file": f"{entry.file}:{entry.line}",
        "id": entry.id,
        "name": entry.name,
        "kind": entry.kind,
        "level": entry.level,
        "status": entry.status,
        "tags": ", ".join(entry.tags),
        "logsource": ", ".join(f"{k} {v}" for k, v in entry.source.items()),
        "state": f"{entry.state}{', not printed by itself (a correlation names it)' if hidden else ''}",
        "read from": "; ".join(dict.fromkeys(_events(m.channel, m.event_ids) for m in entry.matches)),
        "cases": str(len(entry.cases) or ""),
    }
    for name, value in facts.items():
        if value:
            yield Text(f"{name:>12}  {shown(value)}")
    yield from _correlation(entry)
    for problem in entry.problems:
        yield Text(
            f"{'error' if problem.fatal else 'warning':>12}  line {problem.line}: {shown(problem.text)}", "yellow"
        )
        if problem.mend:
            yield Text(f"{'mend':>12}  {shown(problem.mend)}", "green")


def _events(channel: str, ids: tuple[int, ...]) -> str:
    where = "every channel" if channel == "*" else channel
    return f"{where} {', '.join(map(str, ids))}".strip()


def _correlation(entry: Entry) -> Iterator[Text]:
    found = entry.correlated
    if found is None:
        return
    yield Text(f"{'correlation':>12}  {found.type} of {shown(', '.join(found.rules))} within {found.seconds} s")
    if found.group_by:
        yield Text(f"{'group-by':>12}  {shown(', '.join(found.group_by))}")
    yield Text(f"{'condition':>12}  {shown(found.condition)}")


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"
