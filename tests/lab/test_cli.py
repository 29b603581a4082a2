"""The lab on the command line: what is printed, and how it exits."""

from __future__ import annotations

import orjson
import pytest
from typer.testing import CliRunner

from hopwatch.cli.lab import app
from hopwatch.model.errors import InputError

SMALL = ["--workstations", "6", "--servers", "5", "--days", "1", "--noise", "0.2", "--attacks", "psexec,wmic"]


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("lab") / "out"
    done = run("simulate", "--out", out, *SMALL)
    assert done.exit_code == 0, done.output
    assert "hops of attacks" in done.output
    return out


def test_verify_says_what_it_found(folder):
    done = run("verify", folder)
    assert done.exit_code == 0
    assert "0 problems" in done.output
    assert orjson.loads(run("verify", folder, "--format", "json").output)["problems"] == []


def test_verify_exits_with_1_where_evidence_is_missing(folder, tmp_path):
    (tmp_path / "windows").mkdir()
    (tmp_path / "truth.json").write_bytes((folder / "truth.json").read_bytes())
    done = run("verify", tmp_path)
    assert done.exit_code == 1
    assert "is not there" in done.output


def test_score_prints_all_figures_as_text_and_as_json(folder):
    text = run("score", folder).output
    for words in ("recall", "source right", "paths", "false alerts", "a day", "first evidence to alert"):
        assert words in text
    figures = orjson.loads(run("score", folder, "--format", "json").output)
    assert figures["hops"] > 0
    assert figures["recall"] is not None


@pytest.mark.parametrize("command", ["verify", "score"])
def test_a_folder_that_is_no_simulation_is_an_error_of_one_sentence(tmp_path, command):
    done = run(command, tmp_path)
    assert isinstance(done.exception, InputError)
    assert "is not a simulation" in str(done.exception)


def test_an_unknown_attack_is_named_with_those_that_there_are(tmp_path):
    done = run("simulate", "--out", tmp_path / "out", "--attacks", "psexec,telepathy")
    assert isinstance(done.exception, InputError)
    assert "'telepathy' is not known; it is one of psexec," in str(done.exception)
