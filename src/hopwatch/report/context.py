"""Shows what is wrong with a context, what its entries match, and a draft of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import orjson
from rich.table import Table
from rich.text import Text

from hopwatch.model.context import AccountEntry, Context, HostEntry, Problem, Proposal, Usage
from hopwatch.report.safe import json_text, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*|\d{1,3}(\.\d{1,3}){3}")
WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
HEAD = """\
# A draft of a context, from what the logs show. Nobody but you knows whether what they show is as it should be: an
# intruder's work shows in them too. Read every line, correct it, and delete what you cannot vouch for.
# Work that is allowed (allow:) is not drafted.
"""


def faults(problems: Iterable[Problem]) -> Iterator[str]:
    """Write what is wrong, one line each however long, by line."""
    for problem in sorted(problems, key=lambda p: (p.line, p.key)):
        yield f"{shown(problem)}\n"


def check(context: Context, wrong: int, used: Sequence[Usage] | None) -> Iterator[RenderableType]:
    """Render how much a context holds, and what each entry matches where logs were read."""
    if used is not None:
        yield _table(used)
    counts = f"{len(context.hosts)} hosts, {len(context.accounts)} accounts, {len(context.allow)} allowed"
    good = f"{wrong} problem{'' if wrong == 1 else 's'}" if wrong else "nothing is wrong with it"
    yield Text(f"entries: {counts}; {good}")


def _table(used: Sequence[Usage]) -> Table:
    table = Table("line", "section", "entry", "hosts or accounts", "hops", box=None, padding=(0, 2, 0, 0))
    for one in used:
        names = "" if one.section == "allow" else f"{one.names:,}"
        table.add_row(str(one.entry.line), one.section, shown(one.key), names, f"{one.hops:,}")
    return table


def draft(proposals: Iterable[Proposal]) -> Iterator[str]:
    """Write proposals as the YAML of a context, the reason of each as a comment after it."""
    every = list(proposals)
    yield HEAD
    for section, kind in (("hosts", HostEntry), ("accounts", AccountEntry)):
        those = [proposal for proposal in every if isinstance(proposal.entry, kind)]
        yield f"{section}:\n" if those else f"{section}: []\n"
        for proposal in those:
            yield f"  - {{{', '.join(_pairs(proposal.entry))}}}  # {_comment(proposal.why)}\n"


def _pairs(entry: HostEntry | AccountEntry) -> Iterator[str]:
    yield f"match: {_scalar(entry.match)}"
    for key in ("roles", "sources", "hosts", "techniques"):
        if values := getattr(entry, key, ()):
            yield f"{key}: [{', '.join(map(_scalar, values))}]"


def _scalar(text: str) -> str:
    """Text as YAML: plain where it is a name, else in double quotes as JSON has it."""
    if PLAIN.fullmatch(text) and text.lower() not in WORDS:
        return text
    return json_text(orjson.dumps(text).decode())


def _comment(text: str) -> str:
    return shown(text)
