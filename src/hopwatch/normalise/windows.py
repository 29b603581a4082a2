"""Brings records of Windows events into the store, skipping early what nothing asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.normalise.fields import parse, text_of
from hopwatch.normalise.recognise import recognise
from hopwatch.normalise.shape import at
from hopwatch.normalise.table import EventTable
from hopwatch.sigma.logsource import known_channels
from hopwatch.store.database import run_sql, windows_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.summary import Summary

# The event id where most of the shapes put it, found in the text before it is parsed; without it, parsing tells.
EVENT_ID = re.compile(rb'"(?:EventID|event_id)"\s*:\s*(?:\{.{0,80}?"#text"\s*:\s*)?"?(\d{1,9})')
NAMELESS = "the fields of an event whose text or values hopwatch has no names for (the event is kept)"
BATCH = 20_000  # events
BATCH_BYTES = 64 * 2**20  # or as many bytes of JSON, whichever comes first
Wanted = Mapping[str, set[int] | None]
Unknown = Callable[[bytes, Any, str], None]


class WindowsEvents:
    """Brings records of Windows events, in any known shape, into `windows_event`.

    `wanted` has the event ids to keep by channel (None: every one); what is not wanted is counted, not stored.
    `unknown(text, record, file)` hears of records of no known shape.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, wanted: Wanted | None, summary: Summary, unknown: Unknown
    ) -> None:
        self.con = con
        self.summary = summary
        self._unknown = unknown
        self._wanted = None if wanted is None else {channel.lower(): ids for channel, ids in wanted.items()}
        self._ids = _all_ids(wanted)
        self._channels = known_channels()
        self._held = 0
        self._table = EventTable(list(windows_columns()))
        self._insert = _insert_statement(self._table.columns)

    def add(self, texts: Iterable[bytes], source_file: str) -> None:
        """Add a batch of records, each one JSON object as text."""
        for text in texts:
            if self._ids is not None:
                found = EVENT_ID.search(text)
                if found and int(found[1]) not in self._ids:
                    continue
            self._held += len(text)
            try:
                record = parse(text)
            except ValueError:
                self.summary.skip(source_file, "not JSON")
                continue
            self._add_record(text, record, source_file)
        if self._table.size >= BATCH or self._held >= BATCH_BYTES:
            self.flush()

    def _add_record(self, text: bytes, record: Any, source_file: str) -> None:
        record, shape = recognise(record)
        if shape is None:
            self._unknown(text, record, source_file)
            return
        self.summary.formats[shape.name] += 1
        _, channel, event_id = (text_of(at(record, paths)) for paths in shape.system[:3])
        if event_id is None or channel is None or not event_id.isdecimal() or len(event_id) > 9:
            self.summary.skip(source_file, "a record without channel or event id")
        elif self._is_wanted(channel.lower(), int(event_id)) and not self._table.add(
            shape, record, int(event_id), self._channel(channel), source_file
        ):
            self.summary.skip(source_file, NAMELESS)

    def _channel(self, name: str) -> str:
        return self._channels.get(name.lower(), name)

    def _is_wanted(self, channel: str, event_id: int) -> bool:
        if self._wanted is None:
            return True
        ids = self._wanted.get(channel, set())
        return ids is None or event_id in ids

    def flush(self) -> None:
        """Write what was collected to the store."""
        self._held = 0
        if not self._table.size:
            return
        size = self._table.size
        batch = self._table.take()
        self.con.register("batch", batch)
        (added,) = self.con.execute(self._insert).fetchone() or (0,)
        self.con.unregister("batch")
        self.summary.kept += added
        if added < size:
            self.summary.skip("(any)", "a record without a time or a computer", size - added)

    def finish(self) -> None:
        """Write the rest, then mend what only the whole shows: duplicates, wrong clocks, parents that are not named."""
        self.flush()
        (before,) = self.con.execute("SELECT count(*) FROM windows_event").fetchone() or (0,)
        for step in ("duplicates", "clock", "parents"):
            run_sql(self.con, files("hopwatch.normalise") / f"{step}.sql")
        (after,) = self.con.execute("SELECT count(*) FROM windows_event").fetchone() or (0,)
        self.summary.duplicates += before - after
        self.summary.corrected += [
            f"{file}: {host} is off by {error}" for file, host, error in self.con.execute(CORRECTED).fetchall()
        ]


CORRECTED = """
SELECT source_file, host, mode(time - recorded) FROM windows_event
WHERE time_source = 'corrected' GROUP BY ALL ORDER BY ALL
"""


def _insert_statement(columns: list[str]) -> str:
    sql = (files("hopwatch.normalise") / "windows.sql").read_text(encoding="utf-8")
    quoted = ", ".join(f'"{name}"' for name in columns)
    return sql.replace("@COLUMNS@", quoted)


def _all_ids(wanted: Wanted | None) -> frozenset[int] | None:
    """Every event id that any channel wants; None where one wants all."""
    if wanted is None or any(ids is None for ids in wanted.values()):
        return None
    return frozenset(i for ids in wanted.values() for i in ids or ())
