"""Where a command's output goes: the terminal, a pipe, or a file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from hopwatch.model.errors import InputError
from hopwatch.report.margin import Margin
from hopwatch.report.safe import shown

PIPE_WIDTH = 120  # columns where no terminal says how wide it is
COLUMNS = re.compile("[1-9][0-9]{1,3}")


@contextmanager
def opened(out: Path | None) -> Iterator[TextIO]:
    """Give the stream to write to. Raises InputError for a file that cannot be written."""
    if out is None:
        yield sys.stdout
        return
    try:
        stream = out.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror or error}") from error
    with stream:
        yield stream


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # main() ends the command; rich itself would exit with 1


def console(stream: TextIO) -> Console:
    """A console on a stream; in a pipe or a file it has no colour, and a fixed width where COLUMNS does not say it."""
    asked = os.environ.get("COLUMNS", "")
    width = None if stream.isatty() else int(asked) if COLUMNS.fullmatch(asked) else PIPE_WIDTH
    return _Console(file=stream, highlight=False, emoji=False, markup=False, width=width)


def write(stream: TextIO, pieces: Iterable[RenderableType], wrap: bool = True) -> None:
    """Write pieces of a report, long lines wrapped or not; in a pipe or a file no line ends in blanks."""
    to = console(stream)
    for piece in pieces:
        if stream.isatty():
            to.print(piece, soft_wrap=not wrap)
            continue
        stream.writelines(f"{line.rstrip()}\n" for line in _plain(piece, to, wrap))


def _plain(piece: RenderableType, to: Console, wrap: bool) -> list[str]:
    """The lines of a piece without colours; of what most reports are made of, without rich's detours by segments."""
    if wrap and isinstance(piece, Margin):
        return piece.plain(to)
    if wrap and isinstance(piece, Text) and piece.end == "\n":
        return [line.plain for line in piece.wrap(to, to.width)] or [""]
    with to.capture() as captured:
        to.print(piece, soft_wrap=not wrap)
    return captured.get().splitlines()


@contextmanager
def progress(paths: list[Path], enabled: bool) -> Iterator[Callable[[str, int], None]]:
    """Show on a terminal how much of the paths is read, by bytes, and nothing elsewhere."""
    if not (enabled and sys.stderr.isatty()):
        yield lambda name, size: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=_size_of(path for path in paths if path.exists()))
        yield lambda name, size: bar.update(task, advance=size, description=shown(Path(name).name)[:40])


def _size_of(paths: Iterable[Path]) -> int:
    """The bytes below the paths, as far as they can be told without opening anything."""
    files = (file for path in paths for file in ([path] if path.is_file() else path.rglob("*")))
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())
