"""The ways to name hosts and accounts in a context, and how specific each is."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SID = re.compile(r"s-1(-\d+)+")
WILD = re.compile(r"[*?]")


@dataclass(frozen=True)
class Who:
    """An account as a log names it, in lower case; `domain` is None where the log does not say it."""

    name: str
    domain: str | None = None
    sid: str | None = None


@dataclass(frozen=True)
class Where:
    """A host as a log names it: a name in lower case, an address, or both."""

    host: str | None = None
    ip: str | None = None

    @property
    def short(self) -> str | None:
        """The name without its domain."""
        return self.host if self.host is None or address(self.host) else self.host.split(".")[0]


def wild(pattern: str) -> bool:
    """Tell whether a pattern is a glob."""
    return bool(WILD.search(pattern))


def literal(pattern: str) -> int:
    """How many characters of a glob are letters: the more, the more specific it is."""
    return len(WILD.sub("", pattern))


@lru_cache(maxsize=65536)
def glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob of `*` and `?`, whatever the case."""
    return re.compile(fnmatch.translate(pattern.lower().replace("[", "[[]")))


def address(pattern: str) -> str | None:
    """The canonical text of an address, None where it is none."""
    try:
        return str(ipaddress.ip_address(pattern))
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def network(pattern: str) -> Network | None:
    """The network of a CIDR, None where it is none."""
    if "/" not in pattern:
        return None
    try:
        return ipaddress.ip_network(pattern)
    except ValueError:
        return None


def host_fault(pattern: str) -> str | None:
    """Say what is wrong with the pattern of a host, None where nothing is."""
    if "/" in pattern and network(pattern) is None:
        try:
            near = ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return f"{pattern!r} is no CIDR like 10.20.0.0/16"
        return f"{pattern!r} is no CIDR: it has bits outside its mask; {str(near)!r} has none"
    if re.fullmatch(r"[\d.]*\.[\d.]*", pattern) and address(pattern) is None:
        return f"{pattern!r} is no IP address"
    if not pattern or re.search(r"\s", pattern):
        return f"{pattern!r} is no name, address, glob or CIDR"
    return None


def host_fits(pattern: str, where: Where) -> bool:
    """Tell whether the pattern of a host matches."""
    pattern = pattern.lower()
    if (net := network(pattern)) is not None:
        return where.ip is not None and _within(where.ip, net)
    if wild(pattern):
        names = (where.host, where.short, where.ip)
        return any(glob(pattern).fullmatch(name) is not None for name in names if name)
    if (ip := address(pattern)) is not None:
        return where.ip is not None and address(where.ip) == ip
    return where.host is not None and same_name(pattern, where.host)


def _within(ip: str, net: Network) -> bool:
    try:
        return ipaddress.ip_address(ip) in net
    except ValueError:
        return False


def same_name(one: str, other: str) -> bool:
    """Tell whether two names can be one host's: equal, or equal without a domain where one of them has none."""
    if one == other:
        return True
    bare = "." not in one or "." not in other
    return bare and one.split(".")[0] == other.split(".")[0]


def account_rank(pattern: str) -> tuple[int, int]:
    """How specific the pattern of an account is; higher is more so."""
    if SID.fullmatch(pattern.lower()):
        return 3, 0
    if wild(pattern):
        return 0, literal(pattern)
    return (2, 0) if "\\" in pattern or "@" in pattern else (1, 0)


def account_fits(pattern: str, who: Who) -> bool:
    """Tell whether the pattern of an account matches: a name, DOMAIN\\name, a UPN, a SID or a glob of one of these."""
    pattern = pattern.lower()
    if SID.fullmatch(pattern):
        return who.sid is not None and who.sid.lower() == pattern
    name, domain = split_account(pattern)
    if not _text_fits(name, who.name):
        return False
    return domain is None or who.domain is None or _domain_fits(domain, who.domain.lower())


def split_account(pattern: str) -> tuple[str, str | None]:
    """The name and the domain of a pattern: of DOMAIN\\name or name@domain; None where it names no domain."""
    if "\\" in pattern:
        domain, _, name = pattern.partition("\\")
        return name, domain
    if "@" in pattern:
        name, _, domain = pattern.rpartition("@")
        return name, domain
    return pattern, None


def _domain_fits(pattern: str, domain: str) -> bool:
    """Windows calls one domain by its NetBIOS or its DNS name; the first label of the latter is mostly the former."""
    return _text_fits(pattern, domain) or (("." in pattern) != ("." in domain) and same_name(pattern, domain))


def _text_fits(pattern: str, text: str) -> bool:
    return glob(pattern).fullmatch(text) is not None if wild(pattern) else pattern == text
