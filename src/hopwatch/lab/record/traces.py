"""Collects what a run left: the events around it on its hosts, by side, with the fields that tell tools apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.lab.forms import table
from hopwatch.store.columns import windows_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.hop import Hop

AROUND = timedelta(seconds=45)
MOST = 20_000  # events of a run
SESSION = ("TargetLogonId", "SubjectLogonId", "LogonId")
Fields = dict[str, str]


@dataclass(frozen=True)
class Trace:
    """One event that a run left: where, on which side, its fields, and the field that holds the remote logon's id."""

    channel: str
    event_id: int
    host: str
    side: str  # target or source
    time: datetime
    fields: Fields = field(hash=False)
    session: str | None = None

    @property
    def kind(self) -> str:
        """The kind of event, written `Security/4688`."""
        return f"{self.channel}/{self.event_id}"


def traces(con: duckdb.DuckDBPyConnection, hops: Sequence[Hop]) -> list[Trace]:
    """Give the events around some hops on their targets and sources, those of telling kinds."""
    found: dict[tuple[Any, ...], Trace] = {}
    for hop in hops:
        logons = _logons(con, hop)
        for side, name in (("target", hop.target.host), ("source", hop.source.host)):
            if name:
                for trace in _around(con, hop, name.split(".")[0].lower(), side, logons):
                    found[trace.channel, trace.event_id, trace.host, trace.time, str(trace.fields)] = trace
    return sorted(found.values(), key=lambda trace: (trace.time, trace.kind))


def _logons(con: duckdb.DuckDBPyConnection, hop: Hop) -> set[int]:
    """The ids of the network logons of a hop's account on its target."""
    sql = (files("hopwatch.lab.record") / "logons.sql").read_text(encoding="utf-8")
    rows = con.execute(
        sql,
        [_short(hop), hop.start - AROUND, hop.end + AROUND, (hop.account.name or "").lower()],
    ).fetchall()
    return {row[0] for row in rows}


def _short(hop: Hop) -> str:
    return (hop.target.host or "").split(".")[0].lower()


def _around(con: duckdb.DuckDBPyConnection, hop: Hop, host: str, side: str, logons: set[int]) -> Iterable[Trace]:
    columns = windows_columns()
    names = ", ".join(f'"{name}"' for name in columns)
    places = [(kind["channel"], kind["id"]) for kind in table("traces")["kind"]]
    wanted = " OR ".join(f"channel = '{channel}' AND event_id = {number}" for channel, number in places)
    rows = con.execute(
        f"""SELECT channel, event_id, time, event_data, {names} FROM windows_event
        WHERE host = ? AND time BETWEEN ? AND ? AND ({wanted}) ORDER BY time, record_id LIMIT {MOST}""",
        [host, hop.start - AROUND, hop.end + AROUND],
    ).fetchall()
    for channel, event_id, time, data, *values in rows:
        fields = _fields(dict(zip(columns, values, strict=True)), data)
        yield Trace(channel, event_id, host, side, time, fields, _session(fields, logons) if side == "target" else None)


def _fields(known: dict[str, Any], data: str | None) -> Fields:
    more = orjson.loads(data) if data else {}
    both = {**more, **{name: value for name, value in known.items() if value is not None}}
    return {
        name: str(value) for name, value in both.items() if value is not None and not isinstance(value, dict | list)
    }


def _session(fields: Fields, logons: set[int]) -> str | None:
    return next((name for name in SESSION if _number(fields.get(name)) in logons), None)


def _number(text: str | None) -> int | None:
    try:
        return int(text, 16) if text and text.lower().startswith("0x") else int(text or "")
    except ValueError:
        return None
