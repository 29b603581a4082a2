"""`hopwatch scan`: logs in, hops out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hopwatch.cli.options import (
    Assets,
    Context,
    Jobs,
    NoProgress,
    Out,
    Paths,
    Quiet,
    Sigma,
    Since,
    Until,
    Window,
    choice,
    days,
    log_options,
    span,
)
from hopwatch.cli.output import opened, progress, size_of, write
from hopwatch.model.errors import InputError
from hopwatch.model.hop import SEVERITIES, TECHNIQUES, Hop
from hopwatch.pipeline.baseline import PastOptions
from hopwatch.pipeline.scan import Result, ScanOptions
from hopwatch.pipeline.scan import scan as run_scan
from hopwatch.report import csv, jsonl, matches, text

if TYPE_CHECKING:
    from hopwatch.model.detection import Ruleset

FORMATS = ("text", "jsonl", "csv")
Host = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only hops from or to this host or address.")]
Technique = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only hops that used this technique.")]
MinSeverity = Annotated[
    str | None,
    typer.Option(metavar="SEVERITY", help="Print hops from this severity on, whether they are alerts or not."),
]
Every = Annotated[bool, typer.Option("--all", help="Print every hop, alert or not.")]
Format = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="text, jsonl (one JSON object a line), or csv.")
]
Past = Annotated[Path | None, typer.Option(metavar="FILE", help="What the past taught (hopwatch baseline learn).")]
PastDays = Annotated[
    int | None, typer.Option(metavar="N", help="The first N days of these logs teach, the others are judged by them.")
]
FailOn = Annotated[
    str | None, typer.Option(metavar="SEVERITY", help="Exit with 1 where there is an alert of this severity or above.")
]


def scan(  # noqa: PLR0913 - each is an option of the command
    paths: Paths,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    context: Context = None,
    baseline: Past = None,
    baseline_days: PastDays = None,
    host: Host = None,
    technique: Technique = None,
    min_severity: MinSeverity = None,
    every: Every = False,
    window: Window = "5m",
    jobs: Jobs = 0,
    sigma: Sigma = None,
    output_format: Format = "text",
    out: Out = None,
    fail_on: FailOn = None,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Find lateral movement in logs, and print the alerts, each with how it is known.

    Exit status: 0 when the scan worked, 1 with --fail-on and such an alert, 2 for a usage or input error,
    or where nothing is a log that hopwatch reads.
    """
    choice("--format", output_format, FORMATS)
    for option, value in (("--min-severity", min_severity), ("--fail-on", fail_on)):
        if value is not None:
            choice(option, value, SEVERITIES)
    for name in technique or ():
        choice("--technique", name, TECHNIQUES)
    told = every or min_severity is not None
    past = PastOptions(baseline, days("--baseline-days", baseline_days))
    options = ScanOptions(
        log_options(since, until, assets, jobs, context), span("--window", window), told, past, _rules(sigma)
    )
    with opened(out) as stream:  # first, so that a file that cannot be written is said before the work
        with progress(size_of([p for p in paths if p.exists()]), not (quiet or no_progress)) as step:
            result = run_scan(paths, options, step)
        chosen = [hop for hop in result.hops if _is_asked(hop, host, technique)]
        printed = [hop for hop in chosen if every or _is_shown(hop, min_severity)]
        _write(stream, output_format, printed, result, quiet)
    if not result.summary.files:
        raise InputError(f"nothing in {', '.join(map(str, paths))} is a log that hopwatch reads")
    if fail_on and any(hop.alert and _rank(hop.severity) >= _rank(fail_on) for hop in chosen):
        raise typer.Exit(1)


def _write(stream: TextIO, output_format: str, printed: list[Hop], result: Result, quiet: bool) -> None:
    """Write the hops, then what rules of --sigma matched."""
    sigma = result.sigma
    if output_format == "jsonl":
        stream.writelines(jsonl.lines(printed))
        stream.writelines(matches.lines(sigma.con, sigma.rules) if sigma else ())
    elif output_format == "csv":
        stream.writelines(csv.lines(printed))
    else:
        write(stream, text.report(printed, result.summary, header=not quiet))
        write(stream, matches.report(sigma.con, sigma.rules, None, before=True) if sigma else (), wrap=False)


def _rules(paths: list[Path] | None) -> Ruleset | None:
    """The rules of --sigma."""
    if not paths:
        return None
    from hopwatch.cli.rules import loaded  # here, since a scan without such rules needs none of it

    return loaded(paths, None)


def _is_asked(hop: Hop, hosts: list[str] | None, techniques: list[str] | None) -> bool:
    names = {n.lower() for end in (hop.source, hop.target) for n in (end.host, end.ip) if n}
    names |= {name.split(".")[0] for name in names if not name.replace(".", "").isdigit()}
    wanted = {h.lower() for h in hosts or ()}
    return (not wanted or bool(names & wanted)) and (not techniques or bool(set(techniques) & set(hop.techniques)))


def _is_shown(hop: Hop, min_severity: str | None) -> bool:
    return hop.alert if min_severity is None else _rank(hop.severity) >= _rank(min_severity)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
