"""Folders and archives: what is readable is found once, nothing is followed, what is left out is named."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import pytest

from hopwatch.model.errors import InputError
from hopwatch.readers import inputs
from tests.support.reading import read_paths, reasons

LINE = b'{"EventID": 1, "Hostname": "WS01"}\n'


def packed(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def encrypted(content: bytes) -> bytes:
    """The archive with its members marked as encrypted."""
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + flags
        content = content[:place] + bytes([content[place] | 1]) + content[place + 1 :]
    return content


CASES: list[tuple[str, bytes, int, str]] = [
    ("a plain file", LINE, 1, ""),
    ("a gzip file", gzip.compress(LINE * 3), 3, ""),
    ("a gzip file of several streams", gzip.compress(LINE) + gzip.compress(LINE), 2, ""),
    ("a zip archive", packed({"a.json": LINE, "b.log": LINE}), 2, ""),
    ("a zip archive with a gzip member", packed({"a.json.gz": gzip.compress(LINE * 2)}), 2, ""),
    ("a zip archive with what macOS adds", packed({"a.json": LINE, "__MACOSX/._a.json": LINE, ".x": LINE}), 1, ""),
    ("a zip archive inside another", packed({"a.zip": packed({"a.json": LINE})}), 0, "an archive inside an archive"),
    ("an encrypted zip archive", encrypted(packed({"a.json": LINE})), 0, "encrypted archive member"),
    ("a zip archive whose member has no name", packed({"Q.json": LINE}).replace(b"Q.json", b"\0.json"), 0, ""),
    ("a zip archive without its end", packed({"a.json": LINE * 50})[:-30], 0, "a damaged zip archive"),
    ("an empty zip archive", packed({}), 0, ""),
    ("a gzip file that is torn at once", gzip.compress(LINE)[:10], 0, "cannot be read further"),
    ("a gzip file that is torn behind whole lines", gzip.compress(LINE * 9_000)[:-8], 9_000, "cannot be read further"),
    ("a gzip file with a wrong checksum", gzip.compress(LINE)[:-8] + bytes(8), 1, "cannot be read further"),
    ("an empty file", b"", 0, "empty file"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(99), 0, "not a format that hopwatch reads"),
]


@pytest.mark.parametrize(("content", "records", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_content_decides_and_damage_is_named(tmp_path: Path, content: bytes, records: int, reason: str) -> None:
    (tmp_path / "log.dat").write_bytes(content)
    texts, summary = read_paths(tmp_path)
    assert len(texts) == records
    assert reasons(summary).startswith(reason)
    assert bool(reasons(summary)) == bool(reason)


def test_a_damaged_zip_member_does_not_hide_the_others(tmp_path: Path) -> None:
    content = packed({"a.json": os.urandom(5_000), "b.json": LINE})
    place = content.index(b"a.json") + 6
    (tmp_path / "logs.zip").write_bytes(content[:place] + bytes(100) + content[place + 100 :])
    texts, summary = read_paths(tmp_path)
    assert texts == [LINE.strip()]
    assert "damaged archive member" in reasons(summary)


def test_a_bomb_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "RATIO_FREE", 2**20)
    bomb = gzip.compress(b'{"a": "' + b"x" * (40 * 2**20))
    (tmp_path / "a.json.gz").write_bytes(bomb)
    (tmp_path / "b.zip").write_bytes(packed({"c.json": b'{"a": "' + b"x" * (40 * 2**20)}))
    (tmp_path / "d.json").write_bytes(LINE)
    texts, summary = read_paths(tmp_path)
    assert texts == [LINE.strip()]
    assert [s.reason for s in summary.skips if "unpacks to far more" in s.reason] == [
        "cannot be read further: unpacks to far more than a log would; not read further"
    ] * 2


def test_a_log_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(LINE * 200_000))
    texts, summary = read_paths(tmp_path)
    assert (len(texts), summary.skips) == (200_000, [])


def test_a_folder_is_walked_in_order_without_links_and_hidden_files(tmp_path: Path) -> None:
    for name in ("b/two.json", "a/one.json", ".hidden.json", "__MACOSX/x.json", "c.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE.replace(b"WS01", name.encode()))
    (tmp_path / "link.json").symlink_to(tmp_path / "c.json")
    (tmp_path / "up").symlink_to(tmp_path.parent)
    texts, summary = read_paths(tmp_path)
    assert [t.split(b'"')[-2].decode() for t in texts] == ["a/one.json", "b/two.json", "c.json"]
    assert summary.skips == []


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(LINE)
    (tmp_path / "link").symlink_to(tmp_path / "a.json")
    assert len(read_paths(tmp_path, tmp_path / "a.json", tmp_path / "link", tmp_path / "." / "a.json")[0]) == 1


@pytest.mark.parametrize("name", ["nothing.evtx", "x" * 5_000])
def test_a_path_that_does_not_exist_is_the_users_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_paths(tmp_path / name)


def test_what_is_neither_file_nor_folder_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    _, summary = read_paths(tmp_path / "pipe")
    assert "cannot be opened" in reasons(summary)


def test_a_file_that_vanishes_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_bytes(LINE)
    (tmp_path / "b.json").write_bytes(LINE)
    listed = inputs._files

    def files(path: Path, report: inputs.Report) -> list[Path]:
        found = list(listed(path, report))
        found[0].unlink(missing_ok=True)
        return found

    monkeypatch.setattr(inputs, "_files", files)
    texts, summary = read_paths(tmp_path)
    assert (len(texts), reasons(summary)) == (1, "cannot be opened: No such file or directory")


def test_a_name_that_is_no_utf8_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"log\xff.json")).write_bytes(b"not json")
    _, summary = read_paths(tmp_path)
    assert [s.file.encode() for s in summary.skips] == [str(tmp_path / "log?.json").encode()]
