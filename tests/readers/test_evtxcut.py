"""EVTX records that nobody asks for are cut out before they are decoded: nothing else changes, and all are counted."""

from __future__ import annotations

import random
import struct
from collections import Counter
from typing import Any
from zlib import crc32

import pytest

from hopwatch.model.lines import PassedOver
from hopwatch.readers import evtx as reader
from hopwatch.readers.evtxcut import without
from hopwatch.readers.source import bytes_source
from tests.readers.test_evtx import record
from tests.support.evtx_writer import CHUNK, FILE_HEADER, write

ASKED = frozenset({4624, 7045})
IDS = {
    "all are asked for": [4624] * 12,
    "none is": [4658] * 12,
    "the first alone": [4624] + [4658] * 11,
    "the last alone": [4658] * 11 + [4624],
    "some in the middle": [4658, 4658, 4624, 4656, 7045, 4658, 4624, 4624, 4656, 4656],
}


def file_of(ids: list[int]) -> bytes:
    records = [record(number, Text="x" * number) for number in range(1, len(ids) + 1)]
    for one, event_id in zip(records, ids, strict=True):
        one["Event"]["System"]["EventID"] = event_id
    return write(records)


def read(content: bytes, ids: frozenset[int] | None) -> tuple[list[bytes], int, Counter[str]]:
    """The records, how many were passed over, and what was reported."""
    said: Counter[str] = Counter()
    texts, passed = [], 0
    for batch in reader.read(bytes_source("x.evtx", content), lambda reason: said.update([reason]), ids):
        if isinstance(batch, PassedOver):
            passed += batch.count
        else:
            texts += batch
    return texts, passed, said


def asked_for(texts: list[Any]) -> list[Any]:
    return [text for text in texts if any(b'"EventID":%d' % number in text for number in ASKED)]


@pytest.mark.parametrize("name", IDS)
def test_what_is_asked_for_comes_out_as_it_does_of_the_whole_and_the_rest_is_counted(name: str) -> None:
    content = file_of(IDS[name])
    whole, _, said = read(content, None)
    some, passed, now_said = read(content, ASKED)
    assert asked_for(some) == asked_for(whole)
    assert len(some) + passed == len(whole) == len(IDS[name])
    assert said == now_said == Counter()


def test_most_of_what_nobody_asks_for_is_never_decoded() -> None:
    assert read(file_of(IDS["none is"]), ASKED)[1] == 12
    assert read(file_of(IDS["some in the middle"]), ASKED)[1] == 5  # the first of a chunk stays


def test_a_template_that_only_a_record_that_is_cut_holds_is_still_found() -> None:
    texts, passed, _ = read(file_of([4624, 4658, 4658, 4624]), ASKED)
    assert passed == 2
    assert len(asked_for(texts)) == 2


def test_a_damaged_chunk_is_read_as_it_is_so_that_its_damage_is_reported() -> None:
    content = bytearray(file_of(IDS["some in the middle"]))
    content[FILE_HEADER + 1500] ^= 0xFF
    chunk = bytes(content[FILE_HEADER : FILE_HEADER + CHUNK])
    assert without(chunk, ASKED) == (chunk, 0)


@pytest.mark.parametrize("seed", range(300))
def test_no_bytes_make_it_raise_even_where_the_checksum_is_right(seed: int) -> None:
    random_ = random.Random(seed)
    chunk = bytearray(file_of(IDS["some in the middle"])[FILE_HEADER : FILE_HEADER + CHUNK])
    (used,) = struct.unpack_from("<I", chunk, 48)
    for _ in range(random_.randint(1, 20)):
        chunk[random_.randrange(512, used)] = random_.randrange(256)
    struct.pack_into("<I", chunk, 52, crc32(chunk[512:used]))
    rest, count = without(bytes(chunk), ASKED)
    assert len(rest) in (0, CHUNK)
    assert 0 <= count <= 10
