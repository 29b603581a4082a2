"""A connection beside another is as good as that, and does not disturb it."""

from __future__ import annotations

from importlib.resources import files

import pyarrow as pa

from hopwatch.model.summary import Summary
from hopwatch.normalise.windows import WindowsEvents
from hopwatch.store.database import beside, connect, plan_for, run_sql


def test_it_has_the_settings_of_the_first_and_leaves_it_at_rest() -> None:
    con = connect()
    plan_for(con, 0)
    other = beside(con)
    con.register("given", pa.table({"a": [1]}))  # refused while a result is unread
    assert other.execute("SELECT current_setting('enable_optimizer')").fetchall() == [(False,)]
    assert other.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_events_are_in_the_store_after_a_flush_and_more_may_follow() -> None:
    con, summary = connect(), Summary()
    run_sql(con, files("hopwatch.normalise") / "macros.sql")
    into = WindowsEvents(con, summary)
    for record in ("1", "2"):
        into.add(event(record))
        into.flush()
    assert con.execute("SELECT record_id FROM windows_event ORDER BY ALL").fetchall() == [(1,), (2,)]
    assert summary.kept == 2


def event(record: str) -> pa.Table:
    given = {"computer": "SRV01", "channel": "Security", "event_id": "4624", "record_id": record}
    given |= {"utc": "2026-03-10T09:00:00Z", "source_file": "x"}
    return pa.table({name: [value] for name, value in given.items()} | {"trusted": [True]})
