"""JSON lines and arrays: what is whole is read, what is not is reported and never ends a file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hopwatch.readers import jsonlines
from hopwatch.readers.batch import BYTES
from hopwatch.readers.source import bytes_source
from tests.support.reading import normalise_files, read_bytes

A, B = {"EventID": 1, "Hostname": "WS01"}, {"EventID": 2, "Hostname": "SRV02"}
LINES = b"".join(json.dumps(r).encode() + b"\n" for r in (A, B))
ARRAY = json.dumps([A, B], indent=1).encode()
DEEP = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
NESTED = b'{"a":' * 400 + b"1" + b"}" * 400
PRETTY = json.dumps(A, indent=2).encode() + b"\n" + json.dumps(B, indent=2).encode() + b"\n"
OWN = {"EventTime": "2026-03-10 09:14:02", "Hostname": "WS01", "records": [{"a": 1}]}
TORN_OBJECT = "a JSON object over many lines that does not end"
TORN = "a JSON array that is torn or damaged; what stands before is read"
NO_OBJECT = "an element of a JSON array that is no object, or nests too deeply"
NO_LINE = "a line that is no JSON object"

CASES: list[tuple[str, bytes, list[Any], dict[str, int]]] = [
    ("lines", LINES, [A, B], {}),
    ("lines without a last line end", LINES.rstrip(), [A, B], {}),
    ("lines with Windows line ends and empty lines", LINES.replace(b"\n", b"\r\n\r\n"), [A, B], {}),
    ("lines behind a byte order mark", b"\xef\xbb\xbf" + LINES, [A, B], {}),
    ("lines with a second byte order mark", LINES[:35] + b"\xef\xbb\xbf" + LINES[35:], [A, B], {}),
    ("lines with NUL bytes around them", b"\x00\x00" + LINES.replace(b"\n", b"\x00\x00\n\x00"), [A, B], {}),
    ("lines among other text", b'{"EventID": 1, "Hostname": "WS01"}\n# note\n"text"\n17\n[]\n', [A], {NO_LINE: 4}),
    ("an array", ARRAY, [A, B], {}),
    ("an array behind a byte order mark", b"\xef\xbb\xbf \n" + ARRAY, [A, B], {}),
    ("an array with NUL bytes behind it", ARRAY + bytes(500), [A, B], {}),
    ("an empty array", b"[]", [], {}),
    ("an array torn in its second element", ARRAY[:-20], [A], {TORN: 1}),
    ("an array torn between its elements", json.dumps([A]).encode()[:-1] + b",", [A], {TORN: 1}),
    ("an array with a bad element", b'[{"EventID": 1, "Hostname": "WS01"}, {bad}]', [A], {TORN: 1}),
    ("arrays one after the other", json.dumps([A]).encode() + b"\n" + json.dumps([B]).encode(), [A, B], {}),
    ("an array of other things", b'[{"EventID": 1, "Hostname": "WS01"}, 5, "x", null, [1]]', [A], {NO_OBJECT: 4}),
    ("an array that nests without end", b"[" + DEEP + b"]", [], {TORN: 1}),
    ("an array that nests deeper than orjson writes", b"[" + NESTED + b"]", [json.loads(NESTED)], {}),
    ("objects over many lines", PRETTY, [A, B], {}),
    ("objects over many lines with Windows line ends", PRETTY.replace(b"\n", b"\r\n"), [A, B], {}),
    ("evtx_dump's file", b"Record 1\n" + json.dumps(A, indent=2).encode() + b"\nRecord 2\n" + PRETTY, [A, A, B], {}),
    ("an object torn before another", PRETTY[:20] + b"\n" + PRETTY, [A, B], {TORN_OBJECT: 1}),
    ("an object torn before a record's number", PRETTY[:20] + b"\nRecord 2\n" + PRETTY, [A, B], {TORN_OBJECT: 1}),
    ("an object torn at the end", PRETTY[:-3], [A], {TORN_OBJECT: 1}),
    ("lines between objects over many lines", json.dumps(A).encode() + b"\n" + PRETTY, [A, A, B], {}),
    (
        "an Elasticsearch answer",
        json.dumps({"took": 3, "hits": {"total": 2, "hits": [{"_source": A}, {"_source": B}, 5]}}).encode(),
        [{"_source": A}, {"_source": B}],
        {},
    ),
    ("an answer over many lines", json.dumps({"hits": {"hits": [A, B]}}, indent=2).encode(), [A, B], {}),
    (
        "a Log Analytics answer",
        json.dumps(
            {
                "tables": [
                    {
                        "name": "PrimaryResult",
                        "columns": [{"name": "EventID", "type": "int"}, {"name": "Hostname"}, {"name": "x"}],
                        "rows": [[1, "WS01", None], [2, "SRV02"]],
                    },
                    5,
                ]
            }
        ).encode(),
        [A, B],
        {},
    ),
    ("an advanced hunting answer", json.dumps({"Schema": [], "Results": [A, B]}).encode(), [A, B], {}),
    ("event hub lines", b"\n".join(json.dumps({"records": [A, B]}).encode() for _ in "12"), [A, B, A, B], {}),
    ("records that have such keys themselves", json.dumps(OWN).encode(), [OWN], {}),
    ("half of a surrogate pair", b'[{"Hostname": "WS\\ud800"}]', [{"Hostname": "WS\ud800"}], {}),
]


@pytest.mark.parametrize(("content", "records", "reports"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_json_is_read_as_far_as_it_is_whole(content: bytes, records: list[Any], reports: dict[str, int]) -> None:
    assert read_bytes(content) == (records, reports)


def test_a_torn_last_line_is_handed_on_and_refused_where_it_is_parsed() -> None:
    texts = [line for line in LINES[:-10].split(b"\n") if line]
    _, summary = normalise_files({"torn.json": texts})
    assert summary.skipped["torn.json", "not JSON"] == 1


def test_a_line_of_more_than_the_limit_is_passed_over_and_the_next_is_read() -> None:
    long = b'{"EventID": 3, "x": "' + b"y" * (2 * jsonlines.LINE_LIMIT) + b'"}\n'
    records, reports = read_bytes(LINES + long + LINES)
    assert records == [A, B, A, B]
    assert reports == {"a line of more than 8 MiB": 1}


def test_long_lines_come_in_small_batches() -> None:
    line = b'{"x": "' + b"y" * (3 * 2**20) + b'"}\n'
    batches = list(jsonlines.read(bytes_source("sample", line * 20), lambda reason: None))
    assert sum(map(len, batches)) == 20
    assert max(sum(map(len, batch)) for batch in batches) <= BYTES + len(line)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"hello world\n", "not a format that hopwatch reads"),
        (bytes(10_000), "not a format that hopwatch reads"),
        (b"\xff\xfe{\x00", "not a format that hopwatch reads"),
    ],
)
def test_what_is_no_log_is_named(content: bytes, reason: str) -> None:
    assert read_bytes(content) == ([], {reason: 1})
