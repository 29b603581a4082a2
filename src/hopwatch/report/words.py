"""Says numbers as people do."""

from __future__ import annotations


def count(n: int, noun: str) -> str:
    """So many of something: "1 host", "2,000 hosts"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
