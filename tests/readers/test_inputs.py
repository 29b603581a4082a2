"""Files and folders: each content is found once, nothing outside is followed or opened, what is left out is named."""

from __future__ import annotations

import gzip
import io
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hopwatch.model.errors import InputError
from hopwatch.readers import twins, walk
from hopwatch.readers.containers import spool
from hopwatch.readers.source import Source
from tests.support.packing import PACKERS, tarred, zipped
from tests.support.reading import read_paths, reasons
from tests.support.seven_writer import write_seven

LINE = b'{"EventID": 1, "Hostname": "WS01"}\n'
OTHER = b'{"EventID": 2, "Hostname": "WS02"}\n'


def test_a_folder_is_walked_in_order_without_links_and_hidden_files(tmp_path: Path) -> None:
    names = ("b/two.json", "a/one.json", ".hidden.json", "__MACOSX/x.json", "c.json", "Thumbs.db", "a/Desktop.ini")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE.replace(b"WS01", name.encode()))
    (tmp_path / "link.json").symlink_to(tmp_path / "c.json")
    (tmp_path / "up").symlink_to(tmp_path.parent)
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    texts, summary = read_paths(tmp_path)
    assert [t.split(b'"')[-2].decode() for t in texts] == ["a/one.json", "b/two.json", "c.json"]
    assert [(Path(s.file).name, s.reason) for s in summary.skips] == [
        (name, "a link, not followed") for name in ("dead", "link.json", "up")
    ]


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(LINE)
    (tmp_path / "link").symlink_to(tmp_path / "a.json")
    texts, _ = read_paths(tmp_path, tmp_path / "a.json", tmp_path / "link", tmp_path / "." / "a.json")
    assert len(texts) == 1


COPIES = {
    "another name": LINE * 500,
    "a zip archive": zipped({"x.json": LINE * 500}),
    "a tar archive": tarred({"x.json": LINE * 500}),
    "a compressed tar archive": gzip.compress(tarred({"x.json": LINE * 500})),
    "gzip in a compressed tar archive": gzip.compress(tarred({"x.json.gz": gzip.compress(LINE * 500)})),
    "a 7z archive": write_seven({"x.json": LINE * 500}),
    **{kind: pack(LINE * 500) for kind, pack in PACKERS.items()},
}


@pytest.mark.parametrize("place", COPIES)
@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_the_same_content_elsewhere_is_named_and_read_once(tmp_path: Path, place: str, names: tuple[str, str]) -> None:
    (tmp_path / names[0]).write_bytes(LINE * 500)
    (tmp_path / names[1]).write_bytes(COPIES[place])
    (tmp_path / "c").write_bytes(LINE * 499 + OTHER)
    texts, summary = read_paths(tmp_path)
    assert len(texts) == 1_000
    (skip,) = summary.skips
    assert skip.file.startswith(f"{tmp_path}/b")
    assert skip.reason.startswith(f"the same content as {tmp_path}/a")


def test_a_hard_link_is_told_without_reading(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(LINE)
    os.link(tmp_path / "a.json", tmp_path / "b.json")
    texts, summary = read_paths(tmp_path)
    assert (len(texts), reasons(summary)) == (1, f"the same content as {tmp_path}/a.json")


def test_distinct_files_are_not_read_whole_to_tell_them_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digested: list[str] = []
    whole = twins.digest_of
    monkeypatch.setattr(twins, "digest_of", lambda source: digested.append(source.name) or whole(source))
    for number in range(20):
        (tmp_path / f"{number}.json").write_bytes(LINE.replace(b"1,", b"%02d," % number) * 500)
        (tmp_path / f"{number}x.json").write_bytes(LINE * (500 + number))
    texts, summary = read_paths(tmp_path)
    assert (len(texts), summary.skips, digested) == (20_190, [], [])


@pytest.mark.parametrize("name", ["nothing.evtx", "x" * 5_000, "a\0b"])
def test_a_path_that_does_not_exist_is_the_users_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_paths(tmp_path / name)


def test_pipes_sockets_and_devices_in_a_folder_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        _, summary = read_paths(tmp_path)
        assert reasons(summary).split("\n") == ["a pipe, socket or device, not opened"] * 2
        _, summary = read_paths(tmp_path / "socket", Path("/dev/zero"))
        assert reasons(summary).split("\n") == ["a socket or device, not opened"] * 2


@pytest.mark.parametrize("content", [LINE, *(pack(LINE) for pack in PACKERS.values()), zipped({"a": LINE})])
def test_a_pipe_given_as_path_is_read(tmp_path: Path, content: bytes) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    texts, summary = read_paths(tmp_path / "pipe")
    writer.join()
    assert (texts, summary.skips) == ([LINE.strip()], [])


@pytest.mark.parametrize("content", [LINE, gzip.compress(tarred({"a": LINE})), zipped({"a": LINE})])
def test_the_standard_input_is_read_as_a_file_would_be(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    found: list[Source] = list(walk.files([Path("-")], lambda *_: None))
    assert [(source.name, source.size) for source in found] == [("stdin", len(content))]
    assert found[0].path is not None
    assert found[0].path.read_bytes() == content
    spool.clear()
    assert not found[0].path.exists()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert read_paths(Path("-"))[0] == [LINE.strip()]


def test_a_pipe_without_end_is_read_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PIPE_LIMIT", 2**20)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINE * 2**16)))
    texts, summary = read_paths(Path("-"))
    assert (len(texts) > 9_000, "far more" in reasons(summary)) == (True, True)


def test_no_temporary_file_is_left(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "hopwatch", "scan", "-"]
    content = zipped({"a.zip": zipped({"a.json": LINE})})
    done = subprocess.run(command, input=content, capture_output=True, env=environment, check=False)
    assert (done.returncode, b"Read 1 file" in done.stdout, list(tmp_path.iterdir())) == (0, True, [])


def test_a_file_that_vanishes_or_is_closed_to_us_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(LINE.replace(b"WS01", name.encode()))
    plain = Path.open
    listed = walk._below

    def below(path: Path, report: walk.Report) -> list[Path | Source]:
        found = list(listed(path, report))
        (tmp_path / "a").unlink()
        return found

    def closed(self: Path, *rest: str) -> object:
        if self.name == "b":
            raise PermissionError(13, "Permission denied")
        return plain(self, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr(walk, "_below", below)
    monkeypatch.setattr(Path, "open", closed)
    texts, summary = read_paths(tmp_path)
    assert (len(texts), reasons(summary).split("\n")) == (
        1,
        ["cannot be opened: No such file or directory", "cannot be read further: Permission denied"],
    )


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "a.json").write_bytes(LINE)
    scandir = os.scandir

    def shut(path: Path) -> object:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", shut)
    texts, summary = read_paths(tmp_path)
    assert (len(texts), reasons(summary)) == (1, "cannot be opened: Permission denied")


def test_a_file_that_grows_while_it_is_read_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(LINE)
    source = next(walk.files([tmp_path], lambda *_: None))
    with (tmp_path / "a.json").open("ab") as log:
        log.write(OTHER)
    assert source.open().read() == LINE + OTHER


def test_a_name_that_is_no_utf8_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"log\xff.json")).write_bytes(b"not json")
    _, summary = read_paths(tmp_path)
    assert [s.file.encode() for s in summary.skips] == [str(tmp_path / "log?.json").encode()]
