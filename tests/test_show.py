"""`hopwatch show`: one hop in full, from lines or from logs, and what its score comes from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from hopwatch.cli.main import application
from hopwatch.correlate.shows import shows
from hopwatch.model.contract import hop_of, path_of
from hopwatch.model.errors import InputError
from hopwatch.model.hop import TECHNIQUES
from hopwatch.model.rule import Policy
from hopwatch.model.standing import Standing
from hopwatch.pipeline.found import Found, chosen, found
from hopwatch.pipeline.keep import keep
from hopwatch.pipeline.logs import LogOptions
from hopwatch.pipeline.scan import ScanOptions
from hopwatch.score.explain import explain
from hopwatch.score.judge import NOTHING_KNOWN, judge, weights
from tests.golden.reports import FOLDER, SAMPLES
from tests.report.made import many, samples
from tests.score.test_judge import FROM_AFAR, draft

LINES = FOLDER / "samples-all.jsonl"
POLICIES = {"artefact": Policy.ARTEFACT, "dual": Policy.DUAL_USE, "weak": Policy.WEAK}


def run(*words: str) -> str:
    done = CliRunner().invoke(application(), ["show", *map(str, words)], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    return done.output


def test_hops_and_paths_come_back_from_their_lines_as_they_were():
    for hop in many():
        assert hop_of(hop.to_dict()) == replace(hop, remote_origin=None)
    for path in samples()[1]:
        assert path_of(path.to_dict()).to_dict() == path.to_dict()


def test_a_hop_is_the_same_from_its_lines_and_from_the_logs():
    hop = samples()[0][2]
    assert run(hop.id, LINES).replace(str(SAMPLES.parent) + "/", "") == run(hop.id, SAMPLES).replace(
        str(SAMPLES.parent) + "/", ""
    )


def test_a_hop_is_the_same_from_a_store(tmp_path):
    store, hop = tmp_path / "case.store", samples()[0][2]
    keep([SAMPLES], store, LogOptions())
    assert run(hop.id, store) == run(hop.id, SAMPLES)
    assert run(samples()[1][0].id, store) == run(samples()[1][0].id, SAMPLES)


def test_a_database_that_is_no_store_is_said_to_be_none(tmp_path):
    duckdb.connect(str(tmp_path / "other.store")).close()
    with pytest.raises(InputError, match=r"other\.store is no store"):
        found([tmp_path / "other.store"], ScanOptions())


def test_everything_that_a_hop_knows_is_shown():
    hop = samples()[0][3]
    shown = " ".join(run(hop.id, LINES).split())
    known = [hop.id, hop.group, hop.source.ip, hop.source.port, hop.account.sid, hop.account.logon_id, *hop.attack]
    for value in [*known, *hop.techniques, *(e.record_id for e in hop.evidence), *(e.signal for e in hop.evidence)]:
        assert str(value) in shown
    assert samples()[1][0].id in shown


def test_the_beginning_of_an_id_is_enough():
    hop = samples()[0][0]
    assert json.loads(run(hop.id[:8], LINES, "--format", "jsonl")) == hop.to_dict()


def test_a_path_is_shown_with_its_hops():
    path = samples()[1][0]
    rows = [json.loads(line) for line in run(path.id, LINES, "--format", "jsonl").splitlines()]
    assert [row.get("id", row.get("path")) for row in rows] == [*path.hops, path.id]
    text = run(path.id, LINES, "--explain")
    assert all(hop in text for hop in path.hops)
    assert run(path.id, LINES, "--format", "md").count("\n## ") == 1 + len(path.hops)


@pytest.mark.parametrize(
    ("name", "words"), [("h-", "it may be h-"), ("zz", "among 8 hops"), ("h-0000", "no hop or path is called h-0000")]
)
def test_an_id_that_names_none_or_several_is_said(name, words):
    with pytest.raises(InputError, match=words):
        chosen(found([LINES], ScanOptions()), name)


@pytest.mark.parametrize(
    ("second", "words"), [("{", "no JSON object"), ('{"id":1,"target":2,"legs":{},"reasons":[]}', "no hop or path")]
)
def test_a_damaged_line_is_named(second, words, tmp_path):
    file = tmp_path / "hops.jsonl"
    file.write_text(LINES.read_text("utf-8").splitlines()[0] + "\n\n" + second + "\n", "utf-8")
    with pytest.raises(InputError, match=words) as error:
        found([file], ScanOptions())
    assert (error.value.file, error.value.line) == (str(file), 3)


def test_lines_of_another_kind_are_passed_over(tmp_path):
    file = tmp_path / "hops.jsonl"
    file.write_text(LINES.read_text("utf-8") + '{"rule":"x","event":{}}\n3\n', "utf-8")
    assert len(found([file], ScanOptions()).hops) == len(samples()[0])


def test_another_opener_may_come_first():
    have = Found(samples()[0], (), "a store")
    assert found([Path("x")], ScanOptions(), openers=[lambda *_: None, lambda *_: have]) is have


# What the score comes from


def judged(*given, standing=NOTHING_KNOWN, remote=FROM_AFAR, **more):
    made = draft(*given, remote=remote, **more)
    names = {policy: name for name, policy in POLICIES.items()}
    evidence = tuple(replace(samples()[0][0].evidence[0], signal=names[policy], leg=leg) for leg, _, policy in given)
    hop = replace(judge(made, weights(), standing), evidence=evidence)
    return hop, explain(hop, POLICIES, weights(), shows(hop.technique))


def test_the_points_add_up_as_the_score_does():
    for hop in samples()[0]:
        said = explain(hop, {}, weights(), shows(hop.technique)).points
        assert said[0].endswith(f"a score of {hop.score}")


def test_weak_evidence_needs_execution_or_something_that_sets_it_apart():
    hop, said = judged(("logon", 15, Policy.WEAK))
    assert not hop.alert
    assert "weak" in said.policy[0]
    assert "Security 4697, Security 4688" in said.needs[0] or "System 7045" in said.needs[0]
    assert "--baseline" in said.needs[1]
    assert "25 more points" in said.needs[1]


def test_without_proof_of_a_remote_origin_that_is_what_it_needs():
    hop, said = judged(("execution", 90, Policy.DUAL_USE), remote=None)
    assert (hop.alert, hop.severity) == (False, "low")
    assert said.policy[0].startswith("it is held at low: nothing shows that this came from another host")
    assert said.needs[0].startswith("proof that it came from another host")


def test_what_is_usual_needs_a_difference():
    hop, said = judged(("execution", 90, Policy.DUAL_USE), standing=Standing(covered=True))
    assert not hop.alert
    assert "covers this pair" in said.policy[0]
    assert said.needs[0].startswith("a difference from what is usual")


def test_what_is_allowed_says_by_what():
    hop, said = judged(("execution", 90, Policy.DUAL_USE), standing=Standing(suppressed_by="context.yml:7: patches"))
    assert (hop.alert, said.needs) == (False, ("that the context did not allow it (context.yml:7: patches)",))


def test_an_alert_needs_nothing_and_says_what_would_raise_it():
    hop, said = judged(("execution", 5, Policy.DUAL_USE))
    assert (hop.alert, said.needs) == (True, ())
    assert said.policy[0].startswith("its evidence makes it medium")
    assert said.higher == ("high begins at 60: 55 more points",)


def test_a_missing_leg_says_what_it_would_add_and_what_shows_it():
    hop, said = judged(("execution", 30, Policy.DUAL_USE))
    more = dict(zip(hop.legs, said.legs, strict=True))
    assert "add 10 points" in more["logon"]
    assert "Sysmon 3" in more["network"]
    with_both, _ = judged(("execution", 30, Policy.DUAL_USE), ("logon", 0, Policy.WEAK))
    assert with_both.score - hop.score == 10


@pytest.mark.parametrize("name", TECHNIQUES)
def test_every_technique_says_what_shows_each_leg(name):
    assert set(shows(name)) == {"logon", "execution", "network"}
    assert "  " not in " ".join(shows(name).values())
