"""The rows of a baseline: their columns, and how those of several days, parts or places become one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hopwatch.model.baseline import Baseline

KEEP_DAYS = 120  # what is older than this before the newest day is forgotten
FULL = 0.1  # a day counts where this share of the hosts of the fullest day sent logs
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

FULL_DAYS = """
WITH sent AS (
    SELECT day, count(DISTINCT target) AS hosts FROM given WHERE part = 'covers' AND day IS NOT NULL GROUP BY day
)
SELECT day FROM sent WHERE hosts >= ? * (SELECT max(hosts) FROM sent) ORDER BY day
"""


def table(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """Make a table of rows that have a value for each column."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(SCHEMA)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def empty() -> Baseline:
    """A baseline that knows nothing."""
    return Baseline(SCHEMA.empty_table())


def merge(parts: Sequence[Baseline]) -> Baseline:
    """Put baselines together: a union, so that order, grouping and repetition change nothing."""
    con = duckdb.connect()
    con.register("given", pa.concat_tables([part.rows for part in parts] or [SCHEMA.empty_table()]))
    return Baseline(con.sql(MERGE).to_arrow_table().select(SCHEMA.names).cast(SCHEMA))


def full_days(baseline: Baseline) -> list[date]:
    """Give the days, in order, of which logs of enough hosts are there: a stray event with a wrong clock makes none."""
    con = duckdb.connect()
    con.register("given", baseline.rows)
    return [day for (day,) in con.execute(FULL_DAYS, [FULL]).fetchall()]


def recent(baseline: Baseline) -> Baseline:
    """Leave out what is older than `KEEP_DAYS` before the newest full day, and what comes as long after it."""
    days = full_days(baseline)
    if not days:
        return baseline
    bounds = [pa.scalar(days[-1] + timedelta(days=n), pa.date32()) for n in (-KEEP_DAYS, KEEP_DAYS)]
    column = baseline.rows["day"]
    near = pc.and_(pc.greater_equal(column, bounds[0]), pc.less_equal(column, bounds[1]))
    return Baseline(baseline.rows.filter(pc.fill_null(near, True)))


def before(baseline: Baseline, begin: date, end: date) -> Baseline:
    """Move a baseline whose days all come after `end` to before `begin`, by whole weeks: what comes later tells too."""
    days = full_days(baseline)
    if not days or days[0] <= end:
        return baseline
    weeks = -(-((days[-1] - begin).days + 1) // 7)
    numbers = pc.subtract(baseline.rows["day"].cast(pa.int32()), pa.scalar(7 * weeks, pa.int32()))
    place = SCHEMA.get_field_index("day")
    return Baseline(baseline.rows.set_column(place, SCHEMA.field("day"), numbers.cast(pa.date32())))
