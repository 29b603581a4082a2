"""Groups of peers: hosts of one kind, of which a new one behaves like the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from hopwatch.baseline.past import limits

DIGITS = re.compile(r"\d+")


def kinds(hosts: Iterable[str], roles: Mapping[str, str], stations: Iterable[str]) -> dict[str, str]:
    """Give each host its group: its name without numbers where enough hosts share it, else its role, else what it is.

    `roles` are those that hosts are listed with or act as; `stations` have somebody at their keyboard day by day.
    """
    every, manned = set(hosts), set(stations)
    shapes = {host: DIGITS.sub("#", host) for host in every}
    sizes = Counter(shapes.values())
    return {host: _kind(host, shapes[host], sizes, roles, host in manned) for host in every}


def _kind(host: str, shape: str, sizes: Counter[str], roles: Mapping[str, str], manned: bool) -> str:
    if roles.get(host) == "directory":
        return "domain controllers"
    if "#" in shape and sizes[shape] >= limits().peers and not shape.startswith("#.#"):
        return shape
    return roles.get(host) or ("workstations" if manned else "servers")
