"""`hopwatch baseline`: learn what is usual, show it, compare it, and allow what was right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hopwatch.baseline import allow as permission
from hopwatch.baseline import file, view
from hopwatch.baseline.rows import full_days
from hopwatch.cli.options import (
    Assets,
    Context,
    Jobs,
    NoProgress,
    Paths,
    Quiet,
    Since,
    Until,
    Window,
    choice,
    log_options,
    span,
)
from hopwatch.cli.output import opened, progress, size_of, write
from hopwatch.model.baseline import Baseline, Habit
from hopwatch.model.errors import InputError
from hopwatch.pipeline.baseline import add
from hopwatch.pipeline.teach import teach
from hopwatch.report import baseline as report
from hopwatch.report.safe import shown

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Learn what is usual, and show it."
)
FORMATS = ("text", "jsonl")
File = Annotated[Path, typer.Argument(metavar="FILE", help="A baseline that `baseline learn` wrote.")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, or jsonl: one JSON object a line.")]
Output = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the output to a file.")]
Host = Annotated[str | None, typer.Option(metavar="NAME", help="Only from or to this host.")]
Account = Annotated[str | None, typer.Option(metavar="NAME", help="Only by this account.")]
State = Annotated[str | None, typer.Option(metavar="STATE", help="Only usual, rare, dormant, or alert.")]


@app.command()
def learn(  # noqa: PLR0913 - each is an option of the command
    paths: Paths,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The baseline: begun, or added to.")],
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    context: Context = None,
    jobs: Jobs = 0,
    window: Window = "5m",
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Learn from logs who administers what, from where, how and when, and add it to a file.

    The same logs learnt twice change nothing. What alerts teaches nothing.
    """
    options, seconds = log_options(since, until, assets, jobs, context), span("--window", window)
    if out.exists():
        file.read(out)  # first, so that a file that is no baseline is said before the work
    with progress(size_of([p for p in paths if p.exists()]), not (quiet or no_progress)) as step:
        lesson = teach(paths, options, seconds, step)
    together = add(lesson.baseline, out)
    if not quiet:
        print(_learnt(lesson.baseline, together, out))


def _learnt(lesson: Baseline, together: Baseline, out: Path) -> str:
    parts = lesson.rows["part"].to_pylist()
    new, every = full_days(lesson), full_days(together)
    return (
        f"{_days(len(new))} learnt: {parts.count('act') + parts.count('allowed'):,} hops, of which none alerted, and "
        f"{parts.count('alert'):,} that alerted and teach nothing; {shown(out)} now knows {_days(len(every))}"
    )


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"


@app.command()
def show(
    path: File,
    host: Host = None,
    account: Account = None,
    state: State = None,
    output_format: Format = "text",
    out: Output = None,
) -> None:
    """Show who administers what, from where, how, how often and when last; what is rare, dormant, or alerted."""
    choice("--format", output_format, FORMATS)
    if state is not None:
        choice("--state", state, tuple(report.STATES))
    baseline = file.read(path)
    chosen = [h for h in view.habits(baseline) if _is_asked(h, host, account) and state in (None, h.state)]
    with opened(out) as stream:
        if output_format == "jsonl":
            stream.writelines(report.lines(chosen))
        else:
            write(stream, report.report(chosen, full_days(baseline)))


def _is_asked(habit: Habit, host: str | None, account: str | None) -> bool:
    ends = {habit.target, habit.source}
    return (host is None or host.lower() in ends or host.lower().split(".")[0] in ends) and (
        account is None or account.lower() == habit.account
    )


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The older baseline.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The newer one.")],
    out: Output = None,
) -> None:
    """Show what only the newer of two baselines knows, and what only the older one does."""
    gained, lost = view.difference(file.read(old), file.read(new))
    with opened(out) as stream:
        write(stream, report.changes(gained, lost))


@app.command()
def allow(
    path: File,
    hop: Annotated[str | None, typer.Argument(metavar="HOP", help="The id of a hop that was right: h-…")] = None,
    pair: Annotated[
        tuple[str, str] | None, typer.Option(metavar="SOURCE TARGET", help="Two hosts, in place of a hop.")
    ] = None,
    account: Annotated[str | None, typer.Option(metavar="NAME", help="With --pair: only by this account.")] = None,
) -> None:
    """Say that a hop, or what goes between two hosts, was right: from now on it is usual."""
    if (hop is None) == (pair is None):
        raise InputError("name either a hop or --pair SOURCE TARGET")
    if account is not None and pair is None:
        raise InputError(f"--account {account!r} goes with --pair; a hop has its account")
    baseline = file.read(path)
    allowed = permission.of_hop(baseline, hop) if hop else permission.of_pair(pair or ("", ""), account)
    file.write(permission.allow(baseline, allowed), path)
    source, target, name = allowed
    print(f"allowed: {shown(name or 'every account')} from {shown(source or 'an unknown source')} to {shown(target)}")
