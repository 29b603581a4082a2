"""Archives and compressed files: content decides what they are, limits hold, damage and what is left out are named."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import tracemalloc
import zipfile
from base64 import b64decode
from pathlib import Path

import pytest

from hopwatch.readers.containers import limits, runs
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from tests.support.packing import PACKERS, tarred, zipped
from tests.support.reading import read_paths, reasons
from tests.support.seven_writer import write_seven

LINE = b'{"EventID": 1, "Hostname": "WS01"}\n'
OTHER = b'{"EventID": 2, "Hostname": "WS02"}\n'
TWO = {"a.json": LINE, "b.json": OTHER * 2}
# What another program wrote: a packed header, a filter, PPMd, and two encrypted archives.
SEVEN = {
    "plain":
        "N3q8ryccAAT2lLvbpAAAAAAAAAAVAAAAAAAAAC4V/qngAK4AKl0APYiEp2NkZyTRXjT8+7T/u6K1kkSkckbDhZuffEW5KQ4xJb5w"
        "qSpbZoAAAOAAiABqXQAAgTMHrg/RHxk0oIppsLnhSq6hiO9BhK+yLEF/pCtb0V8VyF7O0V3RQGil5YY/LvaLwfC3jMqRgbsjs0Fp"
        "poXKsi1isHxOjYwz1/3pSXvjCyyWhjUAerq29OwNHQSDPcLDa8X3eTONAAAAABcGMgEJcgAHCwEAASEhARgMgIkAAA==",
    "filter":
        "N3q8ryccAAT2yExFigAAAAAAAAAUAAAAAAAAACnmlcfgAIsAKl0APYiEp2NkZyTRXjT8+7T/u6K1kkSkckbDhZuffEW5KQ4xJb5w"
        "qJVFAWAAAOAAUgBQXQAAgTMHrg/RHxk0oIppsLnhRxqpiO9BhK+yKfArpCsmYN6ZU6Oj5g2N8ruQ/B3d3mhLUg/DFkDjJPI0WIir"
        "kLwbSKvrwT5Y3nXvPbobWAAAAAAXBjIBCVgABwsBAAEhIQEYDFMAAA==",
    "encrypted":
        "N3q8ryccAATj2wEkmwAAAAAAAAAUAAAAAAAAAE4L+Tz4MFjUEDzCr9C06bQEldimnhVIHJnXefV5EWua4s1zc98xKtJrUlZs/Bk2"
        "5pC6lpEBAGYBBAYAAQkwCgEvEGn2AAcLAQACJAbxBwESUw9rF2CAk6khLhr9gswuyJckISEBGAEADCcjAAgKAYhrbQ8AAAUBEQ8A"
        "YQAuAGoAcwBvAG4AAAAUCgEAAPjOYO573QEVBgEAIICAgQAAABcGMAEJawAHCwEAASEhARgMZwAA",
    "encrypted names":
        "N3q8ryccAAQBTRO1oAAAAAAAAAAoAAAAAAAAAKIzNxPqKCtJEi1FsQAJP6+75+AwxY5gnJTTtrQwMnkXqr4M1n02tunwsEb9op1o"
        "tmvulkmQCtunML+vFJtbSoT8UFSiOhjeveX7vO1+tbtGuHa8CLYpHvnvZm8O2y1qOCWX0fhtHoFP+I2tRckC7DJWzT0aCH+ge8E3"
        "OauJrxly4to3fUbZ8I/Rg8QL++4+P2eNY/eltSXJYxxbOWVgTt3zeWyvFwYwAQlwAAcLAQABJAbxBwESUw9b/dbXsiuyho3Hycw9"
        "u4KQDGcAAA==",
    "ppmd":
        "N3q8ryccAATo5d8MfQAAAAAAAAAUAAAAAAAAAFzdsV4Aeqb35qVD3zo6NFF2dAgEdNobBeeiYaeElQDrWlm0CFrfvgDgAFIAUV0A"
        "AIEzB64P0Es5PJ8/R0Fc9tUhHSKAEMxeXED8diHKevRoPf4gMVDuz/dfYPOTM8toPsepzEYUWCQBgdWOeTB3G3oME6yMrdQ/Dhqf"
        "0cY6IAAAABcGJAEJWQAHCwEAASEhARgMUwAA",
}  # fmt: skip
GZ = PACKERS["gz"]


def encrypted(content: bytes) -> bytes:
    """The archive with its members marked as encrypted."""
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + flags
        content = content[:place] + bytes([content[place] | 1]) + content[place + 1 :]
    return content


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def sparse() -> tarfile.TarInfo:
    info = special("hole.json", tarfile.REGTYPE)
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,0,1099511627776,0"}
    return info


def old_tar(members: dict[str, bytes]) -> bytes:
    """A tar archive from before there was a mark, told by its checksum."""
    content = tarred(members, tarfile.USTAR_FORMAT)
    head = content[:148] + b" " * 8 + content[156:257] + bytes(8) + content[265:512]
    return head[:148] + b"%06o\0 " % sum(head) + head[156:] + content[512:]


NESTED = "an archive inside an archive inside an archive"
TAR = tarred(TWO)
CASES: list[tuple[str, bytes, int, str]] = [
    ("a plain file", LINE, 1, ""),
    *((f"{kind}", pack(LINE * 3), 3, "") for kind, pack in PACKERS.items()),
    *((f"{kind} of several frames", pack(LINE) + pack(LINE), 2, "") for kind, pack in PACKERS.items()),
    *((f"{kind}, torn at once", pack(LINE)[:10], 0, "cannot be read further") for kind, pack in PACKERS.items()),
    *((f"tar in {kind}", pack(TAR), 3, "") for kind, pack in PACKERS.items()),
    ("xz with padding", PACKERS["xz"](LINE) + bytes(8) + PACKERS["xz"](LINE), 2, ""),
    ("xz with something behind it", PACKERS["xz"](LINE) + b"more and more", 1, "cannot be read further"),
    ("Zstandard behind a frame without data", b"\x50\x2a\x4d\x18\x02\0\0\0ab" + PACKERS["zst"](LINE), 1, ""),
    ("a gzip file that is torn behind whole lines", GZ(LINE * 9_000)[:-8], 9_000, "cannot be read further"),
    ("a gzip file with a wrong checksum", GZ(LINE)[:-8] + bytes(8), 1, "cannot be read further"),
    ("gzip in gzip", GZ(GZ(LINE)), 0, "compressed twice over"),
    ("a text that begins like bzip2", b"BZh9 is no log", 0, "not a format that hopwatch reads"),
    ("a zip archive", zipped(TWO), 3, ""),
    ("a zip archive, bzip2 inside", zipped(TWO, zipfile.ZIP_BZIP2), 3, ""),
    ("a zip archive, LZMA inside", zipped(TWO, zipfile.ZIP_LZMA), 3, ""),
    ("a zip archive with a gzip member", zipped({"a.json.gz": GZ(LINE * 2)}), 2, ""),
    ("what systems add", zipped({"a.json": LINE, "__MACOSX/._a": LINE, ".x": LINE, "d/Thumbs.db": b"x",
                                 "desktop.ini": b"x"}), 1, ""),
    ("an encrypted zip archive", encrypted(zipped(TWO)), 2, "encrypted archive member"),
    ("a zip archive whose member has no name", zipped({"Q.json": LINE}).replace(b"Q.json", b"\0.json"), 0, ""),
    ("a zip archive without its end", zipped(TWO)[:-30], 3, "a damaged zip archive"),
    ("a zip archive that is torn", zipped(TWO)[:-190], 1, "a damaged"),
    ("an empty zip archive", zipped({}), 0, ""),
    ("zip in zip", zipped({"a.zip": zipped(TWO)}), 3, ""),
    ("zip in tar in gzip", GZ(tarred({"a.zip": zipped(TWO), "c.json": LINE * 2})), 5, ""),
    ("tar in gzip in zip", zipped({"a.tgz": GZ(TAR), "c.json": LINE * 2}), 5, ""),
    ("tar in tar in gzip", GZ(tarred({"a.tar": TAR, "c.json": LINE * 2})), 5, ""),
    ("gzip in tar in gzip", GZ(tarred({"a.json.gz": GZ(LINE), "b.json.gz": GZ(OTHER)})), 2, ""),
    ("three archives deep", zipped({"a.zip": zipped({"b.zip": zipped(TWO)})}), 0, NESTED),
    ("tar", TAR, 3, ""),
    ("tar of an old kind", old_tar({"a.json": LINE}), 1, ""),
    ("tar with a damaged header", TAR[:10] + b"x" + TAR[11:], 0, "a damaged tar archive"),
    ("tar of GNU with a long name", tarred({"d/" * 150 + "a.json": LINE}, tarfile.GNU_FORMAT), 1, ""),
    ("tar with names that lead away", tarred({"../../a.json": LINE, "/b.json": OTHER, "./c.json": LINE * 2}), 4, ""),
    ("tar with a link", tarred({"l": special("l.json", tarfile.SYMTYPE, "/etc/passwd"), **TWO}), 3, "a link, not"),
    ("tar with a hard link", tarred({"l": special("l.json", tarfile.LNKTYPE, "a.json"), **TWO}), 3, "a link, not"),
    ("tar with a device", tarred({"d": special("d.json", tarfile.CHRTYPE), **TWO}), 3, "a pipe or device"),
    ("tar with a sparse file", tarred({"s": sparse(), **TWO}), 3, "a sparse file"),
    ("tar that is torn in a member", tarred({"a.json": LINE * 99, "b.json": OTHER * 99})[:4096 + 512 + 700], 119,
     "the archive ends before its member does"),
    ("tar without its end", TAR[:3 * 512 + 512], 3, "a damaged tar archive"),
    ("tar with noise behind a member", TAR[:1024] + b"x" * 1024, 1, "a damaged tar archive"),
    ("tar in torn gzip", GZ(tarred({"a.json": LINE, "b.bin": os.urandom(99_999)}))[:-5_000], 1, "a damaged tar"),
    ("7z", write_seven(TWO), 3, ""),
    ("7z, stored", write_seven(TWO, coder=b"\x01\x00"), 3, ""),
    ("7z, of another program", b64decode(SEVEN["plain"]), 5, ""),
    ("7z, with a filter", b64decode(SEVEN["filter"]), 4, ""),
    ("7z, encrypted", b64decode(SEVEN["encrypted"]), 0, "encrypted archive member"),
    ("7z, names too", b64decode(SEVEN["encrypted names"]), 0, "encrypted archive, its names too"),
    ("7z, packed otherwise", b64decode(SEVEN["ppmd"]), 0, "a member packed in a way that hopwatch does not read"),
    ("7z in zip", zipped({"a.7z": write_seven(TWO)}), 3, ""),
    ("zip in 7z", write_seven({"a.zip": zipped(TWO), "c.json": LINE * 2}), 5, ""),
    ("7z that is torn", write_seven(TWO)[:-20], 0, "a damaged 7z archive: it is cut short"),
    ("7z with a damaged header", write_seven(TWO)[:-1] + b"x", 0, "a damaged 7z archive: the checksum"),
    ("7z with a wrong checksum", write_seven(TWO, coder=b"\x01\x00").replace(b"WS02", b"WS03"), 3,
     "the checksum of an archive member is wrong"),
    ("7z with a link", write_seven(TWO, attributes={"a.json": 0o120777 << 16 | 0x8000}), 2, "a link, not followed"),
    ("an empty file", b"", 0, "empty file"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(99), 0, "not a format that hopwatch reads"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "records", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_content_decides_and_damage_is_named(tmp_path: Path, content: bytes, records: int, reason: str) -> None:
    (tmp_path / "log.dat").write_bytes(content)
    texts, summary = read_paths(tmp_path)
    assert (len(texts), bool(reasons(summary))) == (records, bool(reason))
    assert reason in reasons(summary)


@pytest.mark.parametrize("kind", PACKERS)
def test_all_whole_frames_before_a_torn_one_are_read(tmp_path: Path, kind: str) -> None:
    pack = PACKERS[kind]
    (tmp_path / "log").write_bytes(pack(LINE * 3_000) + pack(os.urandom(9_000) + LINE)[:5_000])
    texts, summary = read_paths(tmp_path)
    assert texts.count(LINE.strip()) >= 2_980
    assert "cannot be read further" in reasons(summary)


def test_a_damaged_zip_member_does_not_hide_the_others(tmp_path: Path) -> None:
    content = zipped({"a.json": os.urandom(5_000), "b.json": LINE})
    place = content.index(b"a.json") + 6
    (tmp_path / "logs.zip").write_bytes(content[:place] + bytes(100) + content[place + 100 :])
    texts, summary = read_paths(tmp_path)
    assert texts == [LINE.strip()]
    assert "damaged archive member" in reasons(summary)


BOMB = b'{"a": "' + b"x" * (40 * 2**20)
BOMBS = {
    **{f"a.{kind}": pack(BOMB) for kind, pack in PACKERS.items() if kind != "lz4"},
    "b.zip": zipped({"c.json": BOMB}),
    "c.tgz": GZ(tarred({"c.json": BOMB})),
    "d.7z": write_seven({"c.json": BOMB}),
    "e.zip": zipped({"c.zip": zipped({"d.json": BOMB})}),
    "f.zip": zipped({"c.json.gz": GZ(BOMB)}),
    "g.zip": zipped({f"{i}.json": BOMB[: 2**20] for i in range(40)}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_stops_at_the_limit_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(limits, "RATIO_FREE", 2**20)
    monkeypatch.setattr(limits, "RATIO_LIMIT", 20)
    (tmp_path / name).write_bytes(BOMBS[name])
    (tmp_path / "z.json").write_bytes(LINE)
    tracemalloc.start()
    texts, summary = read_paths(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert LINE.strip() in texts
    assert sum(map(len, texts)) < 5 * 2**20
    assert any("far more" in skip.reason and name in skip.file for skip in summary.skips)
    assert peak < 20 * 2**20


def test_an_archive_of_too_many_members_is_left_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTRY_LIMIT", 5)
    many = {f"{i}.json": LINE.replace(b"1", b"%d" % i) for i in range(9)}
    for name, content in {"a.zip": zipped(many), "b.tar": tarred(many), "c.7z": write_seven(many)}.items():
        (tmp_path / name).write_bytes(content)
        texts, summary = read_paths(tmp_path / name)
        assert (len(texts), reasons(summary)) == (5, "more than 5 members; from here on the archive is not read")


def test_a_log_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(GZ(LINE * 200_000))
    texts, summary = read_paths(tmp_path)
    assert (len(texts), summary.skips) == (200_000, [])


@pytest.mark.parametrize("content", [zipped(TWO), TAR, GZ(TAR), write_seven(TWO), GZ(zipped(TWO)), GZ(LINE), LINE])
def test_a_source_can_be_sent_to_another_process_and_read_there_in_any_order(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log").write_bytes(content)
    found = list(sources([tmp_path / "log"], lambda *_: None))
    for source in [pickle.loads(pickle.dumps(each)) for each in reversed(found)]:
        here = list(read(source, pytest.fail))
        assert here == list(read(source, pytest.fail)) != []


def test_a_compressed_archive_is_unpacked_twice_however_many_members_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    go_to = runs.Run._go_to

    def counted(self: runs.Run, place: int) -> io.BufferedReader:
        opened.append(self._stream is None or place < self._place)
        return go_to(self, place)  # type: ignore[return-value]

    monkeypatch.setattr(runs.Run, "_go_to", counted)
    members = {f"{i}.json": b'{"EventID": %d}\n' % i * 5_000 for i in range(40)}
    members |= {f"{i}.json.gz": GZ(b'{"EventID": %d}\n' % i * 5_000) for i in range(40, 80)}
    (tmp_path / "a.tgz").write_bytes(GZ(tarred(members)))
    texts, summary = read_paths(tmp_path)
    assert (len(texts), summary.skips, sum(opened)) == (400_000, [], 1)


def test_odd_names_of_members_are_kept_as_text(tmp_path: Path) -> None:
    odd = "a\n\x1b[2J\udcff.json"
    (tmp_path / "a.tar").write_bytes(tarred({odd: b"no log"}))
    _, summary = read_paths(tmp_path)
    assert [skip.file.split("!")[1] for skip in summary.skips] == ["a\n\x1b[2J?.json"]
