"""Finds what to read: files and what archives hold, unpacked and in UTF-8, each content once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from hopwatch.readers.containers import limits, tar, zip
from hopwatch.readers.containers.limits import Budget
from hopwatch.readers.containers.member import Found, is_passed_over
from hopwatch.readers.containers.runs import KEPT
from hopwatch.readers.containers.spool import spooled
from hopwatch.readers.containers.streams import Unpacked, stream_kind, unpacked
from hopwatch.readers.encoding import in_utf8
from hopwatch.readers.registry import UNKNOWN, reader_of
from hopwatch.readers.source import UNREADABLE, File, Source
from hopwatch.readers.twins import Twins, digest_of
from hopwatch.readers.walk import Report, files

DEPTH = 2  # archives within one another
Members = Callable[[Source], Iterator[Found]]


def sources(paths: list[Path], report: Report) -> Iterator[Source]:
    """Give every log below the paths, in order of name, each content once; `-` is the standard input.

    `report(file, reason)` hears of what was left out. Raises InputError for a path that does not exist.
    """
    twins = Twins()
    for file in files(paths, report):
        for source in _logs(file, Budget(file.size), report):
            if reader_of(source.head()) is None:
                report(source.name, UNKNOWN)
            elif twin := twins.twin(source):
                report(source.name, f"the same content as {twin}")
            else:
                yield source


def _logs(source: Source, budget: Budget, report: Report, depth: int = 0) -> Iterator[Source]:
    """What a file or member is: itself, or what it unpacks to, or what is in it."""
    try:
        source = source.begun()
        if kind := stream_kind(source.head()):
            source = _unpacked(source, kind, budget, depth)
        source = in_utf8(source)
    except UNREADABLE as error:
        report(source.name, _reason(error, depth))
        return
    if members := members_of(source.head()):
        yield from _members(source, members, budget, report, depth)
    elif stream_kind(source.head()):
        report(source.name, "compressed twice over")
    elif source.head():
        yield source
    else:
        report(source.name, "empty file")


def _unpacked(source: Source, kind: str, budget: Budget, depth: int) -> Source:
    if not depth:
        return unpacked(source, kind).begun()
    free = min(limits.MEMBER_FREE, max(0, budget.left))
    budget.left -= free
    inner = unpacked(source, kind, free).begun()
    if source.group and source.size <= KEPT:  # it is at hand now, and cannot be asked for later
        return replace(inner, digest=digest_of(inner))
    return inner


def _reason(error: Exception, depth: int) -> str:
    what = getattr(error, "strerror", None) or error
    return f"a damaged archive member: {what}" if depth else f"cannot be read further: {what}"


def members_of(head: bytes) -> Members | None:
    """How to find the members of what begins so, None for what is no archive."""
    if head.startswith(zip.MAGIC):
        return zip.members
    if head.startswith(b"7z"):
        from hopwatch.readers.containers import seven  # here, as few scans need so much code

        if head.startswith(seven.MAGIC):
            return seven.members
    return tar.members if tar.is_tar(head) else None


def _members(archive: Source, members: Members, budget: Budget, report: Report, depth: int) -> Iterator[Source]:
    if depth == DEPTH:
        report(archive.name, "an archive inside an archive inside an archive")
        return
    for found in members(_at_hand(archive, members, depth, report)):
        if not found.name:
            report(archive.name, found.problem)
        elif refused := budget.refuse(found.size):
            report(f"{archive.name}!{found.name}", refused)
            return
        elif not found.folder and not is_passed_over(found.name):
            yield from _member(archive, found, budget, report, depth + 1)
        if budget.refused:
            return


def _member(archive: Source, found: Found, budget: Budget, report: Report, depth: int) -> Iterator[Source]:
    source = Source(f"{archive.name}!{found.name}", found.opener or archive.opener, found.size)
    if found.problem:
        report(source.name, found.problem)
    elif found.size:
        if found.measure:
            start, digest = found.measure()
            source = replace(source, start=start or None, digest=digest, group=archive.name)
        yield from _logs(source, budget, report, depth)


def _at_hand(archive: Source, members: Members, depth: int, report: Report) -> Source:
    """The archive in a file of its own where it lies in another, or is compressed and read out of order."""
    if isinstance(archive.opener, Unpacked) and not depth and members is tar.members:
        limit = limits.allowance(archive.size, limits.ARCHIVE_LIMIT)
        return replace(archive, opener=replace(archive.opener, limit=limit))
    if isinstance(archive.opener, File):
        return archive
    with archive.open() as stream:
        path, error = spooled(stream, limits.MEMBER_LIMIT)
    if error:
        report(archive.name, _reason(error, depth))
    return replace(archive, opener=File(path), path=path, group=None, digest=None)
