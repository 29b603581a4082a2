"""Every command of the page "your first lab, in an hour" runs, and exits as the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from hopwatch.cli.main import run_command

PAGE = Path(__file__).parents[2] / "docs" / "first-lab.md"
COMMAND = re.compile(r"^\$ (hopwatch [^#\n]+?)(?:\s+# exit status (\d))?$", re.MULTILINE)


@pytest.mark.slow
def test_the_walk_through_runs_from_its_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = COMMAND.findall(PAGE.read_text("utf-8"))
    assert len(commands) >= 9
    for command, status in commands:
        monkeypatch.setattr("sys.argv", shlex.split(command))
        assert run_command() == int(status or 0), command
    assert (tmp_path / "checklist.md").read_text("utf-8").startswith("# Lab checklist")
