"""Reads sources and prepares their records, here or as a process of its own: `python -m hopwatch.pipeline.worker`."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO

from hopwatch.normalise.prepare import Prepared, Preparer
from hopwatch.normalise.wanted import Wanted
from hopwatch.readers.registry import read
from hopwatch.readers.source import Source

Tell = Callable[[str, Prepared], None]
TOLD = 8 * 2**20  # bytes that are read before it is said how far the reading is


def prepare(sources: Sequence[Source], preparer: Preparer, tell: Tell) -> None:
    """Read sources one after the other; `tell(name, prepared)` hears what was read, in pieces."""
    for source in sources:
        for batch in read(source, partial(preparer.skip, source.name)):
            preparer.add(batch, source.name)
            if preparer.full or preparer.seen >= TOLD:
                tell(source.name, preparer.take())
        tell(source.name, preparer.take())


def main() -> None:
    """Serve one parent: after what is asked for, each message is a list of sources; each answer ends with None."""
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    preparer = Preparer(Wanted(pickle.load(given)))
    while (sources := _next(given)) is not None:
        prepare(sources, preparer, lambda *told: pickle.dump(told, answers, pickle.HIGHEST_PROTOCOL))
        pickle.dump(None, answers)
        answers.flush()


def _next(given: IO[bytes]) -> list[Source] | None:
    try:
        sources: list[Source] = pickle.load(given)
    except EOFError:
        return None
    return sources


if __name__ == "__main__":
    main()
