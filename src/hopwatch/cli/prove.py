"""`hopwatch lab checklist`, `setup` and `record`: prove that the telemetry is there and the detection fires."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hopwatch.cli.options import (
    Assets,
    Context,
    Jobs,
    NoProgress,
    Out,
    Paths,
    Quiet,
    Since,
    Until,
    choice,
    log_options,
)
from hopwatch.cli.output import opened, progress, write
from hopwatch.model.checklist import failed
from hopwatch.report import checklist as report
from hopwatch.report import recording
from hopwatch.report.safe import shown

Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, md, or json.")]


def checklist(  # noqa: PLR0913 - each is an option of the command
    paths: Paths,
    context: Context = None,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    jobs: Jobs = 0,
    output_format: Format = "text",
    out: Out = None,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Check point by point whether the telemetry of a run arrived and the detection fired.

    Exit status: 0 when no check failed, 1 when one did (what was not seen is no failure), 2 for a usage or input error.
    """
    choice("--format", output_format, ("text", "md", "json"))
    from hopwatch.lab.checklist import checklist as go_through

    with opened(out) as stream:
        with progress(paths, not (quiet or no_progress)) as step:
            checks = go_through(paths, log_options(since, until, assets, jobs, context), step)
        if output_format == "text":
            write(stream, report.report(checks))
        else:
            stream.writelines(report.markdown(checks) if output_format == "md" else [report.as_json(checks)])
    if failed(checks):
        raise typer.Exit(1)


def setup(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write the files to.")],
    sigma: Annotated[
        list[Path] | None, typer.Option(metavar="RULES", help="Sigma files and folders that ask for events too.")
    ] = None,
) -> None:
    """Write what to collect for the loaded rules: event forwarding, audit policy, Sysmon, collectors, sensors."""
    from hopwatch.lab.setup.asked import asked
    from hopwatch.lab.setup.write import setup as write_files

    for path in write_files(asked(sigma or ()), out):
        print(shown(path))


def record(
    quiet: Annotated[
        list[Path], typer.Option("--quiet", metavar="BEFORE", help="Logs without the tool; may be repeated.")
    ],
    run: Annotated[list[Path], typer.Option("--run", metavar="AFTER", help="Logs of its run; may be repeated.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help='What was run, such as "psexec -s cmd".')],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for the drafted rules; without it, only a report."),
    ] = None,
    jobs: Jobs = 0,
    no_progress: NoProgress = False,
) -> None:
    """Draft a detection of one tool: what its run left that a quiet capture has not, with the remote logon.

    Exit status: 0 when something was drafted, 1 when all of it is ordinary, 2 for a usage or input error.
    """
    from hopwatch.lab.record.record import record as record_run
    from hopwatch.lab.record.record import save

    with progress([*quiet, *run], not no_progress) as step:
        found = record_run(quiet, run, name, log_options(None, None, None, jobs), step)
    write(sys.stdout, recording.report(name, found.runs, found.left, found.tried))
    if out is not None:
        for path in save(found, out):
            print(shown(path))
    if not found.drafted:
        raise typer.Exit(1)
