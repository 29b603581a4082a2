"""A file in pieces holds what the whole file holds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopwatch.readers import evtx
from hopwatch.readers.registry import read
from hopwatch.readers.source import Source, file_source
from hopwatch.readers.split import pieces
from tests.normalise.test_shapes import RECORDS
from tests.support.evtx_writer import write

LINES = [json.dumps({"EventID": i, "x": "y" * (i * 37 % 400)}).encode() for i in range(400)]


def records(sources: list[Source]) -> tuple[list[bytes], Counter[str]]:
    reports: Counter[str] = Counter()
    found: list[bytes] = []
    for source in sources:
        for batch in read(source, lambda reason: reports.update([reason])):
            found += batch  # type: ignore[arg-type]
    return found, reports


@pytest.mark.parametrize(
    "ending", [b"\n", b"\r\n", b""], ids=["with a last newline", "with carriage returns", "without"]
)
@pytest.mark.parametrize("size", [1, 100, 4096, 30_000])
def test_pieces_of_lines_hold_every_line_once(tmp_path: Path, size: int, ending: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes((ending or b"\n").join(LINES) + ending)
    parts = list(pieces(file_source(path), size))
    assert len(parts) > 1 or size == 30_000
    assert records(parts) == (LINES, Counter())


@given(cuts=st.lists(st.integers(0, 60), min_size=1, max_size=40), size=st.integers(1, 3))
def test_lines_of_any_length_are_in_one_piece_each(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], size: int
) -> None:
    path = tmp_path_factory.mktemp("split") / "a.json"
    lines = [json.dumps({"x": "y" * (n * 3000)}).encode() for n in cuts]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert records(list(pieces(file_source(path), size * 65536)))[0] == lines


def test_pieces_of_an_evtx_file_hold_every_record_once(tmp_path: Path) -> None:
    path = tmp_path / "a.evtx"
    path.write_bytes(write([RECORDS["evtx"]] * 900))
    whole = file_source(path)
    assert whole.size > 4 * evtx.CHUNK
    parts = list(pieces(whole, evtx.CHUNK))
    assert len(parts) >= 4
    assert records(parts) == records([whole])
    assert len(records(parts)[0]) == 900


def test_damage_is_told_of_the_piece_that_it_is_in(tmp_path: Path) -> None:
    path = tmp_path / "a.evtx"
    content = bytearray(write([RECORDS["evtx"]] * 900))
    second = evtx.HEADER + evtx.CHUNK
    content[second : second + evtx.CHUNK] = bytes(evtx.CHUNK)
    path.write_bytes(content[:-1000])
    whole = file_source(path)
    assert records(list(pieces(whole, evtx.CHUNK))) == records([whole])
    assert len(records([whole])[1]) >= 2


@pytest.mark.parametrize(
    "content",
    [b"[" + b",".join(LINES) + b"]", b'{\n"a": 1\n}\n' * 9000, b"#separator \\x09\n" + b"x\ty\n" * 30_000],
    ids=["an array", "objects over many lines", "a log with a header"],
)
def test_what_cannot_be_taken_apart_stays_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    source = file_source(path)
    assert list(pieces(source, 1000)) == [source]
