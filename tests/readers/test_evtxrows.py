"""EVTX records whose values are taken by their templates become the same events as the library's JSON of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hopwatch.model.decoded import Decoded
from hopwatch.normalise.ingest import with_names
from hopwatch.normalise.prepare import Preparer
from hopwatch.normalise.wanted import Asked, Wanted
from hopwatch.pipeline.logs import asked
from hopwatch.readers import evtx
from hopwatch.readers.source import Source, file_source
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SAMPLES = sorted((Path(__file__).parents[2] / "samples").rglob("*.evtx"))
Seen = tuple[list[tuple[Any, ...]], Counter[str], int, Counter[tuple[str, str]]]


@cache
def asked_for() -> Asked | None:
    return with_names(asked(own_rules(schema_columns())))


def seen(source: Source, wish: Asked | None, values: bool) -> tuple[Seen, int]:
    """What a file becomes: its events, their formats, how many records there are and what was skipped; and how many
    records were taken by their templates.
    """
    preparer = Preparer(Wanted(wish))
    taken = 0
    for batch in evtx.read(source, lambda reason: preparer.skip("x", reason), preparer.wanted.ids, values):
        taken += len(batch.rows) if isinstance(batch, Decoded) else 0
        preparer.add(batch, "x")
    done = preparer.take()
    rows = done.windows.to_pylist() if done.windows is not None else []
    events = sorted(tuple(sorted((k, v) for k, v in row.items() if v is not None)) for row in rows)
    return (events, done.formats, done.records, done.skipped), taken


def same(source: Source, wish: Asked | None) -> int:
    """Check that both ways give the same; give how many records were taken by their templates."""
    whole, _ = seen(source, wish, False)
    some, taken = seen(source, wish, True)
    assert len(some[0]) == len(whole[0])
    for one, other in zip(some[0], whole[0], strict=True):
        assert one == other
    assert some == whole
    return taken


def corpus() -> Iterator[Any]:
    files = sorted(file for file in CORPUS.rglob("*") if file.suffix.lower() == ".evtx")
    return (pytest.param(file, id=file.name) for file in files)


@pytest.mark.parametrize("everything", [True, False], ids=["everything", "what the rules ask for"])
@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name)
def test_samples_become_the_same_events(file: Path, everything: bool) -> None:
    taken = same(file_source(file), None if everything else asked_for())
    assert taken > 0


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_real_logs_become_the_same_events() -> None:
    taken = 0
    for file in sorted(file for file in CORPUS.rglob("*") if file.suffix.lower() == ".evtx"):
        for wish in (None, asked_for()):
            taken += same(file_source(file), wish)
    assert taken > 0
