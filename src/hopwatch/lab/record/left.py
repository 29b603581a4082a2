"""Lists what a run left that the quiet capture has not: values by kind of event, their stable parts apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from hopwatch.lab.forms import table
from hopwatch.lab.record.stable import is_whole, parts
from hopwatch.model.recording import Left
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.lab.record.traces import Trace


def left(found: Sequence[Trace], before: duckdb.DuckDBPyConnection, own: Collection[str]) -> list[Left]:
    """Give every new value of the telling fields, and the kinds of events that are new."""
    usual = {f"{c}/{e}" for c, e in before.execute("SELECT DISTINCT channel, event_id FROM windows_event").fetchall()}
    kinds = {f"{kind['channel']}/{kind['id']}": kind["fields"] for kind in table("traces")["kind"]}
    lines: dict[Left, None] = {}
    for trace in found:
        if trace.kind not in usual:
            lines[Left(trace.side, trace.kind, "event", "of this kind the quiet capture has none")] = None
        for name in kinds[trace.kind]:
            value = trace.fields.get(name, "").strip()
            if value and value != "-":
                stable = None if is_whole(value, own) else tuple(parts(value, own))
                lines[Left(trace.side, trace.kind, name, value, stable)] = None
    known = _known(before, {(one.kind, one.field) for one in lines})
    return [one for one in lines if (one.kind, one.field, one.value.lower()) not in known]


def _known(con: duckdb.DuckDBPyConnection, asked: Iterable[tuple[str, str]]) -> set[tuple[str, str, str]]:
    """The values that the quiet capture has of some fields of some kinds of events, in lower case."""
    found: set[tuple[str, str, str]] = set()
    for kind, name in sorted(asked):
        if name in schema_columns():
            channel, _, number = kind.rpartition("/")
            sql = f'SELECT DISTINCT lower(trim("{name}")) FROM windows_event WHERE channel = ? AND event_id = ?'
            found |= {(kind, name, value) for (value,) in con.execute(sql, [channel, int(number)]).fetchall() if value}
    return found
