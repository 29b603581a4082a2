"""Spreads sources over processes, and gives what they prepared as it comes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Lock, Thread
from typing import IO, cast

from hopwatch.normalise.prepare import Prepared
from hopwatch.normalise.wanted import Asked
from hopwatch.readers.source import Source

Told = tuple[str, Prepared]
COMMAND = ("-m", "hopwatch.pipeline.worker")
WAITING = 2  # pieces that wait for the store before a worker has to


def prepared(tasks: Iterable[list[Source]], asked: Asked | None, jobs: int) -> Iterator[Told]:
    """Give what `jobs` processes prepare of the tasks, each a list of sources, in the order in which it comes.

    A process that dies takes only the rest of its task with it, which is reported. Raises what `tasks` raises.
    """
    pieces: Queue[Told | Exception | None] = Queue(WAITING)
    shared = _Shared(tasks)
    threads = [Thread(target=_drive, args=(shared, asked, pieces), daemon=True) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    running = len(threads)
    try:
        while running:
            piece = pieces.get()
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                running -= 1
            else:
                yield piece
    finally:
        shared.stop()
        while running:  # threads that wait for room end only so
            running -= pieces.get() is None


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
