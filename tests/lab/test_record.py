"""A recorded run becomes a detection: of that tool, from another host, and of nothing that is ordinary."""

from __future__ import annotations

import os
import random
from pathlib import Path
from string import ascii_letters, ascii_lowercase

import pytest

from hopwatch.lab.record.record import Recording, record, save
from hopwatch.lab.record.stable import looks_random, parts, words
from hopwatch.model.errors import InputError
from hopwatch.pipeline import rules as bring
from hopwatch.pipeline.cases import run_cases
from hopwatch.pipeline.logs import LogOptions
from tests.lab.runs import local, work, write
from tests.lab.test_tools import TOOLS


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """What people and machines do in the organisation of the run, and in another one."""
    here, there = tmp_path_factory.mktemp("quiet"), tmp_path_factory.mktemp("elsewhere")
    work(here, 5)
    work(there, 9)
    return here, there


def recorded(quiet: Path, run: Path, name: str, out: Path) -> Recording:
    found = record([quiet], [run], name, LogOptions())
    save(found, out)
    return found


def fired(draft: Path, logs: Path) -> int:
    """How many correlations of a draft fire on logs."""
    run = bring.run(bring.load([draft]), [logs], LogOptions())
    row = run.con.execute("SELECT count(DISTINCT rule) FROM sigma_correlation").fetchone()
    assert row is not None
    return int(row[0])


def hits_alike(tool: str, tmp_path: Path, quiet: Path, elsewhere: Path, seeds: tuple[int, int]) -> None:
    """Draft from a run of the first seed; try it on the second seed's organisation."""
    write(tmp_path / "run", tool, seed=seeds[0])
    write(tmp_path / "other", tool, seed=seeds[1], other=True)
    write(tmp_path / "local", tool, seed=seeds[1], other=True, keep=local)
    found = recorded(quiet, tmp_path / "run", tool, tmp_path / "draft")
    assert found.drafted
    loaded = bring.load([tmp_path / "draft"])
    assert {entry.state for entry in loaded.entries} == {"ready"}
    assert [result for result in run_cases(loaded) if not result.passed] == []
    assert fired(tmp_path / "draft", tmp_path / "run")
    assert fired(tmp_path / "draft", tmp_path / "other")
    assert fired(tmp_path / "draft", elsewhere) == 0
    assert fired(tmp_path / "draft", tmp_path / "local") == 0


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_a_draft_hits_another_run_and_neither_benign_traffic_nor_a_local_run(tool, tmp_path, usual):
    hits_alike(tool, tmp_path, *usual, (5, 9))


@pytest.mark.skipif(
    "HOPWATCH_RECORD_SEEDS" not in os.environ, reason="long: seed pairs in HOPWATCH_RECORD_SEEDS=8:17,23:31"
)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_draft_does_so_whatever_the_seeds(tool, tmp_path):
    for pair in os.environ["HOPWATCH_RECORD_SEEDS"].split(","):
        first, second = map(int, pair.split(":"))
        here = tmp_path / f"{first}-{second}"
        work(here / "quiet", first)
        work(here / "elsewhere", second)
        hits_alike(tool, here, here / "quiet", here / "elsewhere", (first, second))


def test_what_the_quiet_capture_has_too_is_refused(tmp_path):
    write(tmp_path / "quiet", "psexec", seed=9, other=True)
    write(tmp_path / "run", "psexec")
    found = recorded(tmp_path / "quiet", tmp_path / "run", "psexec", tmp_path / "draft")
    assert any("PSEXESVC" in one.candidate.told and one.count for one in found.refused)
    assert not any("PSEXESVC" in one.told for one in found.drafted)


def test_a_run_without_movement_is_said_so(tmp_path):
    write(tmp_path / "run", None)
    with pytest.raises(InputError, match="no movement to another host"):
        record([tmp_path / "run"], [tmp_path / "run"], "nothing", LogOptions())


def test_what_is_left_names_sides_and_stable_parts(tmp_path, usual):
    write(tmp_path / "run", "psexec")
    found = recorded(usual[0], tmp_path / "run", "psexec", tmp_path / "draft")
    assert {one.side for one in found.left} >= {"target", "wire"}
    pipes = [one for one in found.left if one.field == "RelativeTargetName" and one.value.endswith("-stdin")]
    assert pipes
    assert pipes[0].stable is not None
    assert any("stdin" in part for part in pipes[0].stable)


@pytest.mark.parametrize(
    ("value", "stable"),
    [
        ("PSEXESVC-WS0001-4711-stdin", ["PSEXESVC-", "-stdin"]),
        ("PSEXESVC.exe", ["PSEXESVC.exe"]),
        ("__1772453123.711751", []),
        ("{0CCE9215-69AE-11D9-BED3-505054503030}", []),
        ("corp\\anna", []),
        ("RemCom_stdinW", ["RemCom_stdin"]),
        ("RemCom_stdinaBcD4711", ["RemCom_stdin"]),
        ("__output_xKqWzRtB", ["__output_"]),
        ("msf-x7k2m9q", []),
        ("kQzXvbNm.exe", []),
        ("UrNq", []),
        ("a1b2c3d", []),
        ("AcmeRun", ["AcmeRun"]),
        ("winexesvc", ["winexesvc"]),
    ],
)
def test_random_parts_and_own_names_are_cut(value, stable):
    assert parts(value, {"ws0001", "corp", "anna"}) == stable


def test_telling_words_of_a_command_line():
    assert words(r"cmd.exe /Q /c cd \ 1> \\127.0.0.1\ADMIN$\__1772453123.71 2>&1", set()) == [
        "\\\\127.0.0.1\\ADMIN$\\__"
    ]


@pytest.mark.parametrize(("alphabet", "length", "least"), [(ascii_letters, 8, 0.9), (ascii_lowercase, 8, 0.8)])
def test_most_names_of_random_letters_are_told_by_their_form(alphabet, length, least):
    dice = random.Random(7)
    words = ["".join(dice.choices(alphabet, k=length)) for _ in range(500)]
    assert sum(map(looks_random, words)) >= least * len(words)


@pytest.mark.parametrize("tool", ["impacket_psexec", "atexec"])
def test_names_that_a_tool_made_up_are_in_no_draft_of_one_run(tool, tmp_path, usual):
    stage = write(tmp_path / "run", tool)
    made_up = {
        event.fields[name].strip("\\")
        for event in stage.on(stage.target)
        for name in ("ServiceName", "TaskName")
        if event.form.kind in ("security.4697", "security.4698") and name in event.fields
    }
    found = recorded(usual[0], tmp_path / "run", tool, tmp_path / "draft")
    assert made_up
    assert found.drafted
    assert not [one.told for one in found.drafted for name in made_up if name in one.told]


@pytest.mark.parametrize(
    ("word", "random"), [("xKqWzRtB", True), ("Updater", False), ("PSEXESVC", False), ("RemCom", False)]
)
def test_letters_that_were_thrown_together(word, random):
    assert looks_random(word) is random
