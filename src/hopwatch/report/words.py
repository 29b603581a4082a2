"""What the reports for a terminal have in common: how they write a host, a number, a severity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hopwatch.report.safe import shown

if TYPE_CHECKING:
    from hopwatch.model.path import Path

STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "informational": "dim",
}


def end(host: str | None, ip: str | None) -> str:
    """One end of a hop: its name and its address, or what is known of them."""
    if host and ip:
        return f"{shown(host)} ({shown(ip)})"
    return shown(host or ip or "?")


def count(n: int, noun: str) -> str:
    """So many of something: "1 host", "2,000 hosts"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def short(host: str) -> str:
    """A host's name without its domain; an address as it is."""
    return host if host.replace(".", "").isdigit() else host.split(".")[0]


def path_of(paths: Iterable[Path]) -> dict[str, str]:
    """The path that each hop belongs to, by the ids of both."""
    return {hop: path.id for path in paths for hop in path.hops}
