"""The rows of a baseline: their columns, and how those of several days, parts or places become one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hopwatch.model.baseline import Baseline

KEEP_DAYS = 120  # what is older than this before the newest day is forgotten
SCHEMA = pa.schema(
    [
        ("part", pa.string()),
        ("day", pa.date32()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("account", pa.string()),
        ("what", pa.string()),
        ("hours", pa.int32()),
        ("id", pa.string()),
    ]
)
KEY = "part, day, source, target, account, what, id"
MERGE = f"""
SELECT part, day, source, target, account, what, bit_or(hours) AS hours, id
FROM given GROUP BY {KEY} ORDER BY {KEY}
"""


def empty() -> Baseline:
    """A baseline that knows nothing."""
    return Baseline(SCHEMA.empty_table())


def merge(parts: Sequence[Baseline]) -> Baseline:
    """Put baselines together: a union, so that order, grouping and repetition change nothing; old days are left out."""
    con = duckdb.connect()
    con.register("given", pa.concat_tables([part.rows for part in parts] or [SCHEMA.empty_table()]))
    return _without_old(con.sql(MERGE).to_arrow_table().select(SCHEMA.names).cast(SCHEMA))


def _without_old(rows: pa.Table) -> Baseline:
    newest = pc.max(rows["day"]).as_py()
    if newest is None:
        return Baseline(rows)
    recent = pc.greater_equal(rows["day"], pa.scalar(newest - timedelta(days=KEEP_DAYS), pa.date32()))
    return Baseline(rows.filter(pc.fill_null(recent, True)))  # noqa: FBT003
