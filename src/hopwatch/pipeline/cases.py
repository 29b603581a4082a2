"""Runs the cases of rules: raw events that a rule must hit or miss, taken through normalisation first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from hopwatch.model.detection import Entry, Ruleset, State
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.pipeline.rules import match
from hopwatch.sigma.cases import raw_record
from hopwatch.store.database import connect


@dataclass(frozen=True)
class Result:
    """How one case went."""

    file: str
    line: int
    rule: str
    passed: bool
    text: str


def run_cases(rules: Ruleset) -> list[Result]:
    """Run every case of the rules; a rule that has cases and does not load fails them all."""
    results: list[Result] = []
    for entry in rules.entries:
        if entry.kind != "rule" or not entry.cases:
            continue
        if entry.state != State.READY:
            results.append(Result(entry.file, entry.line, entry.title, False, f"the rule is not ready: {entry.state}"))
        else:
            results += _of_rule(entry)
    return results


def _of_rule(entry: Entry) -> list[Result]:
    cases = [case for case in entry.cases if isinstance(case.get("hit", case.get("miss")), dict)]
    table = entry.matches[0].table
    con = connect()
    ingest = Ingest(con, None, Summary())
    records = [raw_record(_event(case), n, table, _places(entry)) for n, case in enumerate(cases, 1)]
    ingest.add([orjson.dumps(record, default=str) for record in records], "cases")
    ingest.finish()
    match(con, Ruleset((replace(entry, correlated=None),)))
    number = "record_id" if table == "windows_event" else "CAST(substr(uid, 2) AS BIGINT)"
    hits = {n for (n,) in con.execute(f"SELECT {number} FROM sigma_match JOIN {table} USING (key)").fetchall()}
    return [_result(entry, case, n in hits) for n, case in enumerate(cases, 1)]


def _event(case: dict[str, Any]) -> dict[str, Any]:
    return dict(case["hit"] if "hit" in case else case["miss"])


def _places(entry: Entry) -> list[tuple[str, tuple[int, ...]]]:
    return [(match.channel, match.event_ids) for match in entry.matches]


def _result(entry: Entry, case: dict[str, Any], hit: bool) -> Result:
    expected = "hit" if "hit" in case else "miss"
    got = "hits" if hit else "misses"
    text = f"{case.get('name', 'a case')}: expected a {expected}, and the rule {got}"
    return Result(entry.file, entry.line, entry.title, hit == ("hit" in case), text)
