"""Looks up what a run of a tool left in a store: records on a host around a hop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.lab.forms import table
from hopwatch.lab.settings import fix
from hopwatch.model.hop import LegState

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.hop import Hop

# What a tool leaves on its target counts as a run also where nothing tells whence; a lone change of a task does not.
LEAST = 20
FORWARD = "forward its logs: none is here (the WEF subscription of hopwatch lab setup)"
RECORD = "channel, event_id, record_id, host, source_file"


@dataclass(frozen=True)
class Lab:
    """The store of a lab, the hops that were found in it, and whether a context was given."""

    con: duckdb.DuckDBPyConnection
    hops: Sequence[Hop]
    told: bool = False

    def around(self, hop: Hop, where: str) -> list[str]:
        """Give the records on a hop's target that fit a condition, those that the hop leans on first."""
        window = table("checks")["window"]
        span = [hop.start - timedelta(seconds=window["before"]), hop.end + timedelta(seconds=window["after"])]
        leaned = [e.record_id for e in hop.evidence if e.record_id is not None]
        rows = self.con.execute(
            f"""SELECT {RECORD} FROM windows_event WHERE host = ? AND time BETWEEN ? AND ? AND ({where})
            ORDER BY list_contains(?::BIGINT[], record_id) DESC, abs(epoch(time) - epoch(?::TIMESTAMP)), record_id
            LIMIT 3""",
            [host_of(hop), *span, leaned, hop.start],
        ).fetchall()
        return [_pointer(*row) for row in rows]

    def collects(self, host: str, kind: str) -> bool:
        """Whether a host logged any event of a kind."""
        channel, _, number = kind.rpartition("/")
        sql = "SELECT 1 FROM windows_event WHERE host = ? AND channel = ? AND event_id = ? LIMIT 1"
        return self.con.execute(sql, [host, channel, int(number)]).fetchone() is not None

    def names_parents(self, host: str) -> bool:
        """Whether a host logs processes with their parents: then a child that is not there did not run."""
        sql = """SELECT 1 FROM windows_event WHERE host = ? AND parent_name IS NOT NULL AND (channel = 'Security'
            AND event_id = 4688 OR channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 1) LIMIT 1"""
        return self.con.execute(sql, [host]).fetchone() is not None

    def has(self, host: str, channel: str) -> bool:
        """Whether a host logged anything in a channel."""
        sql = "SELECT 1 FROM windows_event WHERE host = ? AND channel = ? LIMIT 1"
        return self.con.execute(sql, [host, channel]).fetchone() is not None

    def logs(self, host: str) -> bool:
        """Whether a host logged anything."""
        return self.con.execute("SELECT 1 FROM windows_event WHERE host = ? LIMIT 1", [host]).fetchone() is not None

    def fix(self, host: str, kind: str) -> str:
        """Say what to do so that a host's events of a kind are here."""
        if not self.logs(host):
            return FORWARD
        channel = kind.rpartition("/")[0]
        if channel == "Security" and not self.has(host, channel):
            return "forward its log Security: nothing of it is here (the WEF subscription of hopwatch lab setup)"
        return fix(kind)

    def hunt_row(self, host: str) -> tuple[datetime, datetime, str, str, tuple[str, ...]] | None:
        """Give the first row of the hunting query on a host: logon, process, account, image, and both records."""
        sql = (files("hopwatch.lab") / "hunt_row.sql").read_text(encoding="utf-8")
        row = self.con.execute(sql, [host]).fetchone()
        if row is None:
            return None
        _, logon, logon_record, process, process_record, account, image, logon_file, process_file = row
        pointers = (
            _pointer("Security", 4624, logon_record, host, logon_file),
            _pointer("Security", 4688, process_record, host, process_file),
        )
        return logon, process, account, image, pointers


def host_of(hop: Hop) -> str:
    """The short name of a hop's target, in lower case; its address where that is all there is."""
    name = (hop.target.host or hop.target.ip or "").lower()
    return name if name.replace(".", "").isdigit() or ":" in name else name.split(".")[0]


def runs(hops: Iterable[Hop], techniques: Iterable[str]) -> list[Hop]:
    """Those hops that are runs of a technique from another host: something was executed, or the source side says so."""
    wanted = set(techniques)
    return [hop for hop in hops if hop.technique in wanted and _is_run(hop)]


def _is_run(hop: Hop) -> bool:
    legs = {e.leg for e in hop.evidence}
    remote = hop.remote_origin or "source" in legs or LegState.SEEN in (hop.legs["logon"], hop.legs["network"])
    return bool(legs & {"execution", "source"}) and (bool(remote) or hop.score >= LEAST)


def pointers(hop: Hop, *legs: str) -> tuple[str, ...]:
    """The first records of a hop's evidence of some legs."""
    found = [e for leg in legs for e in hop.evidence if e.leg == leg]
    return tuple(dict.fromkeys(_pointer(e.channel, e.event_id, e.record_id, e.host, e.file) for e in found))[:3]


def _pointer(channel: str, event_id: Any, record_id: Any, host: str | None, file: str | None) -> str:
    name = channel.removeprefix("Microsoft-Windows-").removesuffix("/Operational")
    kind = name if event_id is None else f"{name} {event_id}"
    record = "" if record_id is None else f" record {record_id}"
    return f"{kind}{record} on {host or 'a sensor'} ({file})"
