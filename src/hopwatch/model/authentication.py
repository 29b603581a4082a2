"""What the logons of a hop say of how they authenticated, before anybody weighs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Relay:
    """A logon that another host's was passed on to make: whose it says it is, and what else says so.

    `required` tells whether the target's SMB server asks for signatures, null where nothing says.
    """

    victim: str
    victim_ip: str
    account: str
    ip: str
    machine: bool
    keyless: bool
    called: bool
    coerced: str | None
    coerced_from: str | None
    coercion_record: int | None
    required: bool | None
    signing_by: str | None


@dataclass(frozen=True)
class Overlay:
    """Credentials that were taken on at the source for the network alone (type 9), `seconds` before the hop."""

    account: str
    ntlm: bool
    by_account: str | None
    seconds: float
    weak_ticket: bool | None


@dataclass(frozen=True)
class AuthSigns:
    """All that is odd about the logons of one hop.

    `usual` says what uses Kerberos otherwise, where a logon used NTLM: `account` (on this target), `pair` (of hosts),
    or `domain` (account, source and target, each elsewhere).
    """

    ntlmv1: bool = False
    cleartext: bool = False
    keyless: bool = False
    anonymous: bool = False
    guest: bool = False
    usual: str | None = None
    fallback_account: str | None = None
    by_address: bool = False
    relay: Relay | None = None
    overlay: Overlay | None = None


@dataclass(frozen=True)
class Escalation:
    """A Kerberos logon from the host itself that made a service there: local, and no movement."""

    host: str
    account: str | None
    service: str | None
    first: datetime


@dataclass(frozen=True)
class AuthUse:
    """How one account authenticated to one host from one address, and how often.

    `usual` says what uses Kerberos otherwise where this is NTLM (`account`, `pair` or `domain`), null where nothing
    does; `was` what it was before, where earlier logs were given: empty where the pair is new, null where nothing
    changed.
    """

    account: str
    domain: str | None
    ip: str | None
    source: str | None
    target: str
    logon_type: int | None
    package: str | None
    process: str | None
    n: int
    first: datetime
    last: datetime
    usual: str | None = None
    was: tuple[str, ...] | None = None

    @property
    def way(self) -> str:
        """How the logon authenticated, in short: package, logon process, and the type where it is not the usual one."""
        kind = {3: "", 8: ", password in clear", 10: ", RDP"}.get(self.logon_type or 3, "")
        return f"{self.package or '?'} ({self.process or '?'}){kind}"


@dataclass(frozen=True)
class Signing:
    """Whether a host's SMB server asks for signatures, and how that is known; null where nothing says."""

    host: str
    required: bool | None
    known_by: str | None
