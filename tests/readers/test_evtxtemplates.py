"""Templates of EVTX logs are remembered from one log to the next, as far as there is room."""

from __future__ import annotations

import pytest

from hopwatch.model.decoded import Decoded, Form
from hopwatch.readers import binxml, evtx, evtxtemplates
from hopwatch.readers.evtxtemplates import Templates
from hopwatch.readers.source import bytes_source
from tests.readers.test_evtxrows import events
from tests.support.evtx_writer import write

FIELDS = [{"EventData": {f"Field{n}": "x" * n}} for n in range(1, 9)]


def forms(templates: Templates, *logs: bytes) -> list[list[Form]]:
    """The forms of the records of logs, read one after the other."""
    read = [evtx.read(bytes_source("x", log), pytest.fail, None, templates) for log in logs]
    return [[row[0].form for batch in one if isinstance(batch, Decoded) for row in batch.rows] for one in read]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The definitions that are made of the bytes of a chunk."""
    every: list[bytes] = []
    make = binxml.Definition.__init__

    def noted(self: binxml.Definition, chunk: bytes, begin: int, end: int) -> None:
        every.append(chunk[begin:end])
        make(self, chunk, begin, end)

    monkeypatch.setattr(binxml.Definition, "__init__", noted)
    return every


def test_a_second_log_with_the_same_templates_makes_none(made: list[bytes]) -> None:
    log = write(events(FIELDS), nested=True)
    first, second = forms(Templates(), log, log)
    assert len(first) == len(FIELDS)
    assert first == second
    assert len(made) == len({*made})


@pytest.mark.parametrize(("name", "value"), [("KNOWN", 3), ("VARIANTS", 0), ("SIZES", 1)])
def test_what_is_forgotten_is_made_again(
    monkeypatch: pytest.MonkeyPatch, made: list[bytes], name: str, value: int
) -> None:
    monkeypatch.setattr(evtxtemplates, name, value)
    log = write(events(FIELDS), nested=True)
    first, second = forms(Templates(), log, log)
    assert [[field.name for field in form.fields] for form in first] == [
        [field.name for field in form.fields] for form in second
    ]
    assert len(made) > len({*made})


def test_events_whose_names_stand_elsewhere_in_their_chunk_have_one_form() -> None:
    one, other = write(events(FIELDS), nested=True), write(events([*reversed(FIELDS)]), nested=True)
    first, second = forms(Templates(), one, other)
    assert set(first) == set(second)
