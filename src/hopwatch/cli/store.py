"""`hopwatch store`: keeps the events of logs in a file, for many hunts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hopwatch.cli.options import Assets, Context, Jobs, NoProgress, Paths, Quiet, Since, Until, log_options
from hopwatch.cli.output import progress, write
from hopwatch.pipeline.logs import something_read

File = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="The store; where it is there, what is new is added.")
]
Baseline = Annotated[Path | None, typer.Option(metavar="FILE", help="What the past taught (hopwatch baseline learn).")]


def store(  # noqa: PLR0913 - each is an option of the command
    paths: Paths,
    out: File,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    context: Context = None,
    baseline: Baseline = None,
    jobs: Jobs = 0,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Keep every event of logs, and what hopwatch finds in them, in a file for `hopwatch hunt --store`."""
    from hopwatch.pipeline.derive import Known
    from hopwatch.pipeline.keep import keep

    with progress(paths, not (quiet or no_progress)) as step:
        kept = keep(paths, out, log_options(since, until, assets, jobs, context), Known(context, baseline), step)
    something_read(paths, kept.summary)
    if quiet:
        return
    from hopwatch.report.text import summary_lines

    write(sys.stdout, summary_lines(kept.summary))
    span = f", {kept.first:%Y-%m-%d %H:%M:%S} to {kept.last:%Y-%m-%d %H:%M:%S} UTC" if kept.first and kept.last else ""
    print(
        f"{out} holds {kept.events:,} Windows events ({kept.new:,} of them new){span}; "
        f"{kept.flows:,} network events; {kept.hops:,} hops"
    )
