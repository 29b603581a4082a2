"""`hopwatch baseline` on the command line, and what a scan makes of a baseline."""

from __future__ import annotations

import orjson
import pytest
from typer.testing import CliRunner

from hopwatch.baseline import file
from hopwatch.cli.main import application
from hopwatch.model.errors import HopwatchError, InputError
from tests.baseline.history import hop, past


def run(*args):
    done = CliRunner().invoke(application(), [str(arg) for arg in args])
    if isinstance(done.exception, HopwatchError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def known(tmp_path):
    path = tmp_path / "past.baseline"
    file.write(past(more=[hop(8, "WS17", "APP01", "adm.rossi", id="h-stolen")]), path)
    return path


def test_learning_the_same_logs_twice_changes_nothing(tmp_path):
    out = tmp_path / "past.baseline"
    told = run("baseline", "learn", "samples", "--out", out)
    assert "learnt" in told
    first = file.read(out).rows
    run("baseline", "learn", "samples", "--out", out)
    assert file.read(out).rows.equals(first)
    assert run("baseline", "learn", "samples", "--out", out, "--quiet") == ""


def test_learning_into_another_file_is_refused_before_the_work(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not a baseline"):
        run("baseline", "learn", "samples", "--out", tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_show_tells_actors_with_targets_and_what_alerted_with_its_hops(known):
    told = run("baseline", "show", known)
    assert "adm.rossi from ws17 → app01" in told
    assert "h-stolen" in told
    assert "adm.keller from jmp01 → app01, app02, app03, app04, app05, app06" in told
    (line,) = run("baseline", "show", known, "--format", "jsonl", "--state", "alert").splitlines()
    assert orjson.loads(line)["source"] == "ws17"
    assert "svc-backup" not in run("baseline", "show", known, "--account", "ADM.Keller", "--host", "app01.corp.example")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["h-stolen"], "allowed: adm.rossi from ws17 to app01"),
        (["--pair", "WS17.corp.example", "APP01"], "allowed: every account from ws17 to app01"),
        (["--pair", "WS17", "10.20.1.4", "--account", "CORP\\Adm.Rossi"], "allowed: adm.rossi from ws17 to 10.20.1.4"),
    ],
)
def test_allow_takes_a_hop_or_a_pair(known, args, told):
    assert run("baseline", "allow", known, *args).strip() == told
    if args == ["h-stolen"]:
        assert "h-stolen" not in run("baseline", "show", known)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "name either a hop or --pair"),
        (["h-1", "--pair", "a", "b"], "name either a hop or --pair"),
        (["h-unknown"], "knows no hop 'h-unknown'"),
        (["h-stolen", "--account", "x"], "goes with --pair"),
        (["--pair", "", "b"], "needs two names"),
    ],
)
def test_what_allow_cannot_use_is_told(known, args, told):
    with pytest.raises(InputError, match=told):
        run("baseline", "allow", known, *args)


def test_diff_tells_both_directions(known, tmp_path):
    file.write(past(), tmp_path / "old")
    assert run("baseline", "diff", tmp_path / "old", tmp_path / "old").strip() == "0 pairs new, 0 gone"
    assert run("baseline", "diff", known, known).strip() == "0 pairs new, 0 gone"


@pytest.mark.parametrize("days", [0, 101])
def test_a_number_of_days_that_makes_no_sense_is_told(days):
    with pytest.raises(InputError, match=f"--baseline-days {days} is not a number of days"):
        run("scan", "samples", "--baseline-days", days)


def test_a_scan_with_a_file_that_is_no_baseline_is_refused(tmp_path):
    (tmp_path / "b").write_text("x")
    with pytest.raises(InputError, match="is not a baseline"):
        run("scan", "samples", "--baseline", tmp_path / "b")
