"""What a scan read, skipped and found, for the reader who wants to know what was not seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hopwatch.model.authentication import Escalation
from hopwatch.model.coverage import Coverage
from hopwatch.model.hop import iso


@dataclass(frozen=True)
class Skip:
    """One kind of thing that was not read in one file."""

    file: str
    reason: str
    count: int


@dataclass
class Summary:
    """Counts of one scan; `skips` names what could not be read and why, `warnings` what is wrong with the context.

    `suppressed` counts the hops that the context suppresses. `coverage`: what the logs could have shown.
    """

    files: int = 0
    records: int = 0
    kept: int = 0
    duplicates: int = 0
    hosts: int = 0
    hops: int = 0
    first: datetime | None = None
    last: datetime | None = None
    unused: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    corrected: list[str] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    suppressed: int = 0
    coverage: Coverage | None = None

    def skip(self, file: str, reason: str, count: int = 1) -> None:
        """Count something that could not be read."""
        self.skipped[file, reason] += count

    @property
    def skips(self) -> list[Skip]:
        """What could not be read, by file and reason."""
        return [Skip(file, reason, n) for (file, reason), n in sorted(self.skipped.items())]

    def to_dict(self) -> dict[str, Any]:
        """Give the summary in JSON's types."""
        return {
            "files": self.files,
            "records": self.records,
            "kept": self.kept,
            "duplicates": self.duplicates,
            "hosts": self.hosts,
            "hops": self.hops,
            "first": iso(self.first) if self.first else None,
            "last": iso(self.last) if self.last else None,
            "unused": dict(sorted(self.unused.items())),
            "formats": dict(sorted(self.formats.items())),
            "skipped": [{"file": s.file, "reason": s.reason, "count": s.count} for s in self.skips],
            "corrected": sorted(self.corrected),
            "escalations": [
                {"host": e.host, "account": e.account, "service": e.service, "time": iso(e.first)}
                for e in self.escalations
            ],
            "warnings": self.warnings,
            "suppressed": self.suppressed,
            "blind": [spot.text for spot in self.coverage.blind] if self.coverage else [],
        }
