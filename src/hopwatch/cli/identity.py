"""`hopwatch identity`: who was behind which address, and how it is known."""

from __future__ import annotations

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
    moment,
)
from hopwatch.cli.output import opened, progress, write
from hopwatch.context.roles import roles
from hopwatch.facts import survey
from hopwatch.facts.identity import identity as ask
from hopwatch.facts.roles import observe
from hopwatch.pipeline.context import context_of
from hopwatch.pipeline.logs import read_logs, something_read
from hopwatch.report import identity as report
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

FORMATS = ("text", "jsonl")
Host = Annotated[str | None, typer.Option(metavar="NAME", help="Only this host.")]
Ip = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only this address.")]
At = Annotated[str | None, typer.Option(metavar="TIME", help="Only what holds at this time (ISO 8601, UTC).")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, or jsonl: one JSON object a line.")]


def identity(  # noqa: PLR0913 - each is an option of the command
    paths: Paths,
    host: Host = None,
    ip: Ip = None,
    at: At = None,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    context: Context = None,
    jobs: Jobs = 0,
    output_format: Format = "text",
    out: Out = None,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Show which host had which address when, what contradicts itself, and what each host is for."""
    choice("--format", output_format, FORMATS)
    time, said = moment("--at", at), context_of(context)
    with progress(paths, not (quiet or no_progress)) as step:
        options = log_options(since, until, assets, jobs, context)
        con, summary = read_logs(paths, options, own_rules(schema_columns()), step)
    something_read(paths, summary)
    survey.prepare(con)
    survey.survey(con)
    facts, conflicts = ask(con, host, ip, time)
    asked = {name for fact in facts for name in (fact.host, fact.ip)} if host or ip or time else None
    known = [role for role in roles(said, observe(con)) if asked is None or role.host in asked]
    with opened(out) as stream:
        if output_format == "jsonl":
            stream.writelines(report.lines(facts, conflicts, known))
        else:
            write(stream, report.report(facts, conflicts, known))
