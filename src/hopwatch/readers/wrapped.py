"""Whole answers of search engines and of Azure, which hold many records in one object, to the records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hopwatch.normalise.recognise import recognise

# A key that opens a list of records, in the beginning of a file: what it is shows when it is parsed.
WRAPPER = re.compile(rb'"(?:hits|tables|results|Results|records|value)"\s*:\s*[\[{]')
LISTS = ("results", "Results", "records", "value")
Record = dict[str, Any]


def may_wrap(head: bytes) -> bool:
    """Whether a file that begins so may hold many records in one object."""
    return WRAPPER.search(head) is not None


def records_in(record: Record) -> Iterator[Record] | None:
    """The records inside one object, None where it is a record itself.

    Known are answers of Elasticsearch (`hits.hits`) and Log Analytics (`tables` with `columns` and `rows`), and lists
    under `results`, `Results` (advanced hunting), `records` (event hubs) and `value`.
    """
    if recognise(record)[1] is not None:
        return None
    hits = record.get("hits")
    if isinstance(hits, dict) and isinstance(hits.get("hits"), list):
        return _objects(hits["hits"])
    if isinstance(record.get("tables"), list):
        return (row for table in record["tables"] for row in _rows(table))
    found = next((record[key] for key in LISTS if isinstance(record.get(key), list)), None)
    return None if found is None else _objects(found)


def _objects(items: list[Any]) -> Iterator[Record]:
    return (item for item in items if isinstance(item, dict))


def _rows(table: Any) -> Iterator[Record]:
    """The rows of one table of Log Analytics, each with the names of the columns."""
    columns = table.get("columns") if isinstance(table, dict) else None
    rows = table.get("rows") if isinstance(table, dict) else None
    if isinstance(columns, list) and isinstance(rows, list):
        names = [str(column.get("name")) if isinstance(column, dict) else str(column) for column in columns]
        for row in rows:
            if isinstance(row, list):
                yield {name: value for name, value in zip(names, row, strict=False) if value is not None}
