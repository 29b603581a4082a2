"""Several processes give what one gives, and the death of one costs no more than what it was reading."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from hopwatch.model.errors import InputError
from hopwatch.pipeline import parallel
from hopwatch.pipeline.logs import LogOptions
from hopwatch.pipeline.scan import ScanOptions, scan
from hopwatch.readers import split
from hopwatch.readers.source import Source
from tests.normalise.test_shapes import RECORDS

ROOT = Path(__file__).parents[2]
LINE = json.dumps(RECORDS["winlogbeat"]).encode() + b"\n"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files count as large ones."""
    monkeypatch.setattr(parallel, "MUCH", 1)
    monkeypatch.setattr(parallel, "TASK", 1)
    monkeypatch.setattr(split.pieces, "__defaults__", (20_000,))


@pytest.mark.usefixtures("small")
def test_several_processes_find_what_one_finds() -> None:
    one, three = (scan([ROOT / "samples"], ScanOptions(LogOptions(jobs=jobs))) for jobs in (1, 3))
    assert three.hops == one.hops
    assert len(one.hops) > 3
    assert three.summary.to_dict() == one.summary.to_dict()


@dataclass(frozen=True)
class Deadly:
    """Content whose reader dies of it."""

    parent: int

    def open(self) -> BinaryIO:
        if os.getpid() != self.parent:
            os._exit(9)
        return io.BytesIO(LINE)


@pytest.mark.usefixtures("small")
def test_a_process_that_dies_is_reported_and_the_other_files_are_read() -> None:
    good = [Source(f"good{i}", split_held(LINE * 50), len(LINE) * 50) for i in range(4)]
    deadly = Source("deadly", Deadly(os.getpid()), 10, start=LINE)
    pieces = list(parallel.told([*good[:2], deadly, *good[2:]], None, 2))
    assert sum(prepared.records for _, prepared in pieces) == 200
    skipped = {place for _, prepared in pieces for place in prepared.skipped}
    assert skipped == {("deadly", "the process that read it died; what it had not given is lost")}


def split_held(content: bytes) -> object:
    from hopwatch.readers.source import Held

    return Held(content)


@pytest.mark.usefixtures("small")
def test_a_path_that_does_not_exist_is_said_whoever_reads(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        scan([ROOT / "samples", tmp_path / "nothing"], ScanOptions(LogOptions(jobs=2)))
