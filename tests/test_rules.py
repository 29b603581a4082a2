"""Every rule that hopwatch brings says what it must hit and what it must miss, and does so."""

import re
from importlib.resources import files

import orjson
import pytest

from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.normalise.wanted import Grade, Wanted
from hopwatch.pipeline.logs import asked
from hopwatch.sigma.cases import cases_of, record
from hopwatch.sigma.compile import parse
from hopwatch.sigma.match import match
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import connect

RULES = sorted(p.name for p in (files("hopwatch") / "rules").iterdir() if p.name.endswith(".yml"))
KNOWN = schema_columns()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_hits_and_misses_what_its_cases_say(name):
    text = (files("hopwatch") / "rules" / name).read_text("utf-8")
    rule, raw = parse(name[:-4], text, KNOWN, name)
    cases = cases_of(raw)
    assert {case.hit for case in cases} == {True, False}, "a rule needs a hit and a miss"
    con = connect()
    ingest = Ingest(con, None, Summary())
    ingest.add([orjson.dumps(record(rule, case, i)) for i, case in enumerate(cases, 1)], "cases")
    ingest.finish()
    match(con, [rule])
    table = rule.conditions[0].table
    number = "record_id" if table == "windows_event" else "CAST(substr(uid, 2) AS BIGINT)"
    hits = {n for (n,) in con.execute(f"SELECT {number} FROM signal JOIN {table} USING (key)").fetchall()}
    for i, case in enumerate(cases, 1):
        assert (i in hits) == case.hit, f"{case.name}: expected a {'hit' if case.hit else 'miss'}"
    texts = [text for (text,) in con.execute("SELECT text FROM signal").fetchall()]
    assert not [text for text in texts if re.search(r"\{[\w.]+\}", text)], "a sentence has a hole that is not filled"


def test_no_record_that_a_rule_hits_is_passed_over():
    parsed = [parse(name[:-4], (files("hopwatch") / "rules" / name).read_text("utf-8"), KNOWN, name) for name in RULES]
    wanted = Wanted(asked([rule for rule, _ in parsed]))
    records = [
        (case.name, orjson.dumps(record(rule, case, i)))
        for rule, raw in parsed
        if rule.conditions[0].table == "windows_event"
        for i, case in enumerate(cases_of(raw), 1)
        if case.hit
    ]
    assert [name for name, text in records if wanted.grade(text) is not Grade.ALL] == []


def test_rule_ids_are_unique():
    ids = [parse(n[:-4], (files("hopwatch") / "rules" / n).read_text("utf-8"), KNOWN, n)[0].id for n in RULES]
    assert len(ids) == len(set(ids))
