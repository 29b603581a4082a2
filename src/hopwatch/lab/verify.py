"""Reads a simulation back with hopwatch's own readers, and checks that the evidence of every true hop is there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.lab.write import MARK, SENSORS
from hopwatch.model.decoded import Decoded
from hopwatch.model.errors import InputError
from hopwatch.model.lines import PassedOver, SeparatedLines
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from hopwatch.store.database import connect

if TYPE_CHECKING:
    import duckdb

LOGS = ("windows", "zeek", "suricata")
SENSOR = re.compile(r"(?P<kind>zeek|suricata)[/\\](?P<name>[a-z]+)")
LATE = 70.0  # seconds by which evidence may lie outside its hop: clocks differ
EARLY = 1200.0  # seconds before a hop in which what made it possible happens
MARKS = re.compile(rb'"(?:record_id|flow_id)":(\d+)|"uid":"(\w+)"|EventRecordID\D{1,3}(\d+)')
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
    wanted = Wanted(truth)
    _load(con, logs_of(folder), wanted)
    seen = Seen(_events(con), _flows(con), wanted)
    verdict = Verdict()
    for hop in truth["hops"]:
        _check(hop, seen, verdict)
    hops = {hop["id"]: hop for hop in truth["hops"]}
    for campaign in truth["campaigns"]:
        verdict.problems += _course(campaign, [hops[name] for name in campaign["hops"]], seen)
    return verdict


def _has_sensors(folder: Path) -> bool:
    """Whether a sensor's log was asked for when the simulation was written."""
    try:
        formats = orjson.loads((folder / MARK).read_bytes())["formats"]
    except (OSError, ValueError, TypeError, KeyError):
        return True
    return any(name in SENSORS for name in formats)


class Wanted:
    """What of the files is evidence: only that is brought into the store. Keeps who saw which flow."""

    def __init__(self, truth: Truth) -> None:
        logons = [c["origin_logon"] for c in truth["campaigns"] if c["origin_logon"]]
        evidence = [piece for hop in truth["hops"] for piece in hop["evidence"]] + logons
        self.records = {str(piece["record_id"]).encode() for piece in evidence if "record_id" in piece}
        flows = [piece for piece in evidence if "uid" in piece]
        self.uids = {piece["uid"].encode() for piece in flows} | {str(piece["flow_id"]).encode() for piece in flows}
        self.found: set[tuple[str, str, bytes]] = set()  # kind of sensor, its name, uid

    def of(self, batch: list[bytes] | SeparatedLines, path: str) -> list[bytes] | SeparatedLines:
        """Keep the lines of a batch that may be evidence."""
        if isinstance(batch, list):
            return [text for text in batch if self._is(text, path)]
        if "uid" not in batch.fields:
            return replace(batch, lines=b"")
        at, kept = batch.fields.index("uid"), []
        for line in batch.lines.splitlines(keepends=True):
            uid = line.split(batch.separator)[at]
            if uid in self.uids:
                kept.append(line)
                self._note(path, uid)
        return replace(batch, lines=b"".join(kept))

    def _is(self, text: bytes, path: str) -> bool:
        wanted = False
        for number, uid, record in MARKS.findall(text):
            mark = uid or number
            if mark in self.uids:
                self._note(path, mark)
                wanted = True
            wanted = wanted or (number or record) in self.records
        return wanted

    def _note(self, path: str, uid: bytes) -> None:
        found = SENSOR.search(path)
        if found:
            self.found.add((found["kind"], found["name"], uid))


@dataclass
class Seen:
    """What is in the files: events by host, channel and record id, flows by their ends, and who saw them."""

    events: dict[tuple[str, str, int], Row]
    flows: set[tuple[str, str]]
    wanted: Wanted

    @property
    def sensors(self) -> set[str]:
        """The kinds of sensor that wrote anything."""
        return {kind for kind, _, _ in self.wanted.found}

    def saw(self, piece: Truth) -> bool:
        """Tell whether the sensor, of every kind, saw the flow, and with these ends (either way round)."""
        ends = (piece["orig"], piece["resp"])
        uids = {"zeek": piece["uid"].encode(), "suricata": str(piece["flow_id"]).encode()}
        by = all((kind, piece["sensor"], uids[kind]) in self.wanted.found for kind in self.sensors)
        return bool(self.sensors) and by and (ends in self.flows or ends[::-1] in self.flows)


def _load(con: duckdb.DuckDBPyConnection, paths: list[Path], wanted: Wanted) -> None:
    summary = Summary()
    into = Ingest(con, None, summary)
    for source in sources(paths, summary.skip):
        for batch in read(source, lambda reason: None):
            if isinstance(batch, PassedOver | Decoded):  # only where a reader is told that they may be given
                continue
            kept = wanted.of(batch, source.name)
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


def _check(hop: Truth, files: Seen, verdict: Verdict) -> None:
    verdict.hops += 1
    if not hop["evidence"]:
        (verdict.problems if hop["target_logs"] else verdict.unseen).append(f"{hop['id']}: nothing was logged of it")
    seen: dict[str, list[Row]] = defaultdict(list)
    for piece in hop["evidence"]:
        if "record_id" in piece:
            _check_event(hop, piece, files.events, seen, verdict)
        elif piece["leg"] == "network":
            sentence = f"{hop['id']}: {piece['sensor']} has no flow {piece['orig']} to {piece['resp']}"
            _count(files.saw(piece), sentence, verdict)
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
    if not _within(hop, piece["leg"], row["recorded"]):
        verdict.problems.append(f"{name} lies outside its hop")


def _within(hop: Truth, leg: str, time: datetime) -> bool:
    early, late = _moment(hop["time"]), _moment(hop["end"])
    margin = EARLY if leg == "before" else LATE
    return leg == "support" or early - timedelta(seconds=margin) < time < late + timedelta(seconds=LATE)


def _course(campaign: Truth, hops: list[Truth], seen: Seen) -> Iterator[str]:
    """An intrusion must go from its origin, each hop from where the last one led, one after the other."""
    name, logon = campaign["campaign"], campaign["origin_logon"]
    if logon and (logon["host"].lower(), logon["channel"], logon["record_id"]) not in seen.events:
        yield f"{name}: the logon of {campaign['origin_user']} on {logon['host']} is not there"
    for place, hop in zip([campaign["origin"], *(hop["target"] for hop in hops)], hops, strict=False):
        if hop["source"] != place:
            yield f"{name}: {hop['id']} starts from {hop['source']}, not from {place}"
    for before, after in pairwise(hops):
        if before["time"] >= after["time"]:
            yield f"{name}: {after['id']} does not come after {before['id']}"


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
