"""A baseline's file is written as a whole, and a wrong one is told in a sentence."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hopwatch.baseline import file
from hopwatch.baseline.rows import SCHEMA, merge, table
from hopwatch.model.baseline import Baseline
from hopwatch.model.errors import InputError
from tests.baseline.history import past, row

MARK = {file.MARK: b"1"}


def saved(path, rows, mark=MARK, schema=SCHEMA):
    pq.write_table(pa.Table.from_arrays(rows.columns, schema=schema).replace_schema_metadata(mark), path)


def test_what_is_written_is_read(tmp_path):
    known = past(range(3))
    file.write(known, tmp_path / "b")
    assert merge([file.read(tmp_path / "b")]).rows.equals(known.rows)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def foreign(path):
    saved(path, table([]), None)


def newer(path):
    saved(path, table([]), {file.MARK: b"2"})


def other_columns(path):
    saved(path, table([]).drop_columns(["id"]), schema=SCHEMA.remove(7))


def unknown_part(path):
    saved(path, table([row("gossip", 0, "ws01", "app01")]))


def no_target(path):
    saved(path, table([row("act", 0, "ws01", None)]))


def odd_hours(path):
    saved(path, table([(*row("act", 0, "ws01", "app01")[:6], 1 << 25, None)]))


def long_name(path):
    saved(path, table([row("act", 0, "w" * 5000, "app01")]))


def torn(path):
    file.write(past(range(2)), path)
    path.write_bytes(path.read_bytes()[:-40])


def mangled(path):
    file.write(past(range(2)), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 64] = bytes(64)
    path.write_bytes(content)


WRONG = {
    "nothing": (lambda path: path.write_bytes(b""), "is not a baseline, or is damaged"),
    "text": (lambda path: path.write_text("hosts:\n" * 20), "is not a baseline, or is damaged"),
    "a table of somebody else": (foreign, "is not a baseline that hopwatch wrote"),
    "a newer version": (newer, "has version 2 of a baseline; this hopwatch knows 1"),
    "other columns": (other_columns, "its columns are not a baseline's"),
    "rows of an unknown kind": (unknown_part, "it has rows of the unknown kind 'gossip'"),
    "rows without a target": (no_target, "rows without a target"),
    "hours that are none": (odd_hours, "its hours are not those of a day"),
    "a very long name": (long_name, "a name in it is 5,000 characters long"),
    "a torn file": (torn, "is not a baseline, or is damaged"),
    "a mangled file": (mangled, "is not a baseline, or is damaged"),
    "a folder": (lambda path: path.mkdir(), "is not a file with a baseline"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path, what):
    make, sentence = WRONG[what]
    path = tmp_path / "past.baseline"
    make(path)
    with pytest.raises(InputError) as told:
        file.read(path)
    assert sentence in str(told.value)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    file.write(past(range(2)), tmp_path / "b")
    monkeypatch.setattr(file, "MOST_ROWS", 10)
    with pytest.raises(InputError, match="too large for a baseline"):
        file.read(tmp_path / "b")


def test_no_bytes_whatever_raise_anything_else(tmp_path):
    file.write(past(range(2)), tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    for step in range(0, len(whole), max(1, len(whole) // 150)):
        (tmp_path / "b").write_bytes(whole[:step] + bytes([whole[step] ^ 0x5A]) + whole[step + 1 :])
        try:
            assert isinstance(file.read(tmp_path / "b"), Baseline)
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either is right


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot write"):
        file.write(past(range(1)), tmp_path / "missing" / "b")
