"""Brings batches of records into the store: each to those who know its kind."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.model.lines import SeparatedLines
from hopwatch.normalise.fields import parse
from hopwatch.normalise.network.events import NetworkEvents
from hopwatch.normalise.network.names import NEEDS, host_names
from hopwatch.normalise.network.route import looks_like_network
from hopwatch.normalise.recognise import recognise
from hopwatch.normalise.shape import shape_of
from hopwatch.normalise.windows import WindowsEvents
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.summary import Summary

Wanted = Mapping[str, set[int] | None]
UNKNOWN = "JSON of a shape that hopwatch does not know"


class Ingest:
    """Brings records of any known shape into the tables of the store.

    `wanted` has the Windows event ids to keep by channel (None: every one).
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, wanted: Wanted | None, summary: Summary) -> None:
        self.con = con
        self.summary = summary
        run_sql(con, files("hopwatch.normalise") / "macros.sql")
        self._windows = WindowsEvents(con, _with_names(wanted), summary, self._not_windows)
        self._network = NetworkEvents(con, summary, self._not_network)

    def add(self, batch: list[bytes] | SeparatedLines, source_file: str) -> None:
        """Add a batch: JSON records, each one object as text, or separated lines."""
        if isinstance(batch, SeparatedLines):
            self.summary.records += batch.count
            self._network.add_lines(batch, source_file)
            return
        self.summary.records += len(batch)
        if batch and _is_network(batch[0]):
            self._network.add_texts(batch, source_file)
        else:
            self._windows.add(batch, source_file)

    def _not_windows(self, text: bytes, record: Any, source_file: str) -> None:
        if looks_like_network(record):
            self._network.add_texts([text], source_file)
        else:
            self.summary.skip(source_file, UNKNOWN)

    def _not_network(self, text: bytes, source_file: str) -> None:
        try:
            _, known = recognise(parse(text))
        except ValueError:
            known = None
        if known:
            self._windows.add([text], source_file)
        else:
            self.summary.skip(source_file, UNKNOWN)

    def flush(self) -> None:
        """Write what was collected to the store."""
        self._network.flush()  # first, for it may hand records back
        self._windows.flush()

    def finish(self) -> None:
        """Write the rest, then mend what only the whole shows."""
        self._network.finish()
        self._windows.finish()
        host_names(self.con)


def _is_network(text: bytes) -> bool:
    """Whether a batch that begins with this text is a sensor's: where it is mixed, each record finds its way."""
    try:
        record = parse(text)
    except ValueError:
        return False
    return looks_like_network(record) and shape_of(record) is None


def _with_names(wanted: Wanted | None) -> Wanted | None:
    """What is wanted, and the events that name hosts."""
    if wanted is None:
        return None
    canonical = {channel.lower(): channel for channel in wanted}
    merged = dict(wanted)
    for channel, ids in NEEDS.items():
        name = canonical.get(channel.lower(), channel)
        have = merged.get(name, set())
        merged[name] = None if have is None else have | ids
    return merged
