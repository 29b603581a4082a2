"""Judges hops by the context: what is usual for their hosts and accounts, what is not, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hopwatch.context.allow import Allowed
from hopwatch.context.automation import scheduled
from hopwatch.context.duty import duty
from hopwatch.context.habit import Habit, habits, moves
from hopwatch.context.opinion import Opinion
from hopwatch.context.owners import ADMINS, Owners
from hopwatch.context.places import Place, Places, executes, is_user, who
from hopwatch.model.hop import Account
from hopwatch.model.rule import Policy
from hopwatch.model.standing import Finding, Standing

if TYPE_CHECKING:
    from hopwatch.context.patterns import Who
    from hopwatch.model.context import AccountEntry, Context
    from hopwatch.model.draft import Draft
    from hopwatch.model.observed import Observed

OTHERS = 8  # accounts of one hop that are looked at besides its own


@dataclass(frozen=True)
class Case:
    """One hop, its hosts and its account; `runs`: it executes; `moves`: it is more than a logon or an open share."""

    draft: Draft
    source: Place
    target: Place
    account: Who | None
    entries: tuple[AccountEntry, ...]
    runs: bool
    moves: bool


class Bench:
    """All that the single judges need: the context, places, and whose hosts are whose."""

    def __init__(self, context: Context, observed: Observed, drafts: Sequence[Draft]) -> None:
        self.context = context
        self.places = Places(context, observed, drafts)
        self.owners = Owners(context, self.places, observed)
        self.allowed = Allowed(context)
        self.scheduled, self.repeated = scheduled(drafts, self.places)
        self.habits = habits(drafts, self.places)

    def case(self, draft: Draft) -> Case:
        """Look up the hosts and the account of a hop."""
        account = who(draft)
        entries = tuple(self.owners.accounts.best(account)) if account else ()
        ends = self.places.of(draft.source), self.places.of(draft.target)
        return Case(draft, *ends, account, entries, executes(draft), moves(draft))


def judge(drafts: Sequence[Draft], context: Context, observed: Observed) -> list[Standing]:
    """Say of each hop what the context makes of it, in the same order."""
    bench = Bench(context, observed, drafts)
    return [_standing(bench, i, bench.case(draft)) for i, draft in enumerate(drafts)]


def _standing(bench: Bench, i: int, case: Case) -> Standing:
    opinions = list(_opinions(bench, i, case))
    usual = next((opinion.suppresses for opinion in opinions if opinion.suppresses), None)
    return Standing(
        findings=tuple(Finding(opinion.weight, opinion.text) for opinion in opinions),
        covered=any(opinion.covered for opinion in opinions),
        notable=any(opinion.notable for opinion in opinions),
        vouched=any(opinion.vouched for opinion in opinions),
        away=any(opinion.away for opinion in opinions),
        suppressed_by=bench.allowed.by(case.draft, case.source, case.target, case.account) or usual,
        source_roles=case.source.roles,
        target_roles=case.target.roles,
    )


def _opinions(bench: Bench, i: int, case: Case) -> Iterator[Opinion]:
    """What is said of the hop's account, and what speaks against the others that took part in it.

    Nothing is usual about an attack tool's artefact, or where something is against the context.
    """
    said = list(_said(bench, case))
    if i in bench.scheduled:
        said.append(_scheduled(case, bench.scheduled[i]))
    elif i in bench.repeated:
        said.append(_repeated(case, bench.repeated[i]))
    elif i in bench.habits and not any(opinion.mitigates for opinion in said):
        said += _habitual(case, bench.habits[i])
    alone = True
    for name in [name for name in case.draft.account.also if is_user(name)][:OTHERS]:
        other = bench.case(replace(case.draft, account=Account(name)))
        of_other = list(_said(bench, other))
        alone = alone and any(opinion.covered for opinion in of_other)
        said += [opinion for opinion in of_other if opinion.notable and other.entries and opinion not in said]
    odd = _artefact(case.draft) or any(opinion.notable for opinion in said)
    yield from (o for o in said if (alone or not o.alone) and not (odd and o.mitigates))


def _said(bench: Bench, case: Case) -> Iterator[Opinion]:
    return (opinion for each in JUDGES for opinion in each(bench, case))


def _scheduled(case: Case, days: int) -> Opinion:
    same = f"{_name(case)} did the same from {case.source.shown} about this time on {days} days before"
    return Opinion("context.automation", f"scheduled work: {same}", covered=True, alone=True)


def _repeated(case: Case, days: int) -> Opinion:
    same = f"{_name(case)} does the same from {case.source.shown} about this time on {days} other days"
    return Opinion("context.repeated", same, alone=True)


def _habitual(case: Case, habit: Habit) -> Iterator[Opinion]:
    """An account at the place from which it works on most days of these logs, or on one day away from it."""
    if habit.elsewhere:
        text = f"{_name(case)} works from {habit.elsewhere} on {habit.days} days of these logs"
        yield Opinion("context.away", f"{text}, and from {case.source.shown} on this one only", away=True)
    elif case.runs:
        text = f"{_name(case)} works from {case.source.shown} on {habit.days} other days of these logs"
        yield Opinion("context.at_home", text, alone=True)


def _artefact(draft: Draft) -> bool:
    return any(c.policy is Policy.ARTEFACT for c in draft.contributions)


def _of_service_account(bench: Bench, case: Case) -> Iterator[Opinion]:
    """A service account where, to where and how it is used."""
    if duties := _duties(case):
        found = duty(duties, case.draft, bench.places, bench.context.file)
        yield from (replace(opinion, notable=opinion.notable and _matters(case)) for opinion in found)


def _duties(case: Case) -> list[AccountEntry]:
    return [entry for entry in case.entries if not ADMINS & set(entry.roles)]


def _matters(case: Case) -> bool:
    """Whether what is wrong with an account's logon is worth an alert: all sessions read policies from controllers."""
    return case.moves or ("domain_controller" not in case.target.roles and "workstation" in case.source.roles)


def _of_jump_host(bench: Bench, case: Case) -> Iterator[Opinion]:
    """A jump host, come from or gone to, with an account that is its own or a stranger's."""
    for place, way in ((case.source, "from"), (case.target, "into")):
        if "jump_host" not in place.told or case.account is None or not case.moves:
            continue
        if way == "into" and _duties(case):
            continue  # a service account that manages jump hosts too is judged by its duties
        own = bench.owners.own(place, case.account, case.entries)
        if own is False:
            text = f"{_name(case)} is none of the accounts that work {way} the jump host {place.shown}"
            yield Opinion("context.jump_host_stranger", text, notable=True)
        elif own and way == "from":
            text = f"{_name(case)} works from the jump host {place.shown}, as it should"
            yield Opinion("context.jump_host_own", text, covered=True, vouched=True)


def _of_management_host(bench: Bench, case: Case) -> Iterator[Opinion]:
    """A management host that works with an account for which it is no source, where such are listed."""
    if "management" not in case.source.told or case.account is None or not case.moves:
        return
    if bench.owners.listed(case.source) and bench.owners.works_at(case.source, case.entries) is False:
        text = f"{_name(case)} is none of the accounts that work from the management host {case.source.shown}"
        yield Opinion("context.management_stranger", text, notable=True)


def _of_administrator(bench: Bench, case: Case) -> Iterator[Opinion]:
    """An administrator's account at its own place, or elsewhere than it belongs."""
    entries = [entry for entry in case.entries if ADMINS & set(entry.roles)]
    bound = [entry for entry in entries if entry.sources]
    if not bound or not case.moves:
        return
    here = [bench.places.within(entry.sources, case.source) for entry in bound]
    jump = "jump_host" in case.source.roles
    if any(here):
        if not jump:
            text = f"{_name(case)} works from {case.source.shown}, as it should"
            yield Opinion("context.admin_own_place", text, covered=True, vouched=True)
    elif len(bound) == len(entries) and None not in here and not _comes_in(bench, case, bound):
        text = f"{_name(case)} works from {case.source.shown}, and is to work from {_list(bound)} only"
        yield Opinion("context.admin_elsewhere", text, notable=True)


def _comes_in(bench: Bench, case: Case, bound: list[AccountEntry]) -> bool:
    """The way to the place that an administrator works from is no work from elsewhere."""
    goes_home = any(bench.places.within(entry.sources, case.target) for entry in bound)
    return goes_home and not case.runs


def _of_workstation(bench: Bench, case: Case) -> Iterator[Opinion]:
    """What starts at a user workstation, and by whom."""
    if "workstation" not in case.source.roles or case.draft.technique == "smb_access":
        return
    if bench.owners.works_at(case.source, case.entries):
        return
    yield Opinion("context.from_workstation", f"it starts at a user workstation, {case.source.called('workstation')}")
    if (
        bench.owners.administrators
        and "workstation" in case.source.told
        and case.account
        and not case.entries
        and case.runs
    ):
        text = f"{_name(case)} runs things on another host, and is no administrator"
        yield Opinion("context.not_an_administrator", text, notable=True)


def _of_infrastructure(bench: Bench, case: Case) -> Iterator[Opinion]:
    """A scanner that looks around, and a collector that is called."""
    if case.runs:
        return
    if "scanner" in case.source.told:
        yield Opinion("context.scanner", f"{case.source.shown} is a scanner and only looked", covered=True)
    if "collector" in case.target.told and case.draft.technique == "winrm_exec":
        yield Opinion("context.collector", f"hosts forward their events to {case.target.shown}", covered=True)


def _name(case: Case) -> str:
    account = case.draft.account
    return f"{account.domain}\\{account.name}" if account.domain else str(account.name or "an account")


def _list(entries: Sequence[AccountEntry]) -> str:
    names = sorted({source for entry in entries for source in entry.sources})
    return ", ".join(names[:3]) + (f" or {len(names) - 3} others" if len(names) > 3 else "")


JUDGES: tuple[Callable[[Bench, Case], Iterator[Opinion]], ...] = (
    _of_service_account,
    _of_jump_host,
    _of_management_host,
    _of_administrator,
    _of_workstation,
    _of_infrastructure,
)
