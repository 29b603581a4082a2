"""Reads a simulation back with hopwatch's own readers, and checks that the evidence of every true hop is there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.lab.write import MARK, SENSORS
from hopwatch.model.errors import InputError
from hopwatch.model.lines import SeparatedLines
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from hopwatch.store.database import connect

if TYPE_CHECKING:
    import duckdb

LOGS = ("windows", "zeek", "suricata")
LATE = 10.0  # seconds by which evidence may lie outside its hop: clocks differ
MARKS = re.compile(rb'"(?:record_id":|EventRecordID":")(\d+)|"uid":"(\w+)"|"src_port":(\d+)')
Truth = dict[str, Any]
Row = dict[str, Any]


@dataclass
class Verdict:
    """What was found: hops, pieces of evidence, those found, and each problem as a sentence."""

    hops: int = 0
    evidence: int = 0
    found: int = 0
    unseen: list[str] = field(default_factory=list)  # hops that nobody logged
    problems: list[str] = field(default_factory=list)


def truth_of(folder: Path) -> Truth:
    """Read the truth of a simulation. Raises InputError where there is none."""
    try:
        truth: Truth = orjson.loads((folder / "truth.json").read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{folder} is not a simulation: it has no truth.json") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}/truth.json cannot be read: {error}") from error
    return truth


def logs_of(folder: Path) -> list[Path]:
    """Give the folders of a simulation that hold logs. Raises InputError where there is none."""
    found = [folder / name for name in LOGS if (folder / name).is_dir()]
    if not found:
        raise InputError(f"{folder} holds no logs")
    return found


def verify(folder: Path) -> Verdict:
    """Check every true hop of a simulation against its files. Raises InputError for what is not one.

    Where no sensor's log was asked for, none of their flows is looked for.
    """
    truth = truth_of(folder)
    if not _has_sensors(folder):
        for hop in truth["hops"]:
            hop["evidence"] = [piece for piece in hop["evidence"] if "uid" not in piece]
    con = connect()
    _load(con, logs_of(folder), Wanted(truth))
    events, flows = _events(con), _flows(con)
    verdict = Verdict()
    for hop in truth["hops"]:
        _check(hop, events, flows, verdict)
    return verdict


def _has_sensors(folder: Path) -> bool:
    """Whether a sensor's log was asked for when the simulation was written."""
    try:
        formats = orjson.loads((folder / MARK).read_bytes())["formats"]
    except (OSError, ValueError, TypeError, KeyError):
        return True
    return any(name in SENSORS for name in formats)


class Wanted:
    """What of the files is evidence: only that is brought into the store."""

    def __init__(self, truth: Truth) -> None:
        evidence = [piece for hop in truth["hops"] for piece in hop["evidence"]]
        self.records = {str(piece["record_id"]).encode() for piece in evidence if "record_id" in piece}
        flows = [piece for piece in evidence if "uid" in piece]
        self.uids = {piece["uid"].encode() for piece in flows}
        self.ports = {piece["orig"].rsplit(":", 1)[1].encode() for piece in flows}

    def of(self, batch: list[bytes] | SeparatedLines) -> list[bytes] | SeparatedLines:
        """Keep the lines of a batch that may be evidence."""
        if isinstance(batch, list):
            return [text for text in batch if self._is(text)]
        if b"uid" not in [name.encode() for name in batch.fields]:
            return replace(batch, lines=b"")
        at = batch.fields.index("uid")
        lines = batch.lines.splitlines(keepends=True)
        return replace(batch, lines=b"".join(line for line in lines if line.split(batch.separator)[at] in self.uids))

    def _is(self, text: bytes) -> bool:
        found = MARKS.findall(text)
        return any(record in self.records or uid in self.uids or port in self.ports for record, uid, port in found)


def _load(con: duckdb.DuckDBPyConnection, paths: list[Path], wanted: Wanted) -> None:
    summary = Summary()
    into = Ingest(con, None, summary)
    for source in sources(paths, summary.skip):
        for batch in read(source, lambda reason: None):
            kept = wanted.of(batch)
            if kept if isinstance(kept, list) else kept.lines:
                into.add(kept, source.name)
    into.finish()


def _events(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, int], Row]:
    """The events in the store, by host, channel and record id."""
    columns = "host, channel, record_id, event_id, recorded, logon_id, target_logon_id, ip, port"
    rows = _rows(con, f'SELECT {columns}, "LogonType" AS kind FROM windows_event')
    return {(row["host"], row["channel"], row["record_id"]): row for row in rows}


def _flows(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """The connections that a sensor saw, by their two ends."""
    rows = con.execute(
        "SELECT orig_ip, orig_port, resp_ip, resp_port FROM connection WHERE event_id IS NULL"
    ).fetchall()
    return {(f"{a}:{b}", f"{c}:{d}") for a, b, c, d in rows}


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Row]:
    table = con.sql(sql).to_arrow_table()
    yield from table.to_pylist()


def _check(hop: Truth, events: dict[tuple[str, str, int], Row], flows: set[tuple[str, str]], verdict: Verdict) -> None:
    verdict.hops += 1
    if not hop["evidence"]:
        (verdict.problems if hop["target_logs"] else verdict.unseen).append(f"{hop['id']}: nothing was logged of it")
    seen: dict[str, list[Row]] = defaultdict(list)
    for piece in hop["evidence"]:
        if "record_id" in piece:
            _check_event(hop, piece, events, seen, verdict)
        elif piece["leg"] == "network":
            _count(
                (piece["orig"], piece["resp"]) in flows,
                f"{hop['id']}: no flow {piece['orig']} to {piece['resp']}",
                verdict,
            )
    verdict.problems += _consistency(hop, seen)


def _check_event(
    hop: Truth, piece: Truth, events: dict[tuple[str, str, int], Row], seen: dict[str, list[Row]], verdict: Verdict
) -> None:
    name = f"{hop['id']}: {piece['host']} {piece['channel']} {piece['event_id']} record {piece['record_id']}"
    row = events.get((piece["host"].lower(), piece["channel"], piece["record_id"]))
    _count(row is not None and row["event_id"] == piece["event_id"], f"{name} is not there", verdict)
    if row is None:
        return
    seen[piece["leg"]].append(row)
    if abs((row["recorded"] - _moment(piece["time"])).total_seconds()) > 0.002:
        verdict.problems.append(f"{name} has another time: {row['recorded']}")
    early, late = _moment(hop["time"]), _moment(hop["end"])
    if (
        piece["leg"] != "support"
        and not -LATE < (row["recorded"] - early).total_seconds() < (late - early).total_seconds() + LATE
    ):
        verdict.problems.append(f"{name} lies outside its hop")


def _count(found: bool, problem: str, verdict: Verdict) -> None:
    verdict.evidence += 1
    if found:
        verdict.found += 1
    else:
        verdict.problems.append(problem)


def _consistency(hop: Truth, seen: dict[str, list[Row]]) -> Iterable[str]:
    """Logon ids, addresses and ports of the target's events must agree."""
    logons = [row for row in seen["logon"] if row["event_id"] == 4624]
    opened = {row["target_logon_id"] for row in logons}
    ports = {row["port"] for row in logons if row["port"]}
    flown = {
        int(piece["orig"].rsplit(":", 1)[1])
        for piece in hop["evidence"]
        if piece["leg"] == "network" and "orig" in piece
    }
    for row in seen["execution"]:
        if opened and row["logon_id"] is not None and row["logon_id"] not in opened:
            yield f"{hop['id']}: record {row['record_id']} has the logon id {row['logon_id']:#x} of no logon"
    for row in logons:
        if row["ip"] and row["kind"] == "3" and row["ip"] != hop["source_ip"]:
            yield f"{hop['id']}: the logon of record {row['record_id']} comes from {row['ip']}"
    if flown and ports - flown:
        yield f"{hop['id']}: logons from ports {sorted(ports - flown)}, connections from {sorted(flown)}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))
