"""A run of separated lines, and what their header says of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeparatedLines:
    """Lines of one log as the file has them: `log` as the header names it, empty where it names none.

    `nulls` are the texts that stand for nothing; `escapes` says that bytes are written as in C (`\\x2c`, `\\\\`).
    """

    sensor: str
    log: str
    fields: tuple[str, ...]
    lines: bytes
    separator: bytes = b"\t"
    set_separator: str = ","
    nulls: tuple[str, ...] = ("-", "(empty)")
    escapes: bool = True

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.lines.count(b"\n") + (not self.lines.endswith(b"\n"))


@dataclass(frozen=True)
class PassedOver:
    """Records that were not read, for nobody asks for any of their kind: how many, and their bytes."""

    count: int
    size: int
