"""Reads sources and prepares their records, in the process that asks or in one of its own."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import IO

from hopwatch.normalise.prepare import Prepared, Preparer
from hopwatch.normalise.wanted import Wanted
from hopwatch.readers.evtxtemplates import Templates
from hopwatch.readers.registry import read
from hopwatch.readers.source import Source

Told = tuple[str, Prepared]
YOUNG = 50_000  # new objects after which cycles are looked for: records make many objects, but none
TOLD = 8 * 2**20  # bytes that are read before it is said how far the reading is


def prepared(sources: Iterable[Source], preparer: Preparer, templates: Templates) -> Iterator[Told]:
    """Read sources one after the other, and give what was read in pieces, each with the name of its source.

    `templates` are those of EVTX logs that were read before, and are again when these are.
    """
    for source in sources:
        preparer.begin()
        for batch in read(source, partial(preparer.skip, source.name), preparer.wanted.ids, templates):
            preparer.add(batch, source.name)
            if preparer.full:
                yield source.name, preparer.take()
            elif preparer.seen >= TOLD:
                yield source.name, preparer.told()
        yield source.name, preparer.take()


def main() -> None:
    """Serve one parent: after what is asked for, each message is a list of sources; each answer ends with None."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told as well, and closes the pipe
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    preparer, templates = Preparer(Wanted(pickle.load(given))), Templates()
    gc.freeze()
    gc.set_threshold(YOUNG)
    while (sources := _next(given)) is not None:
        for told in prepared(sources, preparer, templates):
            pickle.dump(told, answers, pickle.HIGHEST_PROTOCOL)
        pickle.dump(None, answers)
        answers.flush()


def _next(given: IO[bytes]) -> list[Source] | None:
    try:
        sources: list[Source] = pickle.load(given)
    except EOFError:
        return None
    return sources
