"""Finds the files below the given paths: nothing outside them is followed, and no device opened."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from hopwatch.model.errors import InputError
from hopwatch.readers.containers.member import is_hidden
from hopwatch.readers.containers.spool import spooled
from hopwatch.readers.source import File, Source, file_source, shown

Report = Callable[[str, str], None]
STDIN = "-"
PIPE_LIMIT = 64 * 2**30  # bytes that a pipe may give


def files(paths: list[Path], report: Report) -> Iterator[Source]:
    """Give the files of the paths, each once however often it is named; `-` is the standard input.

    Raises InputError for a path that does not exist.
    """
    seen: dict[tuple[int, int], Path] = {}
    for path in paths:
        for file in _below(path, report):
            if isinstance(file, Source):
                yield file
            elif (source := _opened(file, report)) and _is_new(file, seen, report):
                yield source


def _opened(file: Path, report: Report) -> Source | None:
    try:
        return file_source(file)
    except OSError as error:
        report(shown(file), f"cannot be opened: {error.strerror or error}")
        return None


def _is_new(file: Path, seen: dict[tuple[int, int], Path], report: Report) -> bool:
    """Whether a file is none of those seen, by its identity on the disk."""
    try:
        about = file.stat()
    except OSError:  # it vanished this very moment: who opens it will say so
        return True
    known = seen.setdefault((about.st_dev, about.st_ino), file)
    if known is file or not about.st_ino:
        return True
    if known.resolve() != file.resolve():
        report(shown(file), f"the same content as {shown(known)}")
    return False


def _below(path: Path, report: Report) -> Iterator[Path | Source]:
    """What a path that the user gave stands for; such a path may be a link or a pipe."""
    if str(path) == STDIN:
        yield from _piped("stdin", sys.stdin.buffer, report)
        return
    mode = _mode(path)
    if mode is None:
        raise InputError(f"no such file or folder: {shown(path)}")
    if stat.S_ISREG(mode):
        yield path
    elif stat.S_ISDIR(mode):
        yield from _folder(path, report)
    elif stat.S_ISFIFO(mode):
        try:
            with path.open("rb") as stream:
                yield from _piped(shown(path), stream, report)
        except OSError as error:
            report(shown(path), f"cannot be opened: {error.strerror or error}")
    else:
        report(shown(path), "a socket or device, not opened")


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):  # not there, or a name that no file system takes
        return None


def _piped(name: str, stream: BinaryIO, report: Report) -> Iterator[Source]:
    """What a pipe gives, kept in a temporary file since it can be read once only."""
    path, error = spooled(stream, PIPE_LIMIT)
    if error:
        report(name, f"cannot be read further: {getattr(error, 'strerror', None) or error}")
    yield Source(name, File(path), path.stat().st_size, path)


def _folder(path: Path, report: Report) -> Iterator[Path]:
    """The files of a folder, sorted; links, pipes and devices are reported, what is hidden is passed over."""
    try:
        with os.scandir(path) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        report(shown(path), f"cannot be opened: {error.strerror or error}")
        return
    for entry in entries:
        if is_hidden(entry.name):
            continue
        if entry.is_symlink():
            report(shown(entry.path), "a link, not followed")
        elif entry.is_dir():
            yield from _folder(Path(entry.path), report)
        elif entry.is_file():
            yield Path(entry.path)
        else:
            report(shown(entry.path), "a pipe, socket or device, not opened")
