"""What `hopwatch rules` and `scan --sigma` promise at the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sigma.test_ruleset import LOOSE

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
SERVICE = """title: A service is installed
name: service
level: high
tags: [attack.lateral-movement, attack.t1569.002]
logsource: {product: windows, service: system}
detection:
  s: {EventID: 7045}
  condition: s
cases:
  - name: a service
    hit: {EventID: 7045, ServiceName: x}
  - name: a state
    miss: {EventID: 7036, param1: x}
"""
OTHER = (
    "title: A login elsewhere\nlogsource: {product: linux, service: auth}\ndetection:\n  s: {A: x}\n  condition: s\n"
)
BROKEN = (
    "title: Broken\nlogsource: {product: windows, service: system}\ndetection:\n  s: {A|sideways: x}\n  condition: s\n"
)


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "service.yml").write_text(SERVICE, "utf-8")
    (folder / "other.yml").write_text(OTHER, "utf-8")
    return folder


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "hopwatch", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    return done


def test_check_exits_with_0_where_all_rules_for_these_logs_load(rules):
    done = run("rules", "check", rules, "--summary")
    assert (done.returncode, done.stderr) == (0, "")
    assert "windows system" in done.stdout
    assert "linux auth" in done.stdout
    assert "2 entries in 2 files, 0 of which do not load" in done.stdout


def test_check_exits_with_1_and_says_file_line_and_what_where_one_does_not(rules):
    (rules / "broken.yml").write_text(BROKEN, "utf-8")
    for arguments in ((), ("--summary",)):
        done = run("rules", "check", rules, *arguments)
        assert done.returncode == 1
        assert f"{rules / 'broken.yml'}:4: error: " in done.stdout
        assert "sideways" in done.stdout


def test_check_explains_the_loose_form_and_run_runs_it(rules, tmp_path):
    (rules / "loose.yml").write_text(LOOSE.lstrip("\n"), "utf-8")
    done = run("rules", "check", rules / "loose.yml")
    assert done.returncode == 0
    assert "loose.yml:5: warning: `detection` is missing" in done.stdout
    assert "mend:" in done.stdout
    assert run("rules", "run", rules / "loose.yml", SAMPLES, "--format", "jsonl").returncode == 0


def test_check_gives_one_json_object_an_entry(rules):
    (rules / "broken.yml").write_text(BROKEN, "utf-8")
    rows = [json.loads(line) for line in run("rules", "check", rules, "--format", "jsonl").stdout.splitlines()]
    assert [(row["title"], row["state"]) for row in rows] == [
        ("Broken", "failed"),
        ("A login elsewhere", "other logs"),
        ("A service is installed", "ready"),
    ]
    assert rows[0]["problems"][0]["line"] == 4


def test_run_prints_one_json_object_a_match_and_says_what_cannot_run(rules, tmp_path):
    out = tmp_path / "out.jsonl"
    done = run("rules", "run", rules, SAMPLES, "--format", "jsonl", "--out", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert "not run: 1 other logs" in done.stderr
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert found
    assert {row["rule"] for row in found} == {"service"}
    assert all(row["event_id"] == 7045 and row["event"]["ServiceName"] and row["file"] for row in found)
    assert found == sorted(found, key=lambda row: row["time"])


def test_run_shows_matches_rule_by_rule_in_a_text(rules):
    done = run("rules", "run", rules, SAMPLES)
    assert "A service is installed" in done.stdout
    assert "System 7045" in done.stdout
    assert "Read 5 files" in done.stdout
    assert "Read 5 files" not in run("rules", "run", rules, SAMPLES, "--quiet").stdout


def test_run_takes_a_span_of_time(rules):
    assert run("rules", "run", rules, SAMPLES, "--format", "jsonl", "--since", "2027-01-01").stdout == ""


def test_test_runs_the_cases_of_own_and_brought_rules(rules):
    assert run("rules", "test", rules).stdout == "2 cases, 0 of which went wrong\n"
    (rules / "wrong.yml").write_text(SERVICE.replace("EventID: 7036", "EventID: 7045"), "utf-8")
    done = run("rules", "test", rules)
    assert done.returncode == 1
    assert "a state: expected a miss, and the rule hits" in done.stdout


def test_hopwatchs_own_rules_pass_through_the_same_engine():
    done = run("rules", "test")
    assert done.returncode == 0
    assert ", 0 of which went wrong" in done.stdout


def test_list_show_and_sql_tell_of_rules(rules):
    assert "A service is installed" in run("rules", "list", rules).stdout
    assert "psexec-service-installed.yml" in run("rules", "list").stdout.replace("\n", "")
    shown = run("rules", "show", rules / "service.yml").stdout
    assert "System 7045" in shown
    assert "attack.t1569.002" in shown
    assert (
        "FROM windows_event WHERE channel = 'System' AND event_id IN (7045)"
        in run("rules", "sql", "service-installed").stdout
    )


def test_placeholders_come_from_a_file(rules, tmp_path):
    rule = SERVICE.replace("s: {EventID: 7045}", "s: {EventID: 7045, ServiceName|expand: '%names%'}")
    (rules / "service.yml").write_text(rule, "utf-8")
    assert "needs values" in run("rules", "run", rules, SAMPLES).stderr
    values = tmp_path / "values.yml"
    values.write_text("names: [PSEXESVC, other]\n", "utf-8")
    done = run("rules", "run", rules, SAMPLES, "--placeholders", values, "--format", "jsonl")
    assert {json.loads(line)["event"]["ServiceName"] for line in done.stdout.splitlines()} == {"PSEXESVC"}


def test_rules_of_lateral_movement_count_for_hops_and_all_are_listed(rules):
    (rules / "quiet.yml").write_text(
        "title: A logon\nlevel: low\nlogsource: {product: windows, service: security}\n"
        "detection:\n  s: {EventID: 4624}\n  condition: s\n"
    )
    rows = [
        json.loads(line)
        for line in run("scan", SAMPLES, "--sigma", rules, "--all", "--format", "jsonl").stdout.splitlines()
    ]
    hops, matches = [row for row in rows if "target" in row], [row for row in rows if "rule" in row]
    assert len(hops) + len(matches) + sum("path" in row for row in rows) == len(rows)
    assert not [row for row in matches if {"target", "path"} & set(row)]
    assert {row["title"] for row in matches} == {"A service is installed", "A logon"}
    signals = {evidence["signal"] for hop in hops for evidence in hop["evidence"]}
    assert "sigma-service" in signals
    assert "sigma-a-logon" not in signals
    alone = [json.loads(line) for line in run("scan", SAMPLES, "--all", "--format", "jsonl").stdout.splitlines()]
    assert {row["id"] for row in alone if "target" in row} <= {hop["id"] for hop in hops}


def test_a_hopwatch_block_says_how_a_rule_counts(rules):
    block = "hopwatch: {leg: execution, points: 7, policy: weak, text: 'service {ServiceName} came'}\n"
    (rules / "service.yml").write_text(
        SERVICE.replace("tags: [attack.lateral-movement, attack.t1569.002]\n", "") + block, "utf-8"
    )
    rows = [
        json.loads(line)
        for line in run("scan", SAMPLES, "--sigma", rules, "--all", "--format", "jsonl").stdout.splitlines()
    ]
    evidence = [
        piece for row in rows if "target" in row for piece in row["evidence"] if piece["signal"] == "sigma-service"
    ]
    assert any(piece["text"] == "service PSEXESVC came" for piece in evidence)


def test_scan_lists_matches_in_a_text_after_the_hops(rules):
    text = run("scan", SAMPLES, "--sigma", rules).stdout
    assert text.index("alerts among") < text.index("Sigma rules") < text.index("A service is installed")


MISTAKES = {
    "no such rules": (("rules", "check", "nowhere"), "nowhere"),
    "no rule in a folder": (("rules", "check", "{empty}"), "no Sigma rule"),
    "no such log": (("rules", "run", "{rules}", "nowhere.evtx"), "nowhere.evtx"),
    "an unknown format": (("rules", "run", "{rules}", "{rules}", "--format", "xml"), "'xml'"),
    "an unknown target": (("rules", "export", "{rules}", "--to", "paper"), "'paper'"),
    "a backend that is not there": (("rules", "export", "{rules}", "--to", "splunk"), "pysigma-backend-splunk"),
    "an unknown rule": (("rules", "show", "no-such-rule"), "no-such-rule"),
    "placeholders that are not there": (("rules", "check", "{rules}", "--placeholders", "nowhere.yml"), "nowhere.yml"),
    "rules of a scan that are not there": (("scan", "samples", "--sigma", "nowhere"), "nowhere"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_one_sentence_and_exit_2(rules, tmp_path, mistake):
    arguments, words = MISTAKES[mistake]
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run(*(argument.format(rules=rules, empty=empty) for argument in arguments))
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 2
    assert last.startswith("hopwatch: ")
    assert words in last


def test_text_of_a_rule_cannot_act_on_the_terminal(rules):
    (rules / "escape.yml").write_text(
        SERVICE.replace("title: A service is installed", 'title: "x\\e[31m\\u202Ey"'), "utf-8"
    )
    for arguments in (("list",), ("show",), ("check",), ("sql",)):
        assert "\x1b" not in run("rules", *arguments, rules / "escape.yml").stdout
    out = run("rules", "run", rules / "escape.yml", SAMPLES)
    assert "\x1b" not in out.stdout
    assert "\u202e" not in out.stdout
