"""EVTX: every whole record of a file comes out, and every damage is reported, not raised."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from evtx import PyEvtxParser

from hopwatch.readers import evtx as reader
from hopwatch.readers.source import file_source
from tests.support.evtx_writer import CHUNK, FILE_HEADER, TooLong, write
from tests.support.reading import read_bytes, read_paths

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "data"


def record(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "Event": {
            "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}},
                "EventID": 4624,
                "TimeCreated": {"#attributes": {"SystemTime": f"2026-03-10T09:14:02.{number:06d}Z"}},
                "EventRecordID": number,
                "Correlation": None,
                "Execution": {"#attributes": {"ProcessID": 636, "ThreadID": 700}},
                "Channel": "Security",
                "Computer": "SRV01.corp.example",
                "Security": None,
            },
            "EventData": {"TargetUserName": "m.huber", "LogonType": 3, **fields},
        }
    }


RECORDS = [record(number, Text="x" * 900) for number in range(1, 101)]
FILE = write(RECORDS)
CHUNKS = (len(FILE) - FILE_HEADER) // CHUNK


def place(chunk: int) -> int:
    """Where a chunk of the file begins."""
    return FILE_HEADER + chunk * CHUNK


def numbers(records: list[Any]) -> list[int]:
    return [r["Event"]["System"]["EventRecordID"] for r in records]


def held(chunk: int) -> list[int]:
    """The records that the file has in one chunk."""
    return numbers(read_bytes(FILE[:FILE_HEADER] + FILE[place(chunk) : place(chunk + 1)])[0])


def without(*chunks: int) -> list[int]:
    return [n for chunk in range(CHUNKS) if chunk not in chunks for n in held(chunk)]


def test_a_written_file_is_read_back_equal_over_several_chunks() -> None:
    records, reports = read_bytes(FILE)
    assert CHUNKS >= 3
    assert records == RECORDS
    assert not reports


@pytest.mark.parametrize(
    "body",
    [
        {"UserData": {"LogFileCleared": {"#attributes": {"xmlns": "urn:x"}, "Channel": "System", "Path": None}}},
        {"EventData": {"param1": "Spooler", "param2": "running", "Binary": "530070006F00"}},
        {"EventData": {"Data": {"#text": ["one", "two", ""]}}},
        {"EventData": {"Initiated": True, "Empty": "", "Large": 2**40, "Text": "Überprüfung 審査 \U0001f600"}},
        {"EventData": None},
    ],
    ids=["UserData", "binary", "values without a name", "kinds of values", "nothing"],
)
def test_the_writer_keeps_every_kind_of_body(body: dict[str, Any]) -> None:
    whole = {"Event": {**{k: v for k, v in record(1)["Event"].items() if k != "EventData"}, **body}}
    assert read_bytes(write([whole])) == ([whole], Counter())


def test_the_writer_says_when_a_record_fits_into_no_chunk() -> None:
    with pytest.raises(TooLong):
        write([record(1, Text="x" * CHUNK)])


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_real_records_written_again_are_read_equal() -> None:
    for file in sorted(CORPUS.rglob("*.evtx"))[::5]:
        real = [json.loads(r["data"]) for r in PyEvtxParser(str(file)).records_json()]
        assert read_bytes(write(real)) == (real, Counter())


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_real_files_are_read_as_the_parser_reads_them_and_nothing_is_reported() -> None:
    for file in sorted(CORPUS.rglob("*.evtx")):
        reports: list[str] = []
        got = [text for batch in reader.read(file_source(file), reports.append) for text in batch]
        assert got == [r["data"].encode() for r in PyEvtxParser(str(file)).records_json()]
        assert reports == []


def test_a_file_cut_in_the_middle_of_a_chunk_gives_its_whole_records_and_says_so() -> None:
    cut = FILE[: place(1) + 30_000]
    records, reports = read_bytes(cut)
    assert set(numbers(records)) > set(held(0))
    assert reports["EVTX cut in the middle of a chunk (30000 bytes over)"] == 1
    assert len(records) + reports.total() - 1 == len(held(0)) + len(held(1))


def test_a_zeroed_chunk_is_reported_and_the_others_are_read() -> None:
    records, reports = read_bytes(FILE[: place(1)] + bytes(CHUNK) + FILE[place(2) :])
    assert numbers(records) == without(1)
    assert reports == {"an EVTX chunk of zeros amid others": 1}


def test_zeros_behind_the_last_chunk_are_no_damage() -> None:
    assert read_bytes(FILE + bytes(3 * CHUNK)) == (RECORDS, Counter())


def test_a_chunk_of_random_bytes_is_reported_and_the_others_are_read() -> None:
    records, reports = read_bytes(FILE[: place(1)] + random.Random(1).randbytes(CHUNK) + FILE[place(2) :])
    assert numbers(records) == without(1)
    assert reports["an EVTX chunk that is overwritten"] == 1


def test_random_bytes_inside_a_chunk_cost_records_and_each_is_counted() -> None:
    start = place(1) + 20_000
    damaged = FILE[:start] + random.Random(2).randbytes(9_000) + FILE[start + 9_000 :]
    records, reports = read_bytes(damaged)
    assert set(numbers(records)) >= set(without(1))
    assert reports.total() == len(RECORDS) - len(records) > 0


@pytest.mark.parametrize(
    "header", [bytes(FILE_HEADER), random.Random(3).randbytes(FILE_HEADER)], ids=["zeros", "random"]
)
def test_a_file_whose_header_is_lost_is_read_all_the_same(header: bytes) -> None:
    records, reports = read_bytes(header + FILE[FILE_HEADER:])
    assert records == RECORDS
    assert reports == {"an EVTX file without its header; its chunks are read all the same": 1}


def test_a_dirty_flag_and_a_wrong_checksum_of_the_header_do_not_matter() -> None:
    assert read_bytes(FILE[:120] + b"\x01\x00\x00\x00\xde\xad\xbe\xef" + FILE[128:]) == (RECORDS, Counter())


@pytest.mark.parametrize("size", [8, 100, FILE_HEADER - 1])
def test_a_file_shorter_than_its_header_is_reported(size: int) -> None:
    assert read_bytes(FILE[:size]) == ([], Counter({"an EVTX file shorter than its header": 1}))


def test_a_header_alone_holds_no_record_and_is_no_damage() -> None:
    assert read_bytes(write([])) == ([], Counter())


def test_a_chunk_that_counts_more_records_than_it_can_hold_is_not_believed() -> None:
    content = bytearray(FILE)
    content[place(0) + 16 : place(0) + 24] = (2**62).to_bytes(8, "little")
    records, reports = read_bytes(bytes(content))
    assert set(numbers(records)) >= set(without(0))
    assert reports.total() < len(RECORDS)


def test_a_packed_file_much_smaller_than_its_header_is_still_read(tmp_path: Path) -> None:
    packed = gzip.compress(write([record(1)]))
    assert len(packed) < FILE_HEADER
    (tmp_path / "Security.evtx.gz").write_bytes(packed)
    texts, summary = read_paths(tmp_path)
    assert (len(texts), summary.skips) == (1, [])
