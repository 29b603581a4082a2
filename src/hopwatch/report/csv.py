"""Hops as CSV, one row each, for spreadsheets: no cell can start a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hopwatch.model.hop import iso
from hopwatch.report.safe import cell

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop

COLUMNS = (
    "id", "start", "end", "severity", "score", "alert", "suppressed_by", "source_host", "source_ip", "source_known_by",
    "target_host", "target_ip", "domain", "account", "also", "technique", "techniques", "attack", "package", "logon",
    "execution", "network", "reasons", "evidence_total", "files",
)  # fmt: skip


def lines(hops: Iterable[Hop]) -> Iterator[str]:
    """Give the line of names, then one line for each hop, in the order given."""
    yield _line(COLUMNS)
    for hop in hops:
        yield _line(_cells(hop))


def _line(values: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow([cell(value) for value in values])
    return out.getvalue()


def _cells(hop: Hop) -> list[object]:
    reasons = "; ".join(f"{reason.text} ({reason.points:+d})" for reason in hop.reasons)
    return [
        hop.id, iso(hop.start), iso(hop.end), hop.severity, hop.score,
        "true" if hop.alert else "false", hop.suppressed_by,
        hop.source.host or " or ".join(hop.source.candidates), hop.source.ip, hop.source.known_by,
        hop.target.host, hop.target.ip, hop.account.domain, hop.account.name, _joined(hop.account.also),
        hop.technique, _joined(hop.techniques), _joined(hop.attack), hop.auth.package,
        *(hop.legs[leg].value for leg in ("logon", "execution", "network")),
        reasons, hop.evidence_total, _joined(sorted({e.file for e in hop.evidence if e.file})),
    ]  # fmt: skip


def _joined(values: Iterable[str]) -> str:
    return " ".join(values)
