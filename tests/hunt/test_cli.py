"""`hopwatch hunt` and `hopwatch store` as commands: their output, their notes, their exit status."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pytest

from tests.hunt.world import Log


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    log = Log()
    log.logon("srv01", 0, user="=cmd|'/c calc'!A0")
    log.process("srv01", 1, "C:\\Windows\\System32\\cmd.exe", CommandLine="a\x1b[2Jb\u202ec")
    log.write(folder)
    return folder


def run(place, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hopwatch", *words], cwd=place, capture_output=True, text=True, check=False
    )


def test_a_store_is_made_asked_and_added_to(place):
    made = run(place, "store", "events.ndjson", "--out", "s")
    assert made.returncode == 0, made.stderr
    assert "s holds 2 Windows events (2 of them new)" in made.stdout
    assert "(0 of them new)" in run(place, "store", "events.ndjson", "--out", "s").stdout
    found = run(place, "hunt", "EventID:4688 | project Computer", "--store", "s", "--format", "jsonl")
    pointer = "events.ndjson Security 4688 #1001"
    assert [json.loads(line) for line in found.stdout.splitlines()] == [
        {"Computer": "srv01.corp.example", "_record": pointer}
    ]


def test_the_three_formats_show_text_of_logs_and_never_obey_it(place):
    words = ("hunt", "events | project CommandLine, TargetUserName", "events.ndjson", "--quiet")
    table, lines, sheet = (run(place, *words, "--format", f).stdout for f in ("table", "jsonl", "csv"))
    assert "a\\x1b[2Jb\\u202ec" in table
    assert "\\u001b" in lines
    assert "\\u202e" in lines
    rows = list(csv.reader(io.StringIO(sheet)))
    assert rows[0][:2] == ["CommandLine", "TargetUserName"]
    assert rows[1][1].startswith("'=")
    assert not {"\x1b", "\u202e"} & set(table + lines + sheet)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("EventID:(", "events.ndjson"), "line 1, column 10: found the end of the query, expected"),
        (("EventID:1",), "no log to ask"),
        (("EventID:1", "nowhere"), "nowhere"),
        (("EventID:1", "--store", "nowhere"), "there is no store"),
        (("EventID:1", "events.ndjson", "--store", "events.ndjson"), "name one"),
        (("EventID:1", "events.ndjson", "--rows", "0"), "--rows 0"),
        (("EventID:1", "events.ndjson", "--language", "spl"), "--language 'spl'"),
        (("nosuch.kql", "events.ndjson"), "there is no query file"),
        (("", "events.ndjson"), "no query"),
        (("--show", "nosuch"), "hopwatch has no query"),
        (("--tables", "nosuch"), "there is no table"),
        (("EventID:1", "events.ndjson", "--table", "nosuch"), "--table 'nosuch'"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_status_2(place, words, said):
    done = run(place, "hunt", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_query_is_saved_as_a_rule_that_check_and_test_accept(place):
    saved = run(place, "hunt", 'EventID:4688 AND ProcessName:"cmd.exe"', "events.ndjson", "--save-as-rule", "cmd.yml")
    assert saved.returncode == 0, saved.stderr
    assert run(place, "rules", "check", "cmd.yml").returncode == 0
    assert "2 cases, 0 of which went wrong" in run(place, "rules", "test", "cmd.yml").stdout
    again = run(place, "hunt", "EventID:4688", "events.ndjson", "--save-as-rule", "cmd.yml")
    assert (again.returncode, "not written over" in again.stderr) == (2, True)


def test_the_library_and_the_tables_are_listed(place):
    assert "fan-out" in run(place, "hunt", "--list").stdout
    assert "// why:" in run(place, "hunt", "--show", "fan-out").stdout
    assert "SecurityEvent" in run(place, "hunt", "--tables").stdout
    assert "LogonType" in run(place, "hunt", "--tables", "DeviceLogonEvents").stdout


def test_explain_needs_no_logs(place):
    said = run(place, "hunt", "EventID:4624 LogonType:3", "--explain").stdout
    assert "SQL" in said
    assert "either is enough" in said
