"""Drafts a context from logs: who manages what from where, as it shows, for a person to read and correct."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from hopwatch.context.patterns import host_fault, wild
from hopwatch.context.places import executes, inferred, is_user, proven, trusted, who
from hopwatch.model.context import AccountEntry, HostEntry, Proposal
from hopwatch.model.rule import Policy

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft
    from hopwatch.model.observed import Observed

PROPOSED = ("domain_controller", "jump_host", "management", "collector", "scanner", "server")
SERVICE_TARGETS, SERVICE_HOPS, SERVICE_DAYS = 3, 10, 2
SEVERAL = 20  # targets from which on they are not listed one by one


@dataclass
class Use:
    """What one account did: the days of each source, the targets and the techniques, and how many hops that is."""

    sources: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    targets: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    techniques: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    hops: Counter[str] = field(default_factory=Counter)
    desktop: bool = False

    @property
    def steady(self) -> list[str]:
        """The sources of several days: what is usual. What was done from elsewhere on one day may be anything."""
        return sorted(source for source, days in self.sources.items() if len(days) >= SERVICE_DAYS)


def propose(drafts: Sequence[Draft], observed: Observed) -> list[Proposal]:
    """Propose roles of hosts, service accounts and administrators, each with what shows it.

    Nothing is ever proposed to be allowed, and what left an attack tool's artefact proposes nothing.
    """
    good = [draft for draft in drafts if not any(c.policy is Policy.ARTEFACT for c in draft.contributions)]
    return [*_hosts(good, observed), *_accounts(good, observed)]


def _hosts(drafts: Sequence[Draft], observed: Observed) -> Iterable[Proposal]:
    facts = (*inferred(drafts, observed), *observed.roles)
    names = {ip: host for host, ips in sorted(observed.addresses.items()) for ip in sorted(ips)}
    roles: dict[str, dict[str, str]] = defaultdict(dict)
    for fact in facts:
        if fact.role in PROPOSED and (name := fact.host or names.get(fact.ip or "") or fact.ip) and _usable(name):
            roles[name].setdefault(fact.role, fact.why)
    for name in sorted(roles):
        best = [role for role in PROPOSED if role in roles[name]]
        kept = [role for role in best if role != "server" or len(best) == 1]
        yield Proposal(HostEntry(name, tuple(kept)), "; ".join(roles[name][role] for role in kept))


def _accounts(drafts: Sequence[Draft], observed: Observed) -> Iterable[Proposal]:
    seated = {account for _, account in observed.users}
    for name, use in sorted(_uses(drafts, observed).items()):
        targets = set().union(*(use.targets[source] for source in use.steady))
        if not use.steady or not _usable(name):
            continue
        if name in seated or use.desktop:
            yield Proposal(AccountEntry(name, ("admin",), tuple(use.steady)), _seen(use, targets))
        elif len(use.steady) == 1 and (len(targets) >= SERVICE_TARGETS or use.hops[use.steady[0]] >= SERVICE_HOPS):
            hosts = tuple(sorted(targets)) if len(targets) < SEVERAL else ()
            ways = tuple(sorted(use.techniques[use.steady[0]]))
            entry = AccountEntry(name, ("service_account",), tuple(use.steady), hosts, ways)
            yield Proposal(entry, _seen(use, targets))


def _seen(use: Use, targets: set[str]) -> str:
    """What was seen, in numbers, and what is not proposed."""
    hops = sum(use.hops[source] for source in use.steady)
    days = set().union(*(use.sources[source] for source in use.steady))
    other = sorted(set(use.sources) - set(use.steady))
    rest = f"; not listed, since on one day only: {', '.join(other[:5])}" if other else ""
    more = f" and {len(other) - 5} more" if len(other) > 5 else ""
    return f"{_n(hops, 'hop')} to {_n(len(targets), 'host')} on {_n(len(days), 'day')}{rest}{more}"


def _n(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _uses(drafts: Sequence[Draft], observed: Observed) -> dict[str, Use]:
    uses: dict[str, Use] = defaultdict(Use)
    observed = proven(observed, drafts)
    for draft in drafts:
        account, where = who(draft), trusted(draft.source.host, draft.source.ip, observed)
        if account is None:
            continue
        use = uses[account.name]
        use.desktop |= draft.technique == "rdp"
        source = where.short or where.ip
        target = (draft.target.host or "").lower().split(".")[0] or draft.target.ip
        if executes(draft) and source and target and _usable(source) and _usable(target):
            use.hops[source] += 1
            use.sources[source].add(draft.start.date())
            use.targets[source].add(target)
            use.techniques[source].add(draft.technique)
    return uses


def _usable(name: str) -> bool:
    """Whether a name of the logs can stand in a context: what it means there is the name itself, and no pattern."""
    return is_user(name) and not wild(name) and "/" not in name and host_fault(name) is None and name.isprintable()
