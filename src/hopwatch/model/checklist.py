"""The checks of a lab: what a run should have left and set off, and whether it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a check went; not seen means that nothing here was a run of what it asks about."""

    PASS = "pass"
    FAIL = "fail"
    NOT_SEEN = "not_seen"


@dataclass(frozen=True)
class Check:
    """One check: on which host, how it went and why, the records that prove it, or the one thing to fix."""

    name: str
    title: str
    status: Status
    host: str | None = None
    text: str = ""
    records: tuple[str, ...] = ()
    fix: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the check in JSON's types."""
        return asdict(self) | {"status": self.status.value, "records": list(self.records)}


def failed(checks: Sequence[Check]) -> bool:
    """Whether a check failed; one that was not seen did not."""
    return any(check.status == Status.FAIL for check in checks)
