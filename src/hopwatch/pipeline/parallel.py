"""Has sources read and prepared: here, or by several processes where there is much to read."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from queue import Queue
from threading import Lock, Thread
from typing import IO, cast

from hopwatch.normalise.prepare import Prepared, Preparer
from hopwatch.normalise.wanted import Asked, Wanted
from hopwatch.pipeline.worker import Told, prepared
from hopwatch.readers.evtxtemplates import Templates
from hopwatch.readers.source import Source
from hopwatch.readers.split import pieces

# -P: nothing is imported from the current folder, which may be the evidence.
BEGIN = "from hopwatch.pipeline.lean import keep_out; keep_out(); from hopwatch.pipeline.worker import main; main()"
COMMAND = ("-P", "-c", BEGIN)
WAITING = 2  # pieces that wait for the store before a worker has to
MUCH = 48 * 2**20  # bytes of logs: with less to read, processes take longer to start than they save
PACKED = 8  # how much larger than its packed form a log may be
TASK = 16 * 2**20  # bytes of small files that are read in one go


def told(sources: Iterable[Source], asked: Asked | None, jobs: int) -> Iterator[Told]:
    """Give what the sources hold, prepared for the store, in pieces: each with the name of the source read last.

    Raises what `sources` raises. What cannot be read is counted in the pieces.
    """
    sources = iter(sources)
    first: list[Source] = []
    size = 0
    while jobs > 1 and size < MUCH and (source := next(sources, None)):
        first.append(source)
        size += _size(source)
    if size < MUCH:
        yield from _here(chain(first, sources), asked)
    else:
        yield from _elsewhere(_tasks(chain(first, sources)), asked, jobs)


def _size(source: Source) -> int:
    return source.size if source.exact else source.size * PACKED


def _here(sources: Iterable[Source], asked: Asked | None) -> Iterator[Told]:
    preparer, templates = Preparer(Wanted(asked)), Templates()
    for source in sources:
        yield from prepared(pieces(source), preparer, templates)


def _tasks(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """What is read in one go: a piece of a large file, several small files, all that lies in one compressed run."""
    task: list[Source] = []
    size = 0
    for piece in chain.from_iterable(map(pieces, sources)):
        if task and size >= TASK and (piece.group is None or piece.group != task[-1].group):
            yield task
            task, size = [], 0
        task.append(piece)
        size += _size(piece)
    if task:
        yield task


def _elsewhere(tasks: Iterable[list[Source]], asked: Asked | None, jobs: int) -> Iterator[Told]:
    """Give what `jobs` processes prepare, in the order in which it comes.

    A process that dies takes only the rest of its task with it, which is reported.
    """
    given: Queue[Told | Exception | None] = Queue(WAITING)
    shared = _Shared(tasks)
    threads = [Thread(target=_drive, args=(shared, asked, given), daemon=True) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    running = len(threads)
    try:
        while running:
            piece = given.get()
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                running -= 1
            else:
                yield piece
    finally:
        shared.stop()
        while running:  # threads that wait for room end only so
            running -= given.get() is None


class _Shared:
    """Tasks that several threads take one after the other."""

    def __init__(self, tasks: Iterable[list[Source]]) -> None:
        self._tasks = iter(tasks)
        self._lock = Lock()

    def take(self) -> list[Source] | None:
        with self._lock:
            return next(self._tasks, None)

    def stop(self) -> None:
        with self._lock:
            self._tasks = iter(())


def _drive(shared: _Shared, asked: Asked | None, pieces: Queue[Told | Exception | None]) -> None:
    """Keep one process busy until there are no tasks; a new one takes the place of one that died."""
    process: subprocess.Popen[bytes] | None = None
    try:
        while (task := shared.take()) is not None:
            process = process or _started(asked)
            if not _done(process, task, pieces):
                process.kill()
                process = None
    except Exception as error:  # noqa: BLE001 - it is raised where the pieces are taken
        pieces.put(error)
    finally:
        if process is not None:
            cast(IO[bytes], process.stdin).close()
            process.wait()
        pieces.put(None)


def _started(asked: Asked | None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, *COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pickle.dump(asked, cast(IO[bytes], process.stdin))
    return process


def _done(process: subprocess.Popen[bytes], task: list[Source], pieces: Queue[Told | Exception | None]) -> bool:
    """Have a process do a task; false where it died of it."""
    name = task[0].name
    try:
        given = cast(IO[bytes], process.stdin)
        pickle.dump(task, given)
        given.flush()
        while (piece := pickle.load(cast(IO[bytes], process.stdout))) is not None:
            name = piece[0]
            pieces.put(piece)
    except (OSError, EOFError, pickle.UnpicklingError):
        dead = Prepared()
        dead.skipped[name, "the process that read it died; what it had not given is lost"] += 1
        pieces.put((name, dead))
        return False
    return True
