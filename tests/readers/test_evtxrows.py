"""EVTX records whose values are taken by their templates become the same events as the library's JSON of them."""

from __future__ import annotations

import random
import struct
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from hopwatch.model.decoded import Decoded
from hopwatch.model.lines import PassedOver
from hopwatch.normalise.ingest import with_names
from hopwatch.normalise.prepare import Preparer
from hopwatch.normalise.wanted import Asked, Wanted
from hopwatch.pipeline.logs import asked
from hopwatch.readers import evtx
from hopwatch.readers.evtxrows import rows
from hopwatch.readers.evtxtemplates import Templates
from hopwatch.readers.source import Source, bytes_source, file_source
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns
from tests.readers.test_evtx import record
from tests.support.evtx_writer import CHUNK, FILE_HEADER, write

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SAMPLES = sorted((Path(__file__).parents[2] / "samples").rglob("*.evtx"))
Event = tuple[tuple[str, Any], ...]
Whole = tuple[Counter[Event], Counter[str], int, Counter[tuple[str, str]]]
GUID, SID = bytes(range(16)), bytes.fromhex("0105000000000005150000009a6ba2e44c63ec0d27ddbd5cf4010000")
# Values of every type, also such as no type has, and what becomes of them is for the library to say.
VALUES: dict[str, tuple[int, bytes]] = {
    "nothing": (0x00, b""),
    "nothing, of some bytes": (0x00, b"ab"),
    "a text": (0x01, 'C:\\Temp\\"x"\r\n\t\x1b'.encode("utf-16-le")),
    "no text": (0x01, b""),
    "a text with a zero at its end": (0x01, "svc\0".encode("utf-16-le")),
    "a text with a zero at its start": (0x01, "\0svc".encode("utf-16-le")),
    "a text that is not ASCII": (0x01, "Überprüfung 審査 \U0001f600 \uffff".encode("utf-16-le")),
    "a text with half of a surrogate pair": (0x01, b"a\x00\x00\xd8b\x00\x00\xdc"),
    "a text of odd bytes": (0x01, b"a\x00b"),
    "an ANSI text": (0x02, b"abc\x00"),
    "a small negative number": (0x03, b"\xff"),
    "a small number": (0x04, b"\xff"),
    "a short negative number": (0x05, b"\xfe\xff"),
    "a short number": (0x06, b"\xfe\xff"),
    "a negative number": (0x07, b"\xfe\xff\xff\xff"),
    "a number": (0x08, b"\xfe\xff\xff\xff"),
    "a number of a wrong size": (0x08, b"\xfe\xff"),
    "a long negative number": (0x09, struct.pack("<q", -(2**63))),
    "a long number": (0x0A, struct.pack("<Q", 2**64 - 1)),
    "a fraction": (0x0B, struct.pack("<f", 1.5)),
    "a longer fraction": (0x0C, struct.pack("<d", 0.1)),
    "true": (0x0D, b"\x01\x00\x00\x00"),
    "neither true nor false": (0x0D, b"\x00\x01\x00\x00"),
    "neither, below zero": (0x0D, b"\xff\xff\xff\xff"),
    "false": (0x0D, bytes(4)),
    "bytes": (0x0E, b"\x00\xab"),
    "no bytes": (0x0E, b""),
    "a GUID": (0x0F, GUID),
    "a pointer": (0x10, struct.pack("<Q", 0xABC)),
    "a short pointer": (0x10, struct.pack("<I", 0xABC)),
    "a time": (0x11, struct.pack("<Q", 134_000_000_000_000_019)),
    "the first time": (0x11, bytes(8)),
    "the last time": (0x11, struct.pack("<Q", 2_650_466_808_009_999_999)),
    "a time too late": (0x11, struct.pack("<Q", 2_650_466_808_010_000_000)),
    "a time beyond all": (0x11, b"\xff" * 8),
    "a time in parts": (0x12, struct.pack("<8H", 2026, 3, 2, 10, 9, 14, 2, 5)),
    "an identifier": (0x13, SID),
    "an identifier without parts": (0x13, b"\x01\x00" + bytes(6)),
    "an identifier of more parts than it has bytes": (0x13, b"\x01\x02" + bytes(10)),
    "an identifier cut short": (0x13, SID[:4]),
    "a hexadecimal number": (0x14, struct.pack("<I", 0xFFF)),
    "a long hexadecimal number": (0x15, struct.pack("<Q", 0x3E7)),
    "hexadecimal zero": (0x15, bytes(8)),
    "texts": (0x81, "one\0two\0\0".encode("utf-16-le")),
    "one text of many": (0x81, "one\0".encode("utf-16-le")),
    "texts without an end": (0x81, "one\0two".encode("utf-16-le")),
    "no texts": (0x81, b""),
    "numbers": (0x88, struct.pack("<II", 1, 2)),
    "a type that is not known": (0x77, b"abcd"),
}
BODIES: dict[str, dict[str, Any]] = {
    "a field that is a column, and one that is not": {"EventData": {"IpAddress": "::ffff:10.20.1.4", "Other": 5}},
    "no address": {"EventData": {"IpAddress": "-", "SourceIp": "LOCAL", "ClientAddress": "SRV01"}},
    "a name in another case, and twice so": {"EventData": {"ipaddress": "10.20.1.4", "IPADDRESS": "10.20.1.5"}},
    "a name of the head": {"EventData": {"computer": "SRV02", "level": "9", "Channel": "System"}},
    "names that JSON escapes": {"EventData": {'a"b\\c': "x", "ü": "y", "": "z"}},
    "a name that is told apart": {"EventData": {"#text": "x"}},
    "bytes beside fields": {"EventData": {"param1": "Spooler", "Binary": (0x0E, b"S\x00p")}},
    "no bytes": {"EventData": {"param1": "Spooler", "Binary": (0x00, b"")}},
    "one value without a name": {"EventData": {"Data": "one"}},
    "values without names": {"EventData": {"Data": {"#text": ["one", "two", ""]}}},
    "a list of values without names": {"EventData": {"Data": (0x81, "one\0two\0\0".encode("utf-16-le"))}},
    "fields inside UserData": {"UserData": {"LogFileCleared": {"Channel": "System", "Path": None, "X": ""}}},
    "fields deep inside UserData": {"UserData": {"A": {"B": {"C": {"D": "x"}, "E": 1}}}},
    "attributes inside UserData": {"UserData": {"A": {"#attributes": {"xmlns": "urn:x"}, "B": "x"}}},
    "attributes of a field": {"UserData": {"A": {"B": {"#attributes": {"k": "v"}, "#text": "x"}}}},
    "attributes alone": {"UserData": {"A": {"B": {"#attributes": {"k": "v"}}}}},
    "nothing": {"EventData": None},
    "no body": {},
}


@cache
def wish() -> Asked | None:
    return with_names(asked(own_rules(schema_columns())))


def whole(source: Source, needs: Asked | None, values: bool) -> tuple[Whole, int]:
    """What a file becomes: its events, their formats, how many records there are and what was skipped.

    And how many records were taken by their templates.
    """
    preparer, taken = Preparer(Wanted(needs)), 0
    for batch in evtx.read(
        source, lambda reason: preparer.skip("x", reason), preparer.wanted.ids, Templates() if values else None
    ):
        taken += len(batch.rows) if isinstance(batch, Decoded) else 0
        preparer.add(batch, "x")
    done = preparer.take()
    given = done.windows.to_pylist() if done.windows is not None else []
    events = Counter(tuple(sorted((k, v) for k, v in row.items() if v is not None)) for row in given)
    return (events, done.formats, done.records, done.skipped), taken


def same(source: Source, needs: Asked | None = None) -> int:
    """Check that both ways give the same; give how many records were taken by their templates."""
    by_json, by_values = whole(source, needs, False)[0], whole(source, needs, True)
    assert by_values[0][0] - by_json[0] == by_json[0] - by_values[0][0] == Counter()
    assert by_values[0] == by_json
    return by_values[1]


def events(bodies: list[dict[str, Any]], *ids: int) -> list[dict[str, Any]]:
    """Records of some bodies, with event ids one after the other."""
    made = []
    for number, body in enumerate(bodies, start=1):
        one = {key: part for key, part in record(number)["Event"].items() if key != "EventData"} | body
        one["System"]["EventID"] = ids[number % len(ids)] if ids else 4624
        made.append({"Event": one})
    return made


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
@pytest.mark.parametrize("name", BODIES)
def test_every_kind_of_body_becomes_the_same_event(name: str, nested: bool) -> None:
    same(bytes_source("x", write(events([BODIES[name]] * 3), nested)))


@pytest.mark.parametrize("name", VALUES)
def test_every_kind_of_value_becomes_the_same_text(name: str) -> None:
    value = VALUES[name]
    bodies: list[dict[str, Any]] = [{"EventData": {"Before": "a", "Field": value, "Behind": "b"}}] * 2
    bodies += [{"UserData": {"A": {"Field": value, "Behind": "b"}}}, {"EventData": {"Data": value, "Binary": None}}]
    bodies += [{"EventData": {"SubjectUserSid": value, "Behind": "b"}}, {"EventData": {"A": "b"}}]
    for nested in (False, True):
        same(bytes_source("x", write(events(bodies), nested)))


@pytest.mark.parametrize("part", ["Level", "Keywords", "EventRecordID", "Channel", "Computer", "EventID"])
@pytest.mark.parametrize("name", VALUES)
def test_every_kind_of_value_in_a_head_becomes_the_same_text(name: str, part: str) -> None:
    records = events([{"EventData": {"A": "b"}}] * 3)
    records[1]["Event"]["System"][part] = VALUES[name]
    source = bytes_source("x", write(records, nested=True))
    same(source)


def test_nearly_all_kinds_of_values_are_taken_by_their_templates() -> None:
    usual = [value for name, value in VALUES.items() if value[0] not in (0x02, 0x0B, 0x0C, 0x12, 0x77, 0x81, 0x88)]
    usual = [value for value in usual if value[1] not in (b"a\x00b", b"\xfe\xff", SID[:4], b"\xff" * 8)]
    taken = [whole(bytes_source("x", write(events([{"EventData": {"A": v}}]), True)), None, True)[1] for v in usual]
    assert taken.count(1) >= len(taken) - 4


@pytest.mark.parametrize("everything", [True, False], ids=["everything", "what the rules ask for"])
@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name)
def test_samples_become_the_same_events(file: Path, everything: bool) -> None:
    same(file_source(file), None if everything else wish())


def test_most_of_the_samples_records_are_taken_by_their_templates() -> None:
    taken = sum(whole(file_source(file), None, True)[1] for file in SAMPLES)
    assert taken > len(SAMPLES) * 10


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize("everything", [True, False], ids=["everything", "what the rules ask for"])
def test_real_logs_become_the_same_events(everything: bool) -> None:
    taken = records = 0
    for file in sorted(file for file in CORPUS.rglob("*") if file.suffix.lower() == ".evtx"):
        taken += same(file_source(file), None if everything else wish())
        records += whole(file_source(file), None, False)[0][2] if everything else 0
    assert taken > 0.9 * records


SYSMON = "Microsoft-Windows-Sysmon/Operational"
WORDS = Asked(
    {SYSMON: {7, 13}, "Security": {4624}},
    {(SYSMON, 13): [("imagepath", "services")], (SYSMON, 7): [("taskschd.dll",), ("nslookup",)]},
    frozenset({13}),
)


@pytest.mark.parametrize(
    ("event_id", "text", "kept"),
    [
        (7, "C:\\TASKSCHD.dll", 2),
        (7, "other.dll", 0),
        (7, "Überprüfung taskschd.dll", 2),
        (13, "Services\\x\\ImagePath", 2),
        (13, "Services\\x\\Start", 1),
        (4624, "anything", 0),
    ],
)
def test_words_choose_the_same_events(event_id: int, text: str, kept: int) -> None:
    records = events([{"EventData": {"TargetObject": text, "Number": 5}}] * 2, event_id)
    for one in records:
        one["Event"]["System"]["Channel"] = SYSMON
    content = write(records, nested=True)
    assert same(bytes_source("x", content), WORDS) == 2
    assert whole(bytes_source("x", content), WORDS, True)[0][0].total() == kept


def test_values_do_not_hold_what_only_an_escape_of_json_makes() -> None:
    records = events([{"EventData": {"TargetObject": "a\nslookup"}}], 7)  # JSON has it as \nslookup
    records[0]["Event"]["System"]["Channel"] = SYSMON
    content = write(records, nested=True)
    assert whole(bytes_source("x", content), WORDS, False)[0][0].total() == 1
    assert whole(bytes_source("x", content), WORDS, True)[0][0].total() == 0


def test_a_word_that_a_number_may_hold_is_taken_to_be_there() -> None:
    records = events([{"EventData": {"ProcessGuid": (0x0F, b"\xfa\xce" * 8)}}], 7)
    records[0]["Event"]["System"]["Channel"] = SYSMON
    needs = Asked({SYSMON: {7}}, {(SYSMON, 7): [("face", "nslookup"), ("face",)]})
    assert same(bytes_source("x", write(records, nested=True)), needs) == 1
    needs = Asked({SYSMON: {7}}, {(SYSMON, 7): [("face", "nslookup")]})
    assert whole(bytes_source("x", write(records, nested=True)), needs, True)[0][0] == Counter()


def test_an_event_without_a_channel_is_skipped_and_counted() -> None:
    records = events([{"EventData": {"A": "b"}}] * 2)
    records[0]["Event"]["System"]["Channel"] = ""
    source = bytes_source("x", write(records, nested=True))
    assert same(source) == 2
    assert whole(source, None, True)[0][3] == {("x", "a record without channel or event id"): 1}


ASKED = Asked({"Security": {4624, 7045}})
IDS = {
    "all are asked for": [4624] * 12,
    "none is": [4658] * 12,
    "the first alone": [4624] + [4658] * 11,
    "the last alone": [4658] * 11 + [4624],
    "some in the middle": [4658, 4658, 4624, 4656, 7045, 4658, 4624, 4624, 4656, 4656],
}


def mixed(name: str, unusual: int = 0, nested: bool = True) -> bytes:
    """A file of records of such ids; every so many one has a value that only the library reads."""
    records = []
    for number, event_id in enumerate(IDS[name], start=1):
        fraction = {"Fraction": (0x0C, struct.pack("<d", number / 7))} if unusual and number % unusual == 0 else {}
        records += events([{"EventData": {"Text": "x" * number, **fraction}}], event_id)
        records[-1]["Event"]["System"]["EventRecordID"] = number
    return write(records, nested)


@pytest.mark.parametrize("unusual", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("nested", [True, False], ids=["nested", "flat"])
@pytest.mark.parametrize("name", IDS)
def test_what_is_asked_for_comes_out_and_the_rest_is_counted(name: str, nested: bool, unusual: int) -> None:
    content = mixed(name, unusual, nested)
    same(bytes_source("x", content), ASKED)
    same(bytes_source("x", content))
    assert whole(bytes_source("x", content), ASKED, True)[0][2] == len(IDS[name])


def test_what_nobody_asks_for_is_never_decoded() -> None:
    for name, passed in {"none is": 12, "some in the middle": 6, "all are asked for": 0}.items():
        source = bytes_source("x", mixed(name))
        given = list(evtx.read(source, lambda reason: None, frozenset({4624, 7045}), Templates()))
        assert sum(batch.count for batch in given if isinstance(batch, PassedOver)) == passed
        assert sum(len(batch.rows) for batch in given if isinstance(batch, Decoded)) == len(IDS[name]) - passed
        assert not any(isinstance(batch, list) for batch in given)


def test_a_damaged_chunk_is_left_as_it_is_so_that_its_damage_is_reported() -> None:
    content = bytearray(mixed("some in the middle"))
    content[FILE_HEADER + 1500] ^= 0xFF
    chunk = bytes(content[FILE_HEADER : FILE_HEADER + CHUNK])
    assert rows(chunk, 0, None, Templates()) == ([], chunk, 0)
    same(bytes_source("x", bytes(content)))


def with_right_sum(chunk: bytearray) -> bytes:
    (used,) = struct.unpack_from("<I", chunk, 48)
    struct.pack_into("<I", chunk, 52, crc32(chunk[512:used]))
    return bytes(chunk)


def test_a_chunk_with_two_templates_of_one_guid_is_left_to_the_library() -> None:
    content = write(events([{"EventData": {"A": "x"}}, {"EventData": {"B": "y"}}]))
    chunk = bytearray(content[FILE_HEADER:])
    places = [512 + 38, struct.unpack_from("<I", chunk, 516)[0] + 512 + 38]
    first, second = places
    chunk[second + 4 : second + 20] = chunk[first + 4 : first + 20]
    changed = with_right_sum(chunk)
    assert rows(changed, 0, None, Templates()) == ([], changed, 0)


def test_the_same_template_elsewhere_in_a_chunk_is_known_again_but_not_one_of_other_names() -> None:
    some, other = ({"EventData": {name: "x", "Text": "y"}} for name in ("Alpha", "Gamma"))
    before = [{"EventData": {"Long": "x" * 40}}]
    for bodies in ([some, other], [*before, some], [*before, other, some], [some, *before, other]):
        files = [write(events(each), nested=True)[FILE_HEADER:] for each in ([some], bodies, [other], bodies[::-1])]
        source = bytes_source("x", write([], True)[:FILE_HEADER] + b"".join(files))
        assert same(source) == 2 + 2 * len(bodies)


def mutated(seed: int) -> bytes:
    """A file with some bytes inside its one chunk changed, so that the checksum is right all the same."""
    chance = random.Random(seed)
    name = chance.choice(list(IDS))
    content = mixed(name, chance.choice((0, 0, 3)), chance.random() < 0.8)
    chunk = bytearray(content[FILE_HEADER : FILE_HEADER + CHUNK])
    (used,) = struct.unpack_from("<I", chunk, 48)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(512, min(used, 4000) if chance.random() < 0.7 else used)
        chunk[place] = chance.choice((chance.randrange(256), chunk[place] ^ 1 << chance.randrange(8), 0, 1, 0x21, 0xFF))
    return content[:FILE_HEADER] + with_right_sum(chunk)


@pytest.mark.parametrize("first", range(0, 600, 50))
def test_no_bytes_make_it_raise_or_tell_of_a_record_what_the_library_does_not(first: int) -> None:
    """Only where the library loses a record or a chunk may there be more of them."""
    for seed in range(first, first + 50):
        for needs in (None, ASKED):
            by_json, by_values = (whole(bytes_source("x", mutated(seed)), needs, way)[0] for way in (False, True))
            assert by_json[0] <= by_values[0], seed
            if not by_json[3]:
                assert by_values == by_json, seed
