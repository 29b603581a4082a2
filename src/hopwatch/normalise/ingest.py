"""Brings batches of records into the store: each to those who know its kind."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.normalise.fields import parse
from hopwatch.normalise.network.events import NetworkEvents
from hopwatch.normalise.network.names import NEEDS, host_names
from hopwatch.normalise.prepare import UNKNOWN, Prepared, Preparer
from hopwatch.normalise.recognise import recognise
from hopwatch.normalise.wanted import Asked, Wanted
from hopwatch.normalise.windows import WindowsEvents
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.decoded import Decoded
    from hopwatch.model.lines import PassedOver, SeparatedLines
    from hopwatch.model.summary import Summary


class Ingest:
    """Brings records of any known shape into the tables of the store.

    Of Windows events those are kept that are `asked` for; all of them where that is None.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, asked: Asked | None, summary: Summary) -> None:
        self.con = con
        self.summary = summary
        run_sql(con, files("hopwatch.normalise") / "macros.sql")
        self.asked = with_names(asked)
        self._preparer = Preparer(Wanted(self.asked))
        self._windows = WindowsEvents(con, summary)
        self._network = NetworkEvents(con, summary, self._not_network)

    def add(self, batch: list[bytes] | SeparatedLines | PassedOver | Decoded, source_file: str) -> None:
        """Add a batch: JSON records, each one object as text, separated lines, or values of events."""
        self._preparer.add(batch, source_file)
        if self._preparer.full:
            self.store(self._preparer.take())

    def store(self, prepared: Prepared) -> None:
        """Write what was prepared, here or in another process."""
        self.summary.records += prepared.records
        self.summary.formats += prepared.formats
        self.summary.skipped += prepared.skipped
        for file, texts in prepared.texts:
            self._network.add_texts(texts, file)
        for file, lines in prepared.lines:
            self._network.add_lines(lines, file)
        if prepared.windows is not None:
            self._windows.add(prepared.windows)

    def _not_network(self, text: bytes, source_file: str) -> None:
        try:
            _, known = recognise(parse(text))
        except ValueError:
            known = None
        if known:
            self._preparer.add_windows([text], source_file)
        else:
            self.summary.skip(source_file, UNKNOWN)

    def flush(self) -> None:
        """Write what was collected to the store."""
        self.store(self._preparer.take())
        self._network.flush()  # it may hand records back
        self.store(self._preparer.take())
        self._windows.flush()

    def finish(self) -> None:
        """Write the rest, then mend what only the whole shows."""
        self.flush()
        self._network.finish()
        self._windows.finish()
        host_names(self.con)


def with_names(asked: Asked | None) -> Asked | None:
    """What is asked for, and the events that name hosts."""
    if asked is None:
        return None
    canonical = {channel.lower(): channel for channel in asked.channels}
    channels = dict(asked.channels)
    for channel, ids in NEEDS.items():
        name = canonical.get(channel.lower(), channel)
        have = channels.get(name, set())
        channels[name] = None if have is None else have | ids
    return Asked(channels, asked.words, asked.kinds)
