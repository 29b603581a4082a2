"""Compares what an account did with what the context says is usual for it: from where, to where, how."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.context.opinion import Opinion
from hopwatch.context.places import Places, executes, ways

if TYPE_CHECKING:
    from hopwatch.model.context import AccountEntry
    from hopwatch.model.draft import Draft

INTERACTIVE = (2, 7, 10, 11, 12)
Answers = tuple[bool | None, bool | None, bool | None]  # from there, to there, in this way


def duty(entries: Sequence[AccountEntry], draft: Draft, places: Places, file: str) -> Iterator[Opinion]:
    """Say how a service account's hop stands with its entries, each of which is one way to be usual."""
    name = draft.account.name
    service = any("service_account" in entry.roles for entry in entries)
    if service and _interactive(draft):
        yield Opinion(
            "context.service_account_interactive", f"the service account {name} logged on interactively", notable=True
        )
    answers = [(entry, _answers(entry, draft, places)) for entry in entries]
    within = [entry for entry, each in answers if all(each)]
    if within:
        yield from _usual(within, draft, file)
    elif all(False in each for _, each in answers):
        entry, each = min(
            answers, key=lambda pair: (pair[1].count(False), repr(pair[1]), pair[0].sources, pair[0].hosts)
        )
        yield _unusual(entry, each, draft)


def _answers(entry: AccountEntry, draft: Draft, places: Places) -> Answers:
    """Whether source, target and technique are usual; None where it is unknown. What is not listed is usual.

    The way in which nothing was executed is not known.
    """
    return (
        places.within(entry.sources, places.of(draft.source)) if entry.sources else True,
        places.within(entry.hosts, places.of(draft.target)) if entry.hosts else True,
        not entry.techniques or fits(draft, entry.techniques) or (False if executes(draft) else None),
    )


def _usual(within: Sequence[AccountEntry], draft: Draft, file: str) -> Iterator[Opinion]:
    """The hop is within what the context says; where that is said in full, it is no alert at all."""
    bound = [entry for entry in within if entry.sources and "service_account" in entry.roles]
    full = sorted(entry.line for entry in bound if entry.hosts and entry.techniques)
    if bound:
        suppresses = f"{file}:{full[0]} {draft.account.name} at its usual work" if full else None
        text = f"{draft.account.name} works from where it is to work"
        yield Opinion(
            "context.service_account_usual", text, covered=True, vouched=True, alone=True, suppresses=suppresses
        )


def _unusual(entry: AccountEntry, answers: Answers, draft: Draft) -> Opinion:
    here, there, _ = answers
    name = draft.account.name
    if here is False:
        text = f"{name} is to work from {_list(entry.sources)} only"
        return Opinion("context.service_account_elsewhere", text, notable=True)
    if there is False:
        return Opinion(
            "context.service_account_elsewhere", f"{name} is to work on {_list(entry.hosts)} only", notable=True
        )
    text = f"{name} is not to use {ways(draft)[0]}: it is to use {_list(entry.techniques)} only"
    return Opinion("context.service_account_unusual", text, notable=True)


def _interactive(draft: Draft) -> bool:
    return draft.technique == "rdp" or draft.auth.logon_type in INTERACTIVE


def fits(draft: Draft, techniques: Iterable[str]) -> bool:
    """Tell whether a hop used only these techniques and what they bring along.

    Where something was executed, how it was has to be one of them itself.
    """
    carried = set(techniques).union(*(_carried()[technique] for technique in techniques), _carried()["all"])
    used = ways(draft)
    if executes(draft) and used[0] not in techniques:
        return False
    return carried.issuperset(used)


@cache
def _carried() -> dict[str, frozenset[str]]:
    raw = tomllib.loads((files("hopwatch.context") / "techniques.toml").read_text(encoding="utf-8"))
    return _Carried({name: frozenset(others) for name, others in raw.items()})


class _Carried(dict[str, frozenset[str]]):
    def __missing__(self, technique: str) -> frozenset[str]:
        return frozenset()


def _list(names: Sequence[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:3]) + (f" or {len(shown) - 3} others" if len(shown) > 3 else "")
