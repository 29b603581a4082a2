"""Writes events and flows to files, one file a day and format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Self

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Event, Flow
from hopwatch.lab.formats import eventxml, suricata, winlogbeat, zeek
from hopwatch.model.errors import InputError

EVENTS: dict[str, tuple[str, Callable[[Event], bytes], bytes, bytes]] = {
    "winlogbeat": ("ndjson", winlogbeat.line, b"", b""),
    "xml": ("xml", eventxml.line, b"<?xml version='1.0' encoding='utf-8'?>\n<Events>\n", b"</Events>\n"),
}
SENSORS = ("zeek", "zeek-json", "suricata")
FORMATS = (*EVENTS, *SENSORS)
MARK = "lab.json"  # the file that tells a simulation from other folders, and with which options it was made


def check_formats(names: tuple[str, ...]) -> None:
    """Raise InputError for a name that is not a format's."""
    for name in names:
        if name not in FORMATS:
            raise InputError(f"--formats {name!r} is not known; it is one of {', '.join(FORMATS)}")
    if {"zeek", "zeek-json"} <= set(names):
        raise InputError("--formats zeek and zeek-json write the same files; choose one")


class Output:
    """Open files below a folder, by format and day."""

    def __init__(self, out: Path, formats: tuple[str, ...]) -> None:
        self.out = out
        self.formats = formats
        self._files: dict[str, BinaryIO] = {}
        self._ends: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for path in list(self._files):
            self._close(path)

    def events(self, batch: list[Event]) -> None:
        """Write events in the order in which they arrived."""
        if not batch:
            return
        day = iso(batch[-1].time)[:10]
        for name in self.formats:
            if name in EVENTS:
                ending, line, head, tail = EVENTS[name]
                path = f"windows/events-{day}.{ending}"
                self._append(path, head, tail).write(b"".join(map(line, batch)))

    def flows(self, batch: list[Flow]) -> None:
        """Write what the sensors saw."""
        for name in self.formats:
            if name == "suricata":
                self._lines(suricata.lines(batch))
            elif name in SENSORS:
                self._lines(zeek.lines(batch, name == "zeek-json"))

    def _lines(self, rows: dict[tuple[str, bytes], list[bytes]]) -> None:
        for (path, head), lines in rows.items():
            self._append(path, head, b"").write(b"".join(lines))

    def _append(self, path: str, head: bytes, tail: bytes) -> BinaryIO:
        """Give a file to write to; one of an earlier day is closed when the same file of the next is opened."""
        if path not in self._files:
            for old in [p for p in self._files if _same(p, path)]:
                self._close(old)
            full = self.out / path
            full.parent.mkdir(parents=True, exist_ok=True)
            fresh = not full.exists()
            self._files[path] = full.open("ab")
            self._ends[path] = tail
            if fresh:
                self._files[path].write(head)
        return self._files[path]

    def _close(self, path: str) -> None:
        file = self._files.pop(path)
        file.write(self._ends.pop(path))
        file.close()


def _same(old: str, new: str) -> bool:
    """Tell whether two files are the same log of two days."""
    (log, _, ending), (other, _, same) = old.rpartition("-20"), new.rpartition("-20")
    return log == other and ending.rpartition(".")[2] == same.rpartition(".")[2]
