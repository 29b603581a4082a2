"""What the logs show of hosts and accounts besides their hops: roles, users, names, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoleFact:
    """A role that the logs show a host to have, and by what; the host by name, address or both, in lower case."""

    host: str | None
    ip: str | None
    role: str
    why: str


@dataclass(frozen=True)
class Observed:
    """What the logs show; names of hosts are short and, like those of accounts, in lower case.

    `users`: (host, account) of those who logged on at a host interactively on two days or more. `guests`: the number of
    accounts that came to a host by Remote Desktop. `claimed`: (ip, name) where only the client itself gave the name.
    `addresses`: the addresses of a host at any time. `hosts`: the names as logged. `accounts`: (name, domain, sid).
    """

    roles: tuple[RoleFact, ...] = ()
    users: frozenset[tuple[str, str]] = frozenset()
    guests: Mapping[str, int] = field(default_factory=dict)
    claimed: frozenset[tuple[str, str]] = frozenset()
    addresses: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()
    accounts: frozenset[tuple[str, str | None, str | None]] = frozenset()


@dataclass(frozen=True)
class RoleSaid:
    """A role of a host as a reader is shown it; `told` is where the context says so, null where it is inferred."""

    host: str
    role: str
    told: str | None
    why: str | None
