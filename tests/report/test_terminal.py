"""The reports fit the terminal, whatever its width and whatever the names in the logs are made of."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from hopwatch.cli.output import console
from hopwatch.model.summary import Summary
from hopwatch.report import hop as whole
from hopwatch.report import text
from tests.report.made import hostile, samples, unknown

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def wide():
    """A hop whose names are of characters that take two columns each."""
    hop = samples()[0][3]
    return replace(
        hop,
        id="h-00000000000000aa",
        source=replace(hop.source, host="工作站一号.corp.example"),
        account=replace(hop.account, name="山田太郎", also=("한국어",)),
    )


def printed(width: int, **options) -> str:
    out = io.StringIO()
    to = Console(file=out, width=width, highlight=False, emoji=False, markup=False, **options)
    hops, paths = samples()
    every = [*hops, wide(), hostile(), unknown()]
    for piece in text.report(every, Summary(files=1, hops=len(every)), True, paths, hops):
        to.print(piece)
    for hop in every:
        for piece in whole.whole(hop, paths[0]):
            to.print(piece)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("colour", [True, False])
def test_no_line_is_wider_than_the_terminal(width, colour, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = ESCAPE.sub("", printed(width, force_terminal=colour)).splitlines()
    assert max(cell_len(line) for line in lines) <= width


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_word_is_there_at_every_width(width):
    shown = "".join("".join(printed(width).split()).split("└──"))
    for hop in samples()[0]:
        for words in (hop.id, hop.technique, *(reason.text for reason in hop.reasons)):
            assert "".join(words.split()) in shown


def test_colour_changes_nothing_but_the_colour(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = printed(120, force_terminal=True)
    assert ESCAPE.sub("", coloured) == printed(120)
    assert "\x1b[" in coloured


def test_no_color_leaves_colours_out(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    found = set(re.findall(r"\x1b\[([0-9;]*)m", printed(120, force_terminal=True)))
    assert {code for codes in found for code in codes.split(";")} <= {"0", "1", "2", "4", "22", ""}


def test_a_path_is_a_tree():
    lines = printed(120).splitlines()
    deeper = [line for line in lines if "──" in line]
    assert [line.index("──") for line in deeper] == [1, 5, 9]


def test_text_of_logs_is_aligned_below_itself():
    lines = printed(80).splitlines()
    at = next(
        i for i, line in enumerate(lines) if "工作站一号.corp.example" in line and re.match(r" [A-Z]+ \d+ ", line)
    )
    assert lines[at + 1].startswith(" " * 10)


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("200", 200), ("", 120), ("wide", 120), ("0", 120)])
def test_a_pipe_is_as_wide_as_columns_says(columns, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert console(io.StringIO()).width == width
