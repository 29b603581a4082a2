"""Short ways for tests to read files and to normalise records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.normalise.wanted import Asked
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from hopwatch.readers.source import bytes_source
from hopwatch.store.database import connect

Row = dict[str, Any]


def read_bytes(content: bytes) -> tuple[list[Any], Counter[str]]:
    """Give the records in the bytes of one file, parsed, and what was reported of it."""
    reports: Counter[str] = Counter()
    batches = list(read(bytes_source("sample", content), lambda reason: reports.update([reason])))
    return [json.loads(text) for batch in batches for text in batch], reports


def read_paths(*paths: Path) -> tuple[list[bytes], Summary]:
    """Give the records below the paths, and a summary of what was left out."""
    summary = Summary()
    texts: list[bytes] = []
    for source in sources(list(paths), summary.skip):
        for batch in read(source, lambda reason, name=source.name: summary.skip(name, reason)):  # type: ignore[misc]
            texts += batch
    return texts, summary


def reasons(summary: Summary) -> str:
    """Everything that a summary says was not read, as one text."""
    return "\n".join(reason for _, reason in sorted(summary.skipped))


def normalise(*records: Mapping[str, Any] | bytes, file: str = "sample") -> list[Row]:
    """Give the rows that records become, in order of time and key."""
    rows, _ = normalise_files({file: records})
    return rows


def normalise_files(
    files: Mapping[str, Iterable[Mapping[str, Any] | bytes]], asked: Asked | None = None
) -> tuple[list[Row], Summary]:
    """Give the rows that the records of several files become, and the summary."""
    con, summary = store(), Summary()
    con.execute("DELETE FROM windows_event")
    ingest = Ingest(con, asked, summary)
    for name, records in files.items():
        ingest.add([r if isinstance(r, bytes) else json.dumps(r).encode() for r in records], name)
    ingest.finish()
    table = con.sql("SELECT * FROM windows_event ORDER BY time, record_id, key").to_arrow_table()
    return table.to_pylist(), summary


@cache
def store() -> duckdb.DuckDBPyConnection:
    """Give the one store that tests share, for opening it takes longer than most of them."""
    return connect()
