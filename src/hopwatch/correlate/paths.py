"""Chains hops: the target of one is the source of the next. Near linear, by an index of host and time."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hopwatch.model.path import Chain, Step

DAY = timedelta(days=1)
SOON = timedelta(hours=2)
# What makes an arrival less likely to have led on: the account changed after it; it was that of somebody at home, who
# goes on himself now and then but seldom lends his account.
CHANGE, AT_HOME = timedelta(hours=2), (timedelta(hours=2), timedelta(hours=12))
TRIES, LOOKS = 8, 48  # different arrivals on a host that are tried as the one before, of so many last ones


@dataclass
class _Arrivals:
    """Steps that arrived at one place, in order of time."""

    times: list[datetime] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def add(self, step: Step) -> None:
        self.times.append(step.start)
        self.steps.append(step)

    def before(self, time: datetime) -> Iterator[Step]:
        """The last few that began before a time, the latest first; of what comes again and again only the last."""
        at = bisect_left(self.times, time)
        alike: dict[tuple[str | None, str | None], Step] = {}
        for step in reversed(self.steps[max(0, at - LOOKS) : at]):
            if alike.setdefault((step.source, step.account), step) is step:
                yield step
            if len(alike) == TRIES:
                break


@dataclass
class _Board:
    """What is known so far, as steps are taken in order of time."""

    within: timedelta
    by_account: dict[tuple[str | None, str | None], _Arrivals] = field(default_factory=lambda: defaultdict(_Arrivals))
    by_host: dict[str | None, _Arrivals] = field(default_factory=lambda: defaultdict(_Arrivals))
    parent: dict[str, Step] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)  # what no usual work leads to

    def arrive(self, step: Step) -> None:
        """Let others go on from where a step went."""
        for account in dict.fromkeys((step.account, *step.also)):
            if account:
                self.by_account[step.target, account].add(step)
        if (step.strong or step.lands) and not step.quiet:
            self.by_host[step.target].add(step)


def chains(steps: Iterable[Step], within: timedelta = DAY) -> list[Chain]:
    """Chain steps causally: each has at most one before it, which began earlier and ended at most `within` earlier.

    The same account goes on from wherever its logon led; another account only where it was not seen by itself before.
    What leads back to a host of its own line ends that line. A chain has at least one link and a step that carries it.
    """
    board = _Board(within)
    ordered = sorted((s for s in steps if _moves(s)), key=lambda s: (s.start, s.id))
    kept = [taken for step in ordered if (taken := _take(step, board)) is not None]
    return [chain for group in _groups(kept, board) if (chain := _chain(group, board)) is not None]


def _moves(step: Step) -> bool:
    known = step.source is not None and step.target is not None and step.source != step.target
    return known and (step.strong or step.lands or step.elevated)


def _take(step: Step, board: _Board) -> Step | None:
    """Find the step before this one, and note where it went; null for what is left out."""
    found = _before(step, board)
    after_odd = found is not None and found.id in board.odd
    if after_odd and step.actor not in (None, "system", step.account):
        step = replace(step, quiet=False)  # nothing is usual about what an intruder did with the account
    if not step.quiet and (_stolen(step) or step.took_on or step.novel or after_odd):
        board.odd.add(step.id)
    if found is not None:
        board.parent[step.id] = found
        if step.target in _line(found, board):
            return step if step.strong else None
    board.arrive(step)
    return step


def _before(step: Step, board: _Board) -> Step | None:
    """The step that likeliest led to this one; null where none did."""
    if step.actor and step.actor not in ("system", step.account):  # only the actor's own arrival explains it
        found = list(_arrived(board.by_account, (step.source, step.actor), step.start))
    else:
        found = [*_same_account(step, board), *_other_account(step, board)]
    near = [earlier for earlier in found if step.start - earlier.end <= _reach(earlier, step, board)]
    return min(near, key=lambda earlier: _distance(earlier, step, earlier.id not in board.odd), default=None)


def _reach(earlier: Step, step: Step, board: _Board) -> timedelta:
    """How long after an arrival it may have led on: longer for a stranger, who has no other way to be there."""
    alone = _stolen(step) and step.sure and earlier.strong and step.account in (earlier.account, *earlier.also)
    return 2 * board.within if alone else board.within


def _distance(earlier: Step, step: Step, usual: bool) -> tuple[bool, timedelta]:
    """How far an arrival is from what it may have led to: in time, and by what would have to be stolen in between.

    What runs as the machine came by a service or a task.
    """
    used = {earlier.account, *earlier.also} - {None}
    changed = used.isdisjoint((step.account, step.actor))
    doubt = (CHANGE if changed else timedelta()) + (AT_HOME[changed] if usual else timedelta())
    return step.actor == "system" and not earlier.as_system, step.start - earlier.start + doubt


def _same_account(step: Step, board: _Board) -> Iterator[Step]:
    if step.account:
        yield from _arrived(board.by_account, (step.source, step.account), step.start)


def _other_account(step: Step, board: _Board) -> Iterator[Step]:
    if step.strong or step.lands:
        for earlier in _arrived(board.by_host, step.source, _free_until(step)):
            if _explains(earlier, step):
                yield earlier


def _arrived(index: dict[Any, _Arrivals], key: object, until: datetime) -> Iterator[Step]:
    return index[key].before(until) if key in index else iter(())


def _free_until(step: Step) -> datetime:
    """Until when an arrival at the source may explain this step: before its account was there by itself."""
    own = step.account is not None and step.account.rstrip("$") == step.source
    if step.account is None or own:
        return step.start if step.strong else datetime.min
    if step.novel or step.alone is None or step.took_on or step.actor == "system":
        return step.start
    return min(step.start, step.alone)


def _explains(earlier: Step, step: Step) -> bool:
    """Whether a change of account is likely: near in time, or where the logs go back far enough to know who is new.

    No person's or service's own work runs as the machine itself.
    """
    by_machine = step.actor == "system" and earlier.as_system
    return step.took_on or step.sure or by_machine or step.start - earlier.end <= SOON


def _line(step: Step, board: _Board) -> set[str | None]:
    """The hosts from the origin to where a step went."""
    hosts, at = {step.target, step.source}, board.parent.get(step.id)
    while at is not None:
        hosts.add(at.source)
        at = board.parent.get(at.id)
    return hosts


def _groups(steps: Sequence[Step], board: _Board) -> list[list[Step]]:
    """Steps by the origin that they go back to: those of one origin with stolen credentials belong together."""
    root: dict[str, str] = {}
    last: dict[tuple[str | None, str | None], Step] = {}
    groups: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        parent = board.parent.get(step.id)
        key = (step.source, step.account)
        if parent is not None:
            root[step.id] = root[parent.id]
        else:
            near = last.get(key)
            joins = (
                near is not None and _stolen(step) and _alike(near, step) and step.start - near.start <= board.within
            )
            root[step.id] = root[near.id] if near is not None and joins else step.id
            last[key] = step
        groups[root[step.id]].append(step)
    return list(groups.values())


def _alike(one: Step, other: Step) -> bool:
    return None in (one.actor, other.actor) or one.actor == other.actor


def _stolen(step: Step) -> bool:
    """Whether the account is a stranger to the source, or the logon was another host's."""
    return (
        step.account is not None
        and not step.quiet
        and (step.strong or step.lands)
        and (not step.settled or step.relayed)
    )


def _chain(group: list[Step], board: _Board) -> Chain | None:
    """The chain of a group, without what is of no interest and led nowhere; null where it is none."""
    kept: set[str] = set()
    for step in reversed(group):  # what comes later first, so that a line of mere logons falls as a whole
        if _leads(step) or step.id in kept:
            kept.add(step.id)
            if parent := board.parent.get(step.id):
                kept.add(parent.id)
    steps = [step for step in group if step.id in kept]
    parents = [parent.id if (parent := board.parent.get(step.id)) else None for step in steps]
    linked = any(parents) or sum(step.relayed for step in steps) > 1
    if len(steps) < 2 or not linked or not any(_carries(step) for step in steps):
        return None
    return Chain(tuple(steps), tuple(parents))


def _carries(step: Step) -> bool:
    """Whether a step is grave enough to make a path: it executed, or it is a session that is odd.

    That is one that past or context find so, or with an account that somebody else took on where it is a stranger.
    """
    return not step.quiet and (step.strong or (step.lands and (step.novel or (step.took_on and _stolen(step)))))


def _leads(step: Step) -> bool:
    """Whether a step is of interest by itself, not only for what follows it."""
    return (step.strong or step.lands) and not step.quiet
