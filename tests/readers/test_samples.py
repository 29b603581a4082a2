"""The sample logs that hopwatch ships are what their script writes, and all of them can be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.support.make_samples import build
from tests.support.reading import read_paths

FOLDER = Path(__file__).parents[2] / "samples"
BUILT: dict[str, bytes] = build()
RECORDS = {
    "psexec-target.evtx": 18, "wmi-winlogbeat.ndjson": 30, "winrm-nxlog.json.gz": 18, "forwarded-events.evtx": 29,
    "admin-noise.evtx": 27,
}  # fmt: skip


def unpacked(name: str, content: bytes) -> bytes:
    """The bytes that count: another zlib may pack the same differently."""
    return gzip.decompress(content) if name.endswith(".gz") else content


def test_the_folder_holds_what_the_script_writes_and_nothing_else() -> None:
    there = {file.name for file in FOLDER.iterdir() if file.is_file() and file.suffix not in (".py", ".md")}
    assert there == set(BUILT) == set(RECORDS)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_sample_is_what_its_script_writes(name: str) -> None:
    stored = unpacked(name, (FOLDER / name).read_bytes())
    assert stored == unpacked(name, BUILT[name]), "refresh with: .venv/bin/python -m tests.support.make_samples"


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_sample_is_read_whole(name: str) -> None:
    texts, summary = read_paths(FOLDER / name)
    assert (len(texts), summary.skips) == (RECORDS[name], [])
