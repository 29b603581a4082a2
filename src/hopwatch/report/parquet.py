"""Hops as a Parquet file: the contract's keys as columns, nested parts as structures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop

ROWS = 1000  # hops of one row group: what is in memory at once
TEXT, TEXTS, TIME = pa.string(), pa.list_(pa.string()), pa.timestamp("us", tz="UTC")


def schema() -> pa.Schema:
    """The schema of the file."""
    source = {"host": TEXT, "ip": TEXT, "port": pa.int32(), "roles": TEXTS, "known_by": TEXT, "candidates": TEXTS}
    account = {"name": TEXT, "domain": TEXT, "sid": TEXT, "logon_id": TEXT, "also": TEXTS}
    auth = {"logon_type": pa.int32(), "package": TEXT, "process": TEXT, "elevated": pa.bool_(), "flags": TEXTS}
    evidence = {
        "signal": TEXT, "leg": TEXT, "time": TIME, "host": TEXT, "channel": TEXT, "event_id": pa.int32(),
        "record_id": pa.int64(), "file": TEXT, "text": TEXT,
    }  # fmt: skip
    return pa.schema(
        {
            "id": TEXT, "group": TEXT, "start": TIME, "end": TIME,
            "source": _struct(source), "target": _struct({"host": TEXT, "ip": TEXT, "roles": TEXTS}),
            "account": _struct(account), "technique": TEXT, "techniques": TEXTS, "attack": TEXTS,
            "auth": _struct(auth), "legs": _struct({"logon": TEXT, "execution": TEXT, "network": TEXT}),
            "score": pa.int32(), "severity": TEXT, "alert": pa.bool_(),
            "reasons": pa.list_(_struct({"points": pa.int32(), "text": TEXT})),
            "evidence": pa.list_(_struct(evidence)), "evidence_total": pa.int32(),
            "suppressed_by": TEXT, "supersedes": TEXT,
        }
    )  # fmt: skip


def write(stream: BinaryIO, hops: Iterable[Hop]) -> None:
    """Write the hops to a stream of bytes, some rows at a time."""
    import pyarrow.parquet as pq  # here, since it is slow to import

    of = schema()
    rows = _rows(hops)
    with pq.ParquetWriter(stream, of, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS)):
            writer.write_table(pa.Table.from_pylist(batch, of))


def _rows(hops: Iterable[Hop]) -> Iterator[dict[str, Any]]:
    for hop in hops:
        evidence = [row | {"time": e.time} for row, e in zip(hop.to_dict()["evidence"], hop.evidence, strict=True)]
        yield hop.to_dict() | {"start": hop.start, "end": hop.end, "evidence": evidence}


def _struct(fields: dict[str, pa.DataType]) -> pa.DataType:
    return pa.struct(list(fields.items()))
