"""Lists the roles of the hosts in logs: told by the context, else inferred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hopwatch.context.match import HostIndex
from hopwatch.context.patterns import Where
from hopwatch.context.places import trusted
from hopwatch.model.observed import Observed, RoleFact, RoleSaid

if TYPE_CHECKING:
    from hopwatch.model.context import Context


def roles(context: Context, observed: Observed) -> list[RoleSaid]:
    """Give every role of every host, by host and role; those of a host that the context names are not inferred."""
    index = HostIndex((entry.match, entry) for entry in context.hosts)
    found: set[RoleSaid] = set()
    told: set[str] = set()
    for where in places(observed):
        name = where.short or where.ip or "?"
        for entry in index.best(where):
            told |= {name, *observed.addresses.get(name, ())}
            found |= {RoleSaid(name, role, f"{context.file}:{entry.line}", None) for role in entry.roles}
    names = {ip: host for host, ips in sorted(observed.addresses.items()) for ip in ips}
    for fact in observed.roles:
        if not {fact.host, fact.ip} & told:
            found.add(RoleSaid(_name(fact, names), fact.role, None, fact.why))
    return sorted(found, key=lambda said: (said.host, said.role, said.told or ""))


def places(observed: Observed) -> Iterator[Where]:
    """Give the hosts of the logs by name, with each of their addresses."""
    by_short: dict[str, set[str]] = defaultdict(set)
    for name in observed.hosts:
        by_short[name.split(".")[0]].add(name)
    for short, names in by_short.items():
        for name in names:
            ips = observed.addresses.get(short)
            yield from (trusted(name, ip, observed) for ip in ips) if ips else iter((Where(name),))


def _name(fact: RoleFact, names: dict[str, str]) -> str:
    return fact.host or names.get(fact.ip or "") or fact.ip or "?"
