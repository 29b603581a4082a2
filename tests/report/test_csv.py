"""A spreadsheet shows what stood in a log, and computes none of it."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from hopwatch.model.hop import Account
from hopwatch.report.csv import COLUMNS, lines
from hopwatch.report.safe import cell
from hopwatch.score.judge import judge, weights
from tests.score.test_judge import Policy, draft

HOP = judge(draft(("execution", 30, Policy.DUAL_USE)), weights())


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        '"=1',
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        "\u200b=1",
    ],
)
def test_no_cell_begins_a_formula(text: str) -> None:
    assert cell(text)[0] in "'\\"


@pytest.mark.parametrize("text", ["SRV01$", "10.20.1.11", "a=b", "C:\\x", "", "100"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_a_row_has_a_value_for_each_column_whatever_the_log_held() -> None:
    hostile = replace(HOP, account=Account('=cmd|"/c calc"!A1,x;y\n=2', "CORP", also=("=a", "b")))
    names, row = csv.reader("".join(lines([hostile])).splitlines())
    assert tuple(names) == COLUMNS
    found = dict(zip(names, row, strict=True))
    assert found["account"] == '\'=cmd|"/c calc"!A1,x;y\\n=2'
    assert (found["id"], found["technique"], found["alert"], found["logon"]) == ("h-1", "psexec", "true", "absent")
