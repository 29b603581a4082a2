"""Asks the past about hops: what is new about each, whether that is notable, and what is usual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from hopwatch.baseline.learn import Move, acts, move_of
from hopwatch.baseline.replay import Day, Replay, Terms, replay
from hopwatch.baseline.say import findings
from hopwatch.baseline.verdict import verdict
from hopwatch.model.baseline import Baseline
from hopwatch.model.standing import Finding, Standing

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft

SILENT = Standing()
TEACHES = Standing((Finding("baseline.teaching", "its day teaches the baseline, which does not judge it"),))


def ask(baseline: Baseline, found: Sequence[Draft], terms: Terms | None = None) -> list[Standing]:
    """Say of each hop what the days before it have shown.

    `baseline` holds the days before and those of the hops themselves; a day is judged by earlier days only.
    """
    days = replay(baseline, terms or Terms())
    moves: dict[date, list[tuple[int, Move]]] = defaultdict(list)
    said = [SILENT] * len(found)
    for i, draft in enumerate(found):
        if move := move_of(draft):
            moves[move.day].append((i, _renamed(move, days.names)))
    for day in days.each():
        today = moves.get(day.day, [])
        wide = _reached(day)
        for i, move in today:
            said[i] = _standing(days, move, found[i], len(wide[move.source]))
    return said


def _standing(days: Replay, move: Move, draft: Draft, reached: int) -> Standing:
    if not days.judges(move.day):
        return SILENT if days.terms.teaching is None else TEACHES
    acted = acts(draft)
    judged = verdict(days.past, move, acted)
    if not judged.known:
        return SILENT
    said = tuple(findings(days.past, move, judged, acted, reached))
    return Standing(said, covered=True, notable=judged.notable, rare=judged.rare)


def _renamed(move: Move, names: dict[str, str]) -> Move:
    if move.target in names or move.source in names:
        source = names.get(move.source, move.source) if move.source else None
        return replace(move, source=source, target=names.get(move.target, move.target))
    return move


def _reached(day: Day) -> dict[str | None, set[str]]:
    """How many hosts each source reached on a day."""
    reached: dict[str | None, set[str]] = defaultdict(set)
    for part in ("act", "allowed", "alert"):
        for row in day.rows[part]:
            if row.source:
                reached[row.source].add(row.target)
    return reached
