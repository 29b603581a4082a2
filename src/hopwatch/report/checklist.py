"""Shows the checks of a lab: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import orjson
from rich.text import Text

from hopwatch.model.checklist import Check, Status
from hopwatch.report.coverage import md
from hopwatch.report.safe import json_text, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

MARKS = {Status.PASS: ("✔", "green"), Status.FAIL: ("✘", "bold red"), Status.NOT_SEEN: ("?", "dim")}


def report(checks: Sequence[Check]) -> Iterator[RenderableType]:
    """Render the checks, each with its proof or what to fix, and how many of each there are."""
    for check in checks:
        mark, style = MARKS[check.status]
        where = f"{shown(check.host)}: " if check.host else ""
        yield Text.assemble((f"{mark} ", style), where, (shown(check.title), "bold"))
        if check.text:
            yield Text(f"    {shown(check.text)}")
        for record in check.records:
            yield Text(f"    record: {shown(record)}", "dim")
        if check.fix:
            yield Text(f"    fix: {shown(check.fix)}", "yellow")
    yield Text()
    yield Text(_counts(checks), "bold")


def _counts(checks: Sequence[Check]) -> str:
    numbers = {status: sum(check.status == status for check in checks) for status in Status}
    return f"{numbers[Status.PASS]} passed, {numbers[Status.FAIL]} failed, {numbers[Status.NOT_SEEN]} not seen"


def markdown(checks: Sequence[Check]) -> Iterator[str]:
    """Give the checks as a list to tick off."""
    yield f"# Lab checklist\n\n{_counts(checks)}\n\n"
    for check in checks:
        box = "x" if check.status == Status.PASS else " "
        where = f"{md(check.host)}: " if check.host else ""
        yield f"- [{box}] **{check.status.value.replace('_', ' ')}** {where}{md(check.title)}"
        yield f": {md(check.text)}\n" if check.text else "\n"
        yield from (f"  - record: {md(record)}\n" for record in check.records)
        if check.fix:
            yield f"  - fix: {md(check.fix)}\n"


def as_json(checks: Sequence[Check]) -> str:
    """Give the checks as a JSON list."""
    return json_text(orjson.dumps([check.to_dict() for check in checks], option=orjson.OPT_INDENT_2).decode()) + "\n"
