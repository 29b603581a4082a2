"""Writes the report as an HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Path
    from hopwatch.pipeline.scan import Result

MOST_HOPS = 20_000  # hops in one page, the gravest first: what a browser still opens at once


def write(stream: TextIO, hops: Sequence[Hop], paths: Sequence[Path], result: Result) -> None:
    """Write the page of these hops and paths, piece by piece."""
    from hopwatch import __version__
    from hopwatch.pipeline.records import records_of  # here, since other formats need none of it
    from hopwatch.report.html.page import pieces
    from hopwatch.report.html.report import Report, gravest
    from hopwatch.score.judge import weights

    shown = gravest(hops)[:MOST_HOPS]
    coverage = getattr(result.summary, "coverage", None)  # there where the scan told what the logs could have shown
    report = Report(
        hops=shown,
        summary=result.summary,
        paths=gravest(paths),
        weights=weights(),
        records=records_of(result.store, shown) if result.store is not None else {},
        coverage=coverage.to_dict() if coverage else None,
        omitted=len(hops) - len(shown),
        version=__version__,
    )
    stream.writelines(pieces(report))
