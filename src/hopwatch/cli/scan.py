"""`hopwatch scan`: logs in, hops out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hopwatch.cli import page
from hopwatch.cli.options import (
    LONGEST_GAP,
    Assets,
    Context,
    Jobs,
    NoProgress,
    Out,
    PathGap,
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
from hopwatch.cli.output import opened, progress, write
from hopwatch.model.errors import InputError
from hopwatch.model.hop import SEVERITIES, TECHNIQUES, Hop
from hopwatch.model.path import Path as HopPath
from hopwatch.pipeline.logs import something_read
from hopwatch.pipeline.past import PastOptions
from hopwatch.pipeline.scan import Result, ScanOptions
from hopwatch.pipeline.scan import scan as run_scan
from hopwatch.report import formats, matches, text

if TYPE_CHECKING:
    from hopwatch.model.detection import Ruleset

FORMATS = ("text", "html", *formats.NAMES)
Host = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only hops from or to this host or address.")]
Technique = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only hops that used this technique.")]
MinSeverity = Annotated[
    str | None,
    typer.Option(metavar="SEVERITY", help="Print hops from this severity on, whether they are alerts or not."),
]
Every = Annotated[bool, typer.Option("--all", help="Print every hop, alert or not.")]
Format = Annotated[
    str,
    typer.Option("--format", metavar="FORMAT", help=f"text, html, {', '.join(formats.NAMES)}: see docs/outputs.md."),
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
    path_gap: PathGap = "24h",
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
    if output_format == formats.BINARY and out is None and sys.stdout.isatty():
        raise InputError(f"--format {output_format} is no text for a terminal: name a file with --out")
    _check(min_severity, fail_on, technique)
    told = every or min_severity is not None
    past = PastOptions(baseline, days("--baseline-days", baseline_days))
    logs, gap = log_options(since, until, assets, jobs, context), span("--path-gap", path_gap, LONGEST_GAP)
    options = ScanOptions(logs, span("--window", window), told, past, gap, _rules(sigma))
    with opened(out) as stream:  # first, so that a file that cannot be written is said before the work
        with progress(paths, not (quiet or no_progress)) as step:
            result = run_scan(paths, options, step)
        chosen = [hop for hop in result.hops if _is_asked(hop, host, technique)]
        whole = every or (output_format == "html" and min_severity is None)  # a page has filters of its own
        told_paths = _paths(result.paths, {hop.id for hop in chosen}, min_severity, whole)
        along = {hop for path in told_paths for hop in path.hops}
        printed = [hop for hop in chosen if whole or hop.id in along or _is_shown(hop, min_severity)]
        _write(stream, output_format, printed, told_paths, result, quiet)
    something_read(paths, result.summary)
    if fail_on and any(hop.alert and _rank(hop.severity) >= _rank(fail_on) for hop in chosen):
        raise typer.Exit(1)


def _check(min_severity: str | None, fail_on: str | None, techniques: list[str] | None) -> None:
    """Check the values that choose hops. Raises InputError with the option and the value."""
    for option, value in (("--min-severity", min_severity), ("--fail-on", fail_on)):
        if value is not None:
            choice(option, value, SEVERITIES)
    for name in techniques or ():
        choice("--technique", name, TECHNIQUES)


def _write(
    stream: TextIO, output_format: str, printed: list[Hop], paths: list[HopPath], result: Result, quiet: bool
) -> None:
    """Write the hops and paths, then what rules of --sigma matched."""
    sigma = result.sigma
    if output_format in formats.NAMES:
        formats.write(stream, output_format, printed, paths)
        stream.writelines(matches.lines(sigma.con, sigma.rules) if sigma and output_format == "jsonl" else ())
    elif output_format == "html":
        page.write(stream, printed, paths, result)
    else:
        write(stream, text.report(printed, result.summary, not quiet, paths, result.hops))
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


def _paths(paths: list[HopPath], asked: set[str], min_severity: str | None, every: bool) -> list[HopPath]:
    """The paths that are printed: alerts, or those asked for, that hold a chosen hop."""
    return [path for path in paths if asked & set(path.hops) and (every or _is_shown(path, min_severity))]


def _is_shown(hop: Hop | HopPath, min_severity: str | None) -> bool:
    return hop.alert if min_severity is None else _rank(hop.severity) >= _rank(min_severity)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
