"""`hopwatch coverage`: what logs could have shown, and what is blind."""

from __future__ import annotations

from typing import Annotated

import typer

from hopwatch.cli.options import Assets, Jobs, NoProgress, Out, Paths, Quiet, Since, Until, choice, log_options
from hopwatch.cli.output import opened, progress, write
from hopwatch.pipeline.coverage import coverage_of
from hopwatch.report import coverage as report

FORMATS = ("text", "md", "json", "navigator")
Format = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="text, md, json, or navigator (a layer for ATT&CK Navigator).")
]


def coverage(  # noqa: PLR0913 - each is an option of the command
    paths: Paths,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    jobs: Jobs = 0,
    output_format: Format = "text",
    out: Out = None,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Show by host and technique which legs of a movement these logs could have shown, and what is blind."""
    choice("--format", output_format, FORMATS)
    with opened(out) as stream:
        with progress(paths, not (quiet or no_progress)) as step:
            found = coverage_of(paths, log_options(since, until, assets, jobs), step)
        if output_format == "text":
            write(stream, report.report(found))
        elif output_format == "md":
            stream.writelines(report.markdown(found))
        else:
            stream.write(report.as_json(found) if output_format == "json" else report.navigator(found))
