"""`hopwatch context`: check what the organisation says of itself, and draft it from logs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hopwatch.cli.options import Assets, Jobs, NoProgress, Out, Since, Until, log_options
from hopwatch.cli.output import opened, progress, size_of, write
from hopwatch.context.load import expired, read
from hopwatch.context.usage import unused
from hopwatch.pipeline.context import Material, material_of
from hopwatch.pipeline.logs import LogOptions
from hopwatch.report import context as report

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Check what the organisation says of its hosts and accounts, or draft it from logs.",
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="A context file, YAML or CSV.")]
Logs = Annotated[list[Path], typer.Argument(metavar="LOGS…", help="Log files, folders and archives.")]
SomeLogs = Annotated[list[Path] | None, typer.Argument(metavar="[LOGS…]", help="Logs to count matches in.")]


@app.command()
def check(  # noqa: PLR0913 - each is an option of the command
    file: File,
    logs: SomeLogs = None,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    jobs: Jobs = 0,
    no_progress: NoProgress = False,
) -> None:
    """Name what is wrong with a context file, by line; with logs also how much each entry matches in them.

    Exit status: 0 when nothing is wrong, 1 when there are warnings, 2 when the file cannot be used.
    """
    context, problems = read(file)
    warnings = expired(context, datetime.now(UTC))
    found = None
    if logs and not problems:
        material = _read(logs, log_options(since, until, assets, jobs), not no_progress)
        found = material.usage(context)
        warnings += unused(context, found)
    with opened(None) as stream:
        stream.writelines(report.faults([*problems, *warnings]))
        write(stream, report.check(context, len(problems) + len(warnings), found))
    if problems or warnings:
        raise typer.Exit(2 if problems else 1)


@app.command()
def suggest(  # noqa: PLR0913 - each is an option of the command
    logs: Logs,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    jobs: Jobs = 0,
    out: Out = None,
    no_progress: NoProgress = False,
) -> None:
    """Draft a context from logs: the roles of hosts and accounts as they show, with counts as comments."""
    with opened(out) as stream:
        material = _read(logs, log_options(since, until, assets, jobs), not no_progress)
        stream.writelines(report.draft(material.proposals()))


def _read(logs: list[Path], options: LogOptions, bar: bool) -> Material:
    with progress(size_of([p for p in logs if p.exists()]), bar) as step:
        return material_of(logs, options, step)
