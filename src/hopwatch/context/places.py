"""Knows what hosts are for: what the context says, failing that what the logs show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hopwatch.context.match import HostIndex
from hopwatch.context.patterns import Where, Who, address, host_fits, network, wild
from hopwatch.model.hop import Source, Target
from hopwatch.model.observed import Observed, RoleFact
from hopwatch.model.rule import Policy

if TYPE_CHECKING:
    from hopwatch.model.context import Context
    from hopwatch.model.draft import Draft

ACTS = (Policy.ARTEFACT, Policy.DUAL_USE, Policy.ACT)
WINDOWS_OWN = frozenset({"system", "network service", "local service", "anonymous logon", "iusr"})
MANY_TARGETS, JUMP_TARGETS, JUMP_GUESTS = 5, 3, 1


@dataclass(frozen=True)
class Place:
    """A host of a hop: how it is called, where what it is called can be trusted, and its roles.

    `told` are the roles that the context gives; only without them does `inferred` hold what the logs show.
    """

    shown: str
    where: Where
    told: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles, told or inferred."""
        return self.told or self.inferred

    @property
    def known(self) -> bool:
        """Tell whether anything says which host it is."""
        return self.where != Where()

    def called(self, role: str) -> str:
        """The host's name for a sentence about this role of it."""
        return self.shown if role in self.told else f"{self.shown} (inferred)"


class Places:
    """Answers for the hosts of hops; each host is looked up once."""

    def __init__(self, context: Context, observed: Observed, drafts: Sequence[Draft]) -> None:
        observed = proven(observed, drafts)
        self._told = HostIndex((entry.match, entry) for entry in context.hosts)
        self._observed = observed
        self._inferred: dict[str, set[str]] = defaultdict(set)
        for fact in (*observed.roles, *inferred(drafts, observed)):
            for name in {fact.host, fact.ip} - {None}:
                self._inferred[name or ""].add(fact.role)
        self._places: dict[tuple[str | None, str | None], Place] = {}

    def of(self, end: Source | Target) -> Place:
        """Give the place that one end of a hop is."""
        key = (end.host, end.ip)
        if key not in self._places:
            self._places[key] = self._place(*key)
        return self._places[key]

    def _place(self, host: str | None, ip: str | None) -> Place:
        where = trusted(host, ip, self._observed)
        told = {role for entry in self._told.best(where) for role in entry.roles}
        found = self._inferred.get(where.short or "", set()) | self._inferred.get(where.ip or "", set())
        return Place(host or ip or "?", where, tuple(sorted(told)), () if told else tuple(sorted(found)))

    def within(self, patterns: Iterable[str], place: Place) -> bool | None:
        """Tell whether a place is one of those that patterns name; None where nothing can tell."""
        patterns = tuple(patterns)
        if any(host_fits(pattern, place.where) for pattern in patterns):
            return True
        if not place.known or any(self._may_be(pattern, place) for pattern in patterns):
            return None
        return False

    def _may_be(self, pattern: str, place: Place) -> bool:
        """Tell whether a pattern that does not match may mean this place all the same, by another way to name it."""
        text, where = pattern.lower(), place.where
        if network(text) is not None or address(text) is not None:
            known = self._addresses(where.short)
            return (where.ip is None and known is None) or any(host_fits(text, Where(ip=ip)) for ip in known or ())
        if where.host is not None or "workstation" in place.told:
            return False
        known = None if wild(text) else self._addresses(text.split(".")[0])
        return known is None or where.ip in known

    def _addresses(self, short: str | None) -> frozenset[str] | None:
        return self._observed.addresses.get(short or "")


def proven(observed: Observed, drafts: Iterable[Draft]) -> Observed:
    """Leave out of the names that clients gave themselves those that something else proved for a hop, like a ticket."""
    proofs = {
        (draft.source.ip, draft.source.host.lower().split(".")[0])
        for draft in drafts
        if draft.source.ip and draft.source.host and not draft.names_itself
    }
    return replace(observed, claimed=observed.claimed - proofs) if observed.claimed & proofs else observed


def trusted(host: str | None, ip: str | None, observed: Observed) -> Where:
    """How a host may be matched: not by a name that only it itself gave."""
    name = host.lower() if host else None
    if name and ip and (ip, name.split(".")[0]) in observed.claimed:
        return Where(None, ip)
    return Where(name, ip)


def who(draft: Draft) -> Who | None:
    """The account of a hop; None where it is unknown, a machine's, or Windows' own."""
    account = draft.account
    if not is_user(account.name):
        return None
    return Who(str(account.name).lower(), (account.domain or "").lower() or None, account.sid)


def is_user(name: str | None) -> bool:
    """Tell whether an account is a person's or a service's."""
    text = (name or "").lower()
    return bool(text) and not text.endswith("$") and text not in WINDOWS_OWN and not text.startswith(("dwm-", "umfd-"))


def executes(draft: Draft) -> bool:
    """Tell whether a hop shows more than a logon or a connection."""
    return any(c.policy in ACTS for c in draft.contributions)


def inferred(drafts: Sequence[Draft], observed: Observed) -> list[RoleFact]:
    """Infer jump hosts and management hosts from what was executed from them.

    An intruder's foothold looks the same: what is inferred here is shown, and speaks for nobody.
    """
    reached: dict[str, set[str | None]] = defaultdict(set)
    days: dict[tuple[str, str], set[object]] = defaultdict(set)
    targets: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for draft in drafts:
        source, account = trusted(draft.source.host, draft.source.ip, observed).short, who(draft)
        if source and account and executes(draft):
            reached[source].add(draft.target.host or draft.target.ip)
            targets[source, account.name].add(draft.target.host or draft.target.ip)
            days[source, account.name].add(draft.start.date())
    seats = {fact.host for fact in observed.roles if fact.role == "workstation"}
    jumps = {
        host
        for host, those in reached.items()
        if len(those) >= JUMP_TARGETS and observed.guests.get(host, 0) >= JUMP_GUESTS and host not in seats
    }
    found = [
        RoleFact(
            host, None, "jump_host", f"users come by Remote Desktop, and {len(reached[host])} hosts are run from it"
        )
        for host in sorted(jumps)
    ]
    return found + [
        RoleFact(source, None, "management", f"{account} runs {len(those)} hosts from it")
        for (source, account), those in sorted(targets.items())
        if len(those) >= MANY_TARGETS and len(days[source, account]) >= 2 and source not in jumps | seats
    ]
