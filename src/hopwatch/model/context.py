"""What the organisation told us: roles of hosts and accounts, and allowed work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

HOST_ROLES = ("jump_host", "workstation", "server", "domain_controller", "management", "scanner", "collector")
ACCOUNT_ROLES = ("admin", "service_account", "helpdesk")


@dataclass(frozen=True)
class HostEntry:
    """Roles of the hosts that `match` names: a name, an address, a glob or a CIDR."""

    match: str
    roles: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True)
class AccountEntry:
    """Roles of the accounts that `match` names (name, DOMAIN\\name, UPN, SID or glob), and what is usual for them.

    An empty `sources`, `hosts` or `techniques` says nothing of where from, where to or how.
    """

    match: str
    roles: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Hours:
    """A part of each day, in the context's time zone; `end` before `begin` is on the next day."""

    begin: time
    end: time

    def hold(self, moment: time) -> bool:
        """Tell whether a time of day lies within."""
        if self.begin <= self.end:
            return self.begin <= moment <= self.end
        return moment >= self.begin or moment <= self.end


@dataclass(frozen=True)
class AllowEntry:
    """Work that is allowed; what is null or empty allows any. It holds before `until` (UTC, by the hop's time)."""

    source: str | None = None
    account: str | None = None
    target: str | None = None
    techniques: tuple[str, ...] = ()
    hours: Hours | None = None
    until: datetime | None = None
    why: str = ""
    line: int = 0


Entry = HostEntry | AccountEntry | AllowEntry


@dataclass(frozen=True)
class Context:
    """One context file, checked; `timezone` is the IANA name that its hours are in."""

    file: str = ""
    hosts: tuple[HostEntry, ...] = ()
    accounts: tuple[AccountEntry, ...] = ()
    allow: tuple[AllowEntry, ...] = ()
    timezone: str = "UTC"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one entry. A `fatal` one makes the file unusable; the others are warnings."""

    file: str
    line: int
    key: str
    text: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.text}" if self.line else f"{self.file}: {self.text}"


@dataclass(frozen=True)
class Proposal:
    """An entry that logs suggest, and what shows it."""

    entry: HostEntry | AccountEntry
    why: str


@dataclass(frozen=True)
class Usage:
    """An entry, and how many hosts or accounts of the logs and how many hops it matches."""

    section: str
    entry: Entry
    names: int
    hops: int

    @property
    def key(self) -> str:
        """What the entry is about, in a word for its reader."""
        entry = self.entry
        if isinstance(entry, AllowEntry):
            return ", ".join(part for part in (entry.source, entry.account, entry.target, entry.why) if part)
        return entry.match
