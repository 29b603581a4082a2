"""The options that every command which reads logs takes, and the reading of their values."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hopwatch.model.errors import InputError
from hopwatch.pipeline.logs import LogOptions


def _path(text: str) -> Path:
    if not text.strip():
        raise InputError("the path '' names no log")
    return Path(text)


Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH…", parser=_path, help="Log files, folders and archives; - is the standard input."),
]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Leave out events before this time (ISO 8601, UTC).")]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Leave out events at or after this time (ISO 8601, UTC).")
]
Assets = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A list of hosts and addresses, CSV or JSON: host,ip,role,…")
]
Context = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What the organisation says of hosts, accounts and allowed work.")
]
Jobs = Annotated[
    int, typer.Option(metavar="N", help="Processes that read large logs; as many as there are processors if 0.")
]
Window = Annotated[
    str, typer.Option(metavar="SPAN", help="How far apart the parts of one movement may be: 90s, 5m, 1h.")
]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the output to a file.")]
Sigma = Annotated[
    list[Path] | None,
    typer.Option(metavar="RULES", help="Sigma files and folders: rules of lateral movement count for hops."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the hops only, not what was read.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress bar.")]

PathGap = Annotated[
    str, typer.Option(metavar="SPAN", help="How far apart two hops of one path may be: 8h, 24h, up to 7d.")
]
SPAN = re.compile(r"(\d{1,6})\s*([smhd]?)", re.IGNORECASE)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST_WINDOW = 24 * 3600
LONGEST_GAP = 7 * 86400
MOST_JOBS = 64
MOST_DAYS = 100


def moment(option: str, text: str | None) -> datetime | None:
    """Read a time: ISO 8601, in UTC where it has no zone. Raises InputError with the option and the value."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.strip())
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, OverflowError) as error:
        raise InputError(f"{option} {text!r} is not a time like 2026-01-31 or 2026-01-31T14:30:00Z") from error


def log_options(
    since: str | None, until: str | None, assets: Path | None, jobs: int = 0, context: Path | None = None
) -> LogOptions:
    """Put the options that every command with logs takes together."""
    begin, end = moment("--since", since), moment("--until", until)
    if begin and end and end <= begin:
        raise InputError(f"--until {until!r} is not after --since {since!r}")
    return LogOptions(begin, end, assets, _processes(jobs), context)


def _processes(jobs: int) -> int:
    """How many processes to use. Raises InputError with the option and the value."""
    if not 0 <= jobs <= MOST_JOBS:
        raise InputError(f"--jobs {jobs} is not a number from 1 to {MOST_JOBS}, or 0 for one a processor")
    return jobs or min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST_JOBS
    )


def span(option: str, text: str, longest: int = LONGEST_WINDOW) -> int:
    """Read a span of time as seconds, at most `longest`. Raises InputError with the option and the value."""
    found = SPAN.fullmatch(text.strip())
    seconds = int(found[1]) * SECONDS[found[2].lower()] if found else 0
    if not 1 <= seconds <= longest:
        most = "24h" if longest == LONGEST_WINDOW else f"{longest // 86400}d"
        raise InputError(f"{option} {text!r} is not a span from 1s to {most}, like 90s, 5m or 1h")
    return seconds


def days(option: str, number: int | None) -> int | None:
    """Check a number of days. Raises InputError with the option and the value."""
    if number is not None and not 1 <= number <= MOST_DAYS:
        raise InputError(f"{option} {number} is not a number of days from 1 to {MOST_DAYS}")
    return number


def choice(option: str, text: str, known: tuple[str, ...]) -> str:
    """Check a value against those known. Raises InputError with the option and the value."""
    if text not in known:
        raise InputError(f"{option} {text!r} is not known; it is one of {', '.join(known)}")
    return text
