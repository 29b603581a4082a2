"""Writes network addresses in one form, so that equal addresses are equal texts."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

ADDRESSES = frozenset(
    {"IpAddress", "ClientAddress", "Address", "SourceIp", "DestinationIp", "SourceAddress", "DestAddress"}
)


@lru_cache(maxsize=65_536)
def canonical(text: str | None) -> str | None:
    """An address in its shortest form, IPv4 in IPv6 unwrapped, without a zone; null for what is none."""
    if text is None:
        return None
    bare = text.strip().strip("[]").partition("%")[0]
    if bare.upper() == "LOCAL":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
