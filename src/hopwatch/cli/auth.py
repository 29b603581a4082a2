"""`hopwatch auth`: how accounts authenticate to hosts, where NTLM is out of place, and what changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hopwatch.cli.options import Assets, Jobs, NoProgress, Out, Paths, Quiet, Since, Until, choice, log_options
from hopwatch.cli.output import opened, progress, write
from hopwatch.facts import survey
from hopwatch.facts.authentication import auth_uses, compared, escalations, signing
from hopwatch.pipeline.logs import LogOptions, Progress, read_logs, something_read
from hopwatch.report import auth as report
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

FORMATS = ("text", "jsonl")
Before = Annotated[
    list[Path] | None,
    typer.Option(metavar="PATH", help="Earlier logs, to tell what changed since; may be repeated."),
]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, or jsonl: one JSON object a line.")]


def auth(  # noqa: PLR0913 - each is an option of the command
    paths: Paths,
    before: Before = None,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    jobs: Jobs = 0,
    output_format: Format = "text",
    out: Out = None,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Show how accounts authenticate to hosts, where NTLM is new or unexpected, and which hosts ask for SMB signing."""
    choice("--format", output_format, FORMATS)
    options, every = log_options(since, until, assets, jobs), [*paths, *(before or ())]
    with progress(every, not (quiet or no_progress)) as step:
        earlier = auth_uses(_surveyed(before, log_options(None, None, assets, jobs), step)) if before else []
        con = _surveyed(paths, options, step)
    uses = auth_uses(con)
    uses = compared(uses, earlier) if before else uses
    found = report.Authentication(uses, signing(con), escalations(con), bool(before))
    with opened(out) as stream:
        if output_format == "jsonl":
            stream.writelines(report.lines(found))
        else:
            write(stream, report.report(found))


def _surveyed(paths: list[Path], options: LogOptions, step: Progress) -> duckdb.DuckDBPyConnection:
    con, summary = read_logs(paths, options, own_rules(schema_columns()), step)
    something_read(paths, summary)
    survey.prepare(con)
    survey.survey(con)
    return con
