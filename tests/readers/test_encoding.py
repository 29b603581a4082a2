"""Text in UTF-16 is read as if it were UTF-8; what is no text is left alone."""

from __future__ import annotations

import gzip
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

import pytest

from hopwatch.readers.encoding import encoding_of
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from tests.support.packing import tarred, zipped
from tests.support.reading import read_paths, reasons

ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: BOM_UTF8 + text.encode(),
    "UTF-16 LE": lambda text: BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 LE without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE without a mark": lambda text: text.encode("utf-16-be"),
}
FILLER = '{"EventID": 3, "Hostname": "WS01", "Message": "' + "x" * 80
TEXTS = {
    "JSON lines": FILLER + 'Müller 漢 😀"}\r\n{"EventID": 4}\r\n',
    "a JSON array": "[" + FILLER + 'Müller 漢 😀"},\n{"EventID": 4}]',
    "CSV": "host,ip,role\nWS01,10.20.1.11,Müller 漢 😀\nWS02,10.20.1.12," + "x" * 80 + "\n",
    "Zeek": "#separator \\x09\n#path\tconn\n#fields\tts\tuid\n" + "1.0\tMüller 漢 😀\n2.0\t" + "x" * 80 + "\n",
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_of_a_text_reads_the_same(tmp_path: Path, kind: str, encoding: str) -> None:
    (tmp_path / "plain").write_bytes(TEXTS[kind].encode())
    (tmp_path / "encoded").write_bytes(ENCODINGS[encoding](TEXTS[kind]))

    def all_of(name: str) -> list[object]:
        found = list(sources([tmp_path / name], lambda _, reason: pytest.fail(reason)))
        return [batch for source in found for batch in read(source, pytest.fail)]

    assert all_of("encoded") == all_of("plain") != []


@pytest.mark.parametrize("pack", [gzip.compress, lambda c: zipped({"a": c}), lambda c: gzip.compress(tarred({"a": c}))])
def test_text_in_utf16_is_read_in_archives_too(tmp_path: Path, pack: object) -> None:
    (tmp_path / "a").write_bytes(pack(ENCODINGS["UTF-16 LE"](TEXTS["JSON lines"])))  # type: ignore[operator]
    assert len(read_paths(tmp_path)[0]) == 2


DAMAGE = {
    "half a pair": b"\x3d\xd8",
    "the wrong half": b"\x00\xde",
    "both the wrong way": b"\x00\xde\x3d\xd8",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_halves_of_characters_are_replaced_and_told(tmp_path: Path, damage: str) -> None:
    content = ENCODINGS["UTF-16 LE"]('{"a": "Q"}\n{"b": 1}\n').replace(b"Q\0", DAMAGE[damage])
    (tmp_path / "a").write_bytes(content)
    texts, summary = read_paths(tmp_path)
    assert "\ufffd" in texts[0].decode()
    assert (texts[1], reasons(summary)) == (
        b'{"b": 1}',
        "text in UTF-16 with halves of characters, which are replaced",
    )


def test_a_text_that_ends_within_a_character_is_read_up_to_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ENCODINGS["UTF-16 LE"]('{"b": 1}\n')[:-1])
    texts, summary = read_paths(tmp_path)
    assert len(texts) == 1
    assert "halves of characters" in reasons(summary)


def test_a_torn_archive_of_such_text_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(ENCODINGS["UTF-16 LE"]('{"b": 1}\n' * 9000))[:-8])
    texts, summary = read_paths(tmp_path)
    assert (len(texts), "cannot be read further" in reasons(summary)) == (9000, True)


LEFT = {
    "EVTX": b"ElfFile\0" + bytes(5000),
    "EVTX that has lost its header": (b"\xff\xfe" * 2048) + b"ElfChnk\0",
    "zip": zipped({"a": b"x"}),
    "zeros": bytes(4104),
    "UTF-32": "\ufeff{}".encode("utf-32-le"),
    "one letter with a zero": b"{\0\x01\x02",
    "text": b'{"a": 1}',
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_is_not_plainly_utf16_is_left_as_it_is(kind: str) -> None:
    assert encoding_of(LEFT[kind]) is None
