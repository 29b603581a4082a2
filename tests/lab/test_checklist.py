"""The checklist says of a lab what its owner wants to know: what arrived, what fired, and the one thing to mend."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from hopwatch.cli.main import run_command
from hopwatch.lab.checklist import checklist
from hopwatch.model.checklist import Check, Status
from hopwatch.pipeline.logs import LogOptions
from tests.lab.runs import Keep, dark, without, write

LOGON = "0CCE9215-69AE-11D9-BED3-505054503030"


def checks(folder: Path, context: Path | None = None) -> dict[str, Check]:
    return {check.name: check for check in checklist([folder], LogOptions(context=context))}


RUNS = {"psexec": "psexec", "invoke_command": "winrm", "wmic": "wmi", "schtasks": "task"}


@pytest.mark.parametrize("tool", RUNS)
def test_a_run_that_was_logged_whole_passes(tmp_path, tool):
    stage = write(tmp_path, tool)
    found = checks(tmp_path)
    for name in (RUNS[tool], "connection", "special_privileges", "correlation", "hunt", "process"):
        assert found[name].status == Status.PASS, found[name]
        assert found[name].host == stage.target.name.lower()
        assert found[name].records
    assert all(found[name].status == Status.NOT_SEEN for name in RUNS.values() if name != RUNS[tool])


# tool, what is off, the check that fails, what its text says, what its fix says
OFF: list[tuple[str, Keep, str, str, str]] = [
    ("psexec", without("security.4697"), "psexec", "no Security 4697", "auditpol /set /subcategory:{0CCE9211"),
    ("psexec", without("system.7045"), "psexec", "no System 7045", "forward the log System, event 7045"),
    ("psexec", without("security.4624"), "psexec", "no Security 4624 type 3", LOGON),
    ("psexec", without("security.4688", "sysmon."), "process", "no process creation", "{0CCE922B"),
    ("psexec", without("security.4672"), "special_privileges", "no 4672", "{0CCE921B"),
    ("invoke_command", without("security.4688", "sysmon."), "winrm", "no wsmprovhost.exe", "{0CCE922B"),
    ("wmic", without("security.4688", "sysmon."), "wmi", "no child of WmiPrvSE.exe", "{0CCE922B"),
    ("schtasks", without("security.4698", "task."), "task", "no task event (Security 4698", "{0CCE9227"),
    ("wmic", without("security.4688"), "hunt", "no 4688", "{0CCE922B"),
    (
        "schtasks",
        without("security."),
        "task",
        "no Security 4624 type 3; there is task event",
        "forward its log Security",
    ),
    ("psexec", without("security."), "psexec", "no Security 4697 and no Security 4624", "forward its log Security"),
    ("psexec", without("system."), "psexec", "no System 7045; there is Security 4697", "forward the log System"),
    ("psexec", dark, "psexec", "forwards no log", "forward its logs"),
    ("psexec", dark, "hunt", "no 4624 and no 4688", "forward its logs"),
]


@pytest.mark.parametrize(("tool", "keep", "name", "text", "fix"), OFF)
def test_what_is_switched_off_fails_with_the_one_thing_to_mend(tmp_path, tool, keep, name, text, fix):
    write(tmp_path, tool, keep=keep)
    found = checks(tmp_path)[name]
    assert found.status == Status.FAIL, found
    assert text in found.text
    assert found.fix is not None
    assert fix in found.fix


def test_a_connection_that_nobody_saw_fails(tmp_path):
    write(tmp_path, "psexec", keep=lambda stage, event: event.form.kind not in ("sysmon.3", "security.5156"))
    for file in tmp_path.rglob("*.log"):
        file.unlink()
    assert checks(tmp_path)["connection"].status == Status.FAIL


def test_nothing_of_a_run_is_not_seen_and_no_failure(tmp_path):
    write(tmp_path, None)
    found = checks(tmp_path)
    assert {found[name].status for name in (*RUNS.values(), "correlation", "stranger")} == {Status.NOT_SEEN}


def context(folder: Path, text: str) -> Path:
    file = folder / "context.yml"
    file.write_text(text, "utf-8")
    return file


def test_known_work_is_suppressed_and_a_strangers_is_not(tmp_path):
    stage = write(tmp_path / "logs", "psexec")
    account = stage.org.accounts["admin"][0].name
    text = f"""hosts:
  - {{match: {stage.source.name}, roles: [jump_host]}}
allow:
  - {{source: {stage.source.name}, target: "*", why: lab}}
"""
    found = checks(tmp_path / "logs", context(tmp_path, text))
    assert found["allowed"].status == Status.PASS
    assert account in found["allowed"].text
    assert found["stranger"].status == Status.PASS
    assert "as if a stranger" in found["stranger"].text


def test_a_context_that_names_only_a_target_lets_a_stranger_through_and_fails(tmp_path):
    stage = write(tmp_path / "logs", "psexec")
    found = checks(tmp_path / "logs", context(tmp_path, f"allow:\n  - {{target: {stage.target.name}, why: all}}\n"))
    assert found["stranger"].status == Status.FAIL
    assert "narrow" in (found["stranger"].fix or "")


def test_a_jump_host_that_still_alerts_fails_with_the_entry_to_write(tmp_path):
    stage = write(tmp_path / "logs", "smbexec")
    text = f"hosts:\n  - {{match: {stage.source.name}, roles: [jump_host]}}\n"
    found = checks(tmp_path / "logs", context(tmp_path, text))
    assert found["allowed"].status in (Status.FAIL, Status.NOT_SEEN)
    assert found["stranger"].status == Status.PASS


def test_the_command_exits_with_1_on_a_failure_and_writes_json(tmp_path, capsys, monkeypatch):
    write(tmp_path / "logs", "psexec", keep=without("security.4697"))
    arguments = ["hopwatch", "lab", "checklist", str(tmp_path / "logs"), "--format", "json"]
    monkeypatch.setattr("sys.argv", arguments)
    assert run_command() == 1
    rows = orjson.loads(capsys.readouterr().out)
    assert {row["status"] for row in rows} == {"pass", "fail", "not_seen"}
