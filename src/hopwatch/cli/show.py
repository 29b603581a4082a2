"""`hopwatch show`: one hop or path in full, and why it has its score."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hopwatch.cli.options import Assets, Context, Jobs, NoProgress, Out, Paths, Window, choice, log_options, span
from hopwatch.cli.output import opened, progress, write
from hopwatch.pipeline.past import PastOptions
from hopwatch.pipeline.scan import ScanOptions
from hopwatch.report import hop as hop_report
from hopwatch.report import jsonl, md
from hopwatch.report import paths as paths_report

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Path as HopPath
    from hopwatch.pipeline.found import Found

FORMATS = ("text", "jsonl", "md")
Id = Annotated[str, typer.Argument(metavar="ID", help="The id of a hop or a path, or its beginning.")]
Explain = Annotated[bool, typer.Option("--explain", help="Say why it has its score, and what an alert would need.")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, jsonl or md.")]
Past = Annotated[Path | None, typer.Option(metavar="FILE", help="What the past taught (hopwatch baseline learn).")]


def show(  # noqa: PLR0913 - each is an option of the command
    name: Id,
    paths: Paths,
    explain: Explain = False,
    assets: Assets = None,
    context: Context = None,
    baseline: Past = None,
    window: Window = "5m",
    jobs: Jobs = 0,
    output_format: Format = "text",
    out: Out = None,
    no_progress: NoProgress = False,
) -> None:
    """Print one hop in full, or a path with its hops, from hops that a scan wrote, a store, or logs."""
    from hopwatch.pipeline import found as source  # here, since no other command needs it

    choice("--format", output_format, FORMATS)
    logs = log_options(None, None, assets, jobs, context)
    options = ScanOptions(logs, span("--window", window), every=True, past=PastOptions(baseline))
    with opened(out) as stream:
        with progress(paths, not no_progress) as step:
            have = source.found(paths, options, step)
        hops, path = source.chosen(have, name)
        if output_format == "text":
            write(stream, _pieces(have, hops, path, explain))
        else:
            lines = {"jsonl": jsonl.lines, "md": md.lines}[output_format]
            stream.writelines(lines(hops, [path] if path else []))


def _pieces(have: Found, hops: list[Hop], path: HopPath | None, explain: bool) -> Iterator[RenderableType]:
    from hopwatch.pipeline import found as source

    if path is not None:
        yield from paths_report.path(path, {hop.id: hop for hop in have.hops})
    for hop in hops:
        if path is not None:
            yield ""
        about = None if path else source.path_with(have, hop.id)
        yield from hop_report.whole(hop, about, source.explain(hop) if explain else None)
