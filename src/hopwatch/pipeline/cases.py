"""Runs the cases of rules: raw events that a rule must hit or miss, taken through normalisation first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from hopwatch.model.detection import Entry, Ruleset, State
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.pipeline.rules import match
from hopwatch.sigma.cases import APART, raw_record
from hopwatch.store.database import connect

NETWORK = (
    "connection", "dns", "smb_activity", "dce_rpc", "kerberos_activity", "ntlm_activity", "http_activity", "dhcp_lease",
    "sensor_alert",
)  # fmt: skip
HITS = "SELECT rule, record_id FROM sigma_match JOIN windows_event USING (key)" + "".join(
    f" UNION ALL SELECT rule, TRY_CAST(ltrim(uid, 'C') AS BIGINT) FROM sigma_match JOIN {table} USING (key)"
    f" WHERE source_table = '{table}'"
    for table in NETWORK
)


@dataclass(frozen=True)
class Result:
    """How one case went."""

    file: str
    line: int
    rule: str
    passed: bool
    text: str


def run_cases(rules: Ruleset) -> list[Result]:
    """Run every case of the rules; a rule that has cases and does not load fails them all.

    The cases of all rules are read together, each rule's on a host of its own. A rule of which a case goes wrong so has
    its cases run again alone, and that counts.
    """
    every = [entry for entry in rules.entries if entry.kind == "rule" and entry.cases]
    ready = [entry for entry in every if entry.state == State.READY]
    results: list[Result] = []
    for entry, together in zip(ready, _run(ready), strict=True):
        results += together if all(result.passed for result in together) else _run([entry])[0]
    idle = (entry for entry in every if entry.state != State.READY)
    return results + [_wrong(entry, f"the rule is not ready: {entry.state}") for entry in idle]


def _wrong(entry: Entry, text: str) -> Result:
    return Result(entry.file, entry.line, entry.title, False, text)


def _run(entries: list[Entry]) -> list[list[Result]]:
    """The results of each rule's cases, of all rules in one store."""
    con = connect()
    ingest = Ingest(con, None, Summary())
    numbers: list[dict[int, dict[str, Any]]] = []
    for i, entry in enumerate(entries, 1):
        cases = [case for case in entry.cases if isinstance(case.get("hit", case.get("miss")), dict)]
        numbers.append({i * APART + n: case for n, case in enumerate(cases, 1)})
        host = {} if len(entries) == 1 else {"Computer": f"srv{i:04}.corp.example"}
        table = entry.matches[0].table
        records = [raw_record(host | _event(case), n, table, _places(entry)) for n, case in numbers[-1].items()]
        ingest.add([orjson.dumps(record, default=str) for record in records], f"cases {i}")
    ingest.finish()
    match(con, Ruleset(tuple(entries)))
    hits = {*con.execute(HITS).fetchall()}
    return [[_result(e, case, (i, n) in hits) for n, case in numbers[i].items()] for i, e in enumerate(entries)]


def _event(case: dict[str, Any]) -> dict[str, Any]:
    return dict(case["hit"] if "hit" in case else case["miss"])


def _places(entry: Entry) -> list[tuple[str, tuple[int, ...]]]:
    return [(match.channel, match.event_ids) for match in entry.matches]


def _result(entry: Entry, case: dict[str, Any], hit: bool) -> Result:
    expected = "hit" if "hit" in case else "miss"
    got = "hits" if hit else "misses"
    text = f"{case.get('name', 'a case')}: expected a {expected}, and the rule {got}"
    return Result(entry.file, entry.line, entry.title, hit == ("hit" in case), text)
