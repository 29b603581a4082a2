"""Shows what a run left that the quiet capture has not, and what was drafted of it and refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from hopwatch.report.safe import shown
from hopwatch.report.words import count

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.recording import Left, Tried

MOST = 40  # lines of one part


def report(name: str, runs: Sequence[str], left: Sequence[Left], tried: Sequence[Tried]) -> Iterator[RenderableType]:
    """Render the runs, what they left by side and kind, and what became of each selection."""
    yield Text(f"{shown(name)}: {count(len(runs), 'run')}", "bold")
    yield from (Text(f"  {shown(run)}") for run in runs)
    for side in dict.fromkeys(one.side for one in left):
        yield Text()
        yield Text(f"What is new on the {side}", "bold")
        yield from _cut(_left([one for one in left if one.side == side]))
    for word, style in (("drafted", "green"), ("refused", "yellow")):
        some = [one for one in tried if (one.refused == 0) == (word == "drafted")]
        yield Text()
        yield Text(f"{word.capitalize()}: {count(len(some), 'selection')}", "bold")
        yield from _cut(Text(f"  {_said(one)}", style) for one in some)


def _said(one: Tried) -> str:
    if one.refused:
        return f"{shown(one.text)}: matches {count(one.refused, 'event')} of the quiet capture"
    how = f"joined to the logon by {one.session}" if one.session else "joined to the logon by host"
    return f"{shown(one.text)} ({one.side}; {how if one.side == 'target' else 'a signal only'})"


def _left(some: Iterable[Left]) -> Iterator[Text]:
    for one in some:
        stable = "" if one.stable is None else f"   stable: {shown(', '.join(one.stable) or 'nothing')}"
        yield Text(f"  {shown(one.kind)} {shown(one.field)}: {shown(one.value[:160])}{stable}")


def _cut(lines: Iterable[Text]) -> Iterator[Text]:
    every = list(lines)
    yield from every[:MOST]
    if len(every) > MOST:
        yield Text(f"  and {len(every) - MOST} more")
