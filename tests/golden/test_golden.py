"""The reports on the sample logs are the ones that were last looked at and accepted."""

from __future__ import annotations

import pytest

from tests.golden.reports import COMMANDS, FOLDER, reports

REFRESH = "look at the difference; where it is meant, accept it with: make golden"


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return reports()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_samples_give_the_report_that_was_accepted(name: str, found: dict[str, str]) -> None:
    expected = (FOLDER / name).read_text("utf-8")
    assert found[name].splitlines() == expected.splitlines(), REFRESH
    assert found[name] == expected, REFRESH
