"""Damaged and hostile XML: what is whole is read, what is not is reported, and nothing takes long or much memory."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopwatch.readers import eventcut, eventtree, eventxml
from hopwatch.readers.eventform import record_text
from hopwatch.readers.eventtree import record_of
from hopwatch.readers.source import Source, bytes_source
from tests.normalise.test_event_xml import EVENTS, SHARE, record
from tests.support.event_xml import Style, event_xml
from tests.support.reading import read_bytes

ONE, TWO, SIX = (event_xml(EVENTS[n]).encode() for n in (0, 1, 5))
BODY = ONE[ONE.index(b"<System>") :]
HEAD = ONE[: ONE.index(b"<EventData>")]
LAUGHS = b"".join(b"<!ENTITY l%d '%b'>" % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
BOMB = b"<!DOCTYPE Events [<!ENTITY l0 'ha'>" + LAUGHS + b'<!ENTITY e "' + ONE + b'">]>'
OUTSIDE = b"<!DOCTYPE Events [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"


def data(value: bytes) -> bytes:
    """The first event with one field of this value."""
    return HEAD + b"<EventData><Data Name='ShareName'>" + value + b"</Data></EventData></Event>"


CASES: list[tuple[str, bytes, list[int], dict[str, int]]] = [
    ("events of any kind", ONE + TWO + SIX, [48215, 901, 905], {}),
    ("an event torn at the end", ONE + TWO[:-30], [48215], {eventtree.TORN: 1}),
    ("an event torn inside a tag", ONE + TWO[:50], [48215], {eventtree.NO_EVENT: 1}),
    ("a torn event, and the next behind it", TWO[:-30] + ONE + SIX, [48215, 905], {eventtree.TORN: 1}),
    ("an event torn before its id", TWO[:90] + ONE, [48215], {eventtree.NO_EVENT: 1}),
    ("an event that begins in its middle", ONE[300:] + TWO, [901], {eventcut.GARBAGE: 1}),
    ("text between events", ONE + b"oh & <no\n" + TWO + b"ah" + SIX, [48215, 901, 905], {eventcut.GARBAGE: 2}),
    ("NUL bytes in a value", data(b"a\0b"), [48215], {}),
    ("control characters", data(b"\x1b[31m&#27;&#0;") + TWO, [48215, 901], {}),
    ("bytes that are no UTF-8", data(b"\xff\xfe\xed\xa0\x80") + TWO, [48215, 901], {}),
    ("references to no character", data(b"&#xD800;&#xFFFFFFFF;&#1114112;"), [48215], {}),
    ("an entity of HTML", data(b"&nbsp;") + TWO, [901], {eventtree.UNRESOLVED: 1}),
    ("a bare ampersand", data(b"a & b") + TWO, [901], {eventtree.DAMAGED: 1}),
    ("tags in a value", data(b"<b>") + TWO, [901], {eventtree.DAMAGED: 1}),
    ("an attribute twice", ONE.replace(b"<Data ", b"<Data a='1' a='2' ") + TWO, [901], {eventtree.DAMAGED: 1}),
    ("a million laughs", BOMB + b"<Events>" + data(b"&l9;") + TWO + b"</Events>", [901],
     {eventcut.REFUSED: 1, eventtree.UNRESOLVED: 1}),
    ("an external entity", b"<?xml version='1.0'?>\n" + OUTSIDE + data(b"&x;") + TWO, [901],
     {eventcut.REFUSED: 1, eventtree.UNRESOLVED: 1}),
    ("a document type between events", ONE + OUTSIDE + data(b"&x;"), [48215],
     {eventcut.REFUSED: 1, eventtree.UNRESOLVED: 1}),
    ("a document type inside an event", HEAD + OUTSIDE + b"&x;</Event>" + TWO, [901], {eventtree.DAMAGED: 1}),
    ("nesting without end", HEAD + b"<UserData>" + b"<a>" * 9_000 + b"</a>" * 9_000 + b"</UserData></Event>" + TWO,
     [901], {eventtree.DEEP: 1}),
    ("a hundred thousand elements", HEAD + b"<UserData>" + b"<a/>" * 100_000 + b"</UserData></Event>" + TWO, [901],
     {eventtree.MANY: 1}),
    ("a huge attribute", HEAD + b"<EventData><Data Name='" + b"n" * 1_500_000 + b"'>x</Data></EventData></Event>" + TWO,
     [48215, 901], {}),
    ("a value of more than an event's limit", data(b"x" * 3 * 2**20) + TWO, [901],
     {eventcut.TOO_LONG: 1, eventcut.GARBAGE: 1}),
    ("an Event inside UserData", HEAD + b"<UserData><Event a='1'><Event>x</Event></Event></UserData></Event>" + TWO,
     [48215, 901], {}),
    ("an end tag inside CDATA", data(b"<![CDATA[</Event>]]>") + TWO, [48215, 901], {}),
    ("CDATA without an end", data(b"<![CDATA[") + TWO + ONE, [901, 48215], {eventtree.TORN: 1}),
    ("an event inside CDATA", b"<w:Event a='b'><![CDATA[" + ONE + b"]]></w:Event>", [48215],
     {eventtree.NO_EVENT: 1, eventcut.GARBAGE: 1}),
    ("an Event that is something else", ONE + b"<Event><What/></Event>", [48215], {eventtree.NO_EVENT: 1}),
    ("fields in front of System", b"<Event><EventData><Data Name='EventID'>1</Data></EventData>" + BODY, [48215], {}),
    ("another XML", b"<?xml version='1.0'?><html><body>Event</body></html>", [],
     {eventxml.NO_EVENTS: 1, eventcut.GARBAGE: 1}),
    ("an empty export", b"<?xml version='1.0' encoding='utf-8'?>\n<Events></Events>", [], {eventxml.NO_EVENTS: 1}),
]  # fmt: skip


@pytest.mark.parametrize(("content", "numbers", "reports"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_is_whole_is_read_and_the_rest_reported(content: bytes, numbers: list[int], reports: Any) -> None:
    found, reasons = read_bytes(content)
    assert [int(r["Event"]["System"]["EventRecordID"]) for r in found] == numbers
    assert reasons == reports


SMALL = [case for case in CASES if len(case[1]) < 10_000 and BOMB not in case[1]]


@pytest.mark.parametrize("block", [23, 100, 1000])
@pytest.mark.parametrize(("content", "numbers", "reports"), [c[1:] for c in SMALL], ids=[c[0] for c in SMALL])
def test_it_is_the_same_however_the_bytes_come(
    block: int, content: bytes, numbers: list[int], reports: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventcut, "BLOCK", block)
    monkeypatch.setattr(eventxml, "claims", lambda head: True)
    test_what_is_whole_is_read_and_the_rest_reported(content, numbers, reports)


def test_what_xml_forbids_in_a_value_is_kept() -> None:
    for more in (b"", b"<!-- seen by the parser -->"):
        (found,), _ = read_bytes(data(b"a\x1b[0m &#27;&#x1;\0 &#xD800; \xff" + more))
        assert found["Event"]["EventData"] == {"ShareName": "a\x1b[0m \x1b\x01\0 \ufffd \ufffd"}


def test_nothing_outside_is_ever_read(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("swordfish")
    for name in (f"SYSTEM '{secret}'", f"SYSTEM 'file://{secret}'"):
        kinds = f"<!ENTITY x {name}><!ENTITY % y {name}> %y;"
        records, _ = read_bytes(f"<!DOCTYPE Events {name} [{kinds}]><Events>".encode() + data(b"&x;") + TWO)
        assert "swordfish" not in json.dumps(records)
        assert len(records) == 1


def test_json_whose_xml_is_damaged_is_reported() -> None:
    texts = [{"result": {"_raw": xml.decode()}} for xml in (ONE, data(b"&x;"), TWO)]
    records, reports = read_bytes(b"\n".join(json.dumps(text).encode() for text in texts))
    assert len(records) == 2
    assert reports == {eventtree.UNRESOLVED: 1}


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff\ufdd0"), max_size=40)
PLACES = ("Computer", "Channel", "EventRecordID")
NAME = TEXT.filter(lambda name: name not in ("", "#attributes", "#text"))  # the two have a meaning of their own


@given(st.dictionaries(NAME, TEXT, max_size=5), TEXT, st.sampled_from("'\""))
def test_the_fast_way_gives_what_the_parser_gives(fields: dict[str, str], computer: str, quote: str) -> None:
    event = record(7045, 1, EventData=fields)
    event["Event"]["System"]["Computer"] = computer
    xml = event_xml(event, Style(quote=quote))
    fast = record_text(xml)
    if fast is not None:
        one, other = json.loads(fast)["Event"], record_of(xml)["Event"]
        assert one["EventData"] == other["EventData"]
        assert [one["System"][p] for p in PLACES] == [other["System"][p] or "" for p in PLACES]


def test_windows_own_form_goes_the_fast_way() -> None:
    for quote in "'\"":
        for after in ("", "<RenderingInfo Culture='x'><Message>a</Message></RenderingInfo>"):
            assert record_text(event_xml(SHARE, Style(quote=quote, after=after))) is not None


def test_of_an_event_that_nothing_asks_for_only_the_id_is_given() -> None:
    source = bytes_source("sample", ONE + event_xml(EVENTS[2]).encode())
    (batch,) = eventxml.read(source, print, {7045})
    assert [json.loads(text)["Event"]["System"]["EventID"] for text in batch] == ["5145", "7045"]  # type: ignore[arg-type]
    assert batch[0] == b'{"Event":{"System":{"EventID":"5145"}}}'  # type: ignore[index]


# Time and memory

ENDLESS: dict[str, bytes] = {
    "starts of tags": b"<Event ",
    "starts": b"<Event>",
    "starts with prefixes": b"<a1:Event>\n<b:Event x='",
    "starts with ids": b"<Event><EventID>",
    "starts of events": b"<Event><System><EventID>1</EventID>",
    "comments": b"<Event><System><EventID><!--",
    "CDATA": b"<Event><System><EventID><![CDATA[",
    "nested ones": HEAD + b"<Event a=''>" * 50,
    "ends": b"</Event>",
    "a value": b"aaaaaaaaaaaaaaaa",
    "brackets": b"<<<<<<<<",
    "document types": b"<!DOCTYPE a [<!ENTITY ",
    "NUL bytes": bytes(64),
}


class Endless(io.RawIOBase):
    """A stream of one thing again and again, which takes no memory."""

    def __init__(self, head: bytes, unit: bytes, size: int) -> None:
        self._next, self._unit, self._left = head, unit * (2**16 // len(unit) + 1), size

    def read(self, size: int = -1) -> bytes:
        while len(self._next) < size and self._left > 0:
            self._next += self._unit
            self._left -= len(self._unit)
        given, self._next = self._next[:size], self._next[size:]
        return given


@dataclass(frozen=True)
class Opened:
    head: bytes
    unit: bytes
    size: int

    def open(self) -> BinaryIO:
        return Endless(self.head, self.unit, self.size)  # type: ignore[return-value]


def work(head: bytes, unit: bytes, size: int) -> tuple[float, Counter[str]]:
    """Read so many bytes, and give the seconds of work, and what was reported."""
    reports: Counter[str] = Counter()

    begin = time.process_time()
    for _ in eventxml.read(Source("endless", Opened(head, unit, size), size), lambda reason: reports.update([reason])):
        pass
    return time.process_time() - begin, reports


@pytest.fixture
def _nothing_traced() -> Iterator[None]:
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ENDLESS)
def test_the_time_grows_with_the_size_alone(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BLOCK", "LIMIT", "GAP"):  # smaller, so that small sizes show what large ones would
        monkeypatch.setattr(eventcut, name, getattr(eventcut, name) // 16)
    small, _ = work(HEAD + b"<EventData>", ENDLESS[kind], 2**18)
    large, reports = work(HEAD + b"<EventData>", ENDLESS[kind], 2**20)
    assert large < 10 * small + 1, f"{small:.2f} s for 256 KiB, {large:.2f} s for 1 MiB"
    assert reports


@pytest.mark.usefixtures("_nothing_traced")
@pytest.mark.parametrize("kind", ["a value", "ends"])
def test_memory_does_not_grow_with_the_size(kind: str) -> None:
    tracemalloc.start()
    work(HEAD + b"<EventData>", ENDLESS[kind], 12 * 2**20)
    assert tracemalloc.get_traced_memory()[1] < 12 * 2**20
