"""Has a query answered by a process of its own, and passes on what it gives."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import orjson

from hopwatch.hunt.limits import Limits
from hopwatch.model.errors import QueryError

# -P: nothing is imported from the current folder, which may be the evidence.
COMMAND = ("-P", "-c", "from hopwatch.hunt.worker import main; main()")
START = 10  # seconds that the process may take besides the query's own time


@dataclass(frozen=True)
class Question:
    """A query, its language, the table that a search is over, and whether it is to be explained or made a rule."""

    text: str
    language: str = "auto"
    table: str = "events"
    explain: bool = False
    rule: str = ""


@dataclass
class Answer:
    """What a query became, its columns and rows; once all rows were taken, whether there were more."""

    plan: dict[str, Any]
    columns: list[str]
    types: list[str]
    lines: Iterator[dict[str, Any]] = field(repr=False)
    given: int = 0
    more: bool = False
    cut: int = 0
    rule: str | None = None

    def rows(self) -> Iterator[list[Any]]:
        """Give the rows. Raises QueryError where the query fails on the way."""
        for line in self.lines:
            if "rule" in line:
                self.rule = line["rule"]
            if "end" in line:
                self.given, self.more, self.cut = line["end"], line["more"], line["cut"]
            yield from line.get("rows", ())


def ask(store: Path, question: Question, limits: Limits) -> Answer:
    """Have a question answered. Raises QueryError with what is wrong with it, and where."""
    lines = _lines(store, asdict(question), limits)
    first = next(lines, {})
    return Answer(first["plan"], first["columns"], first["types"], lines)


def tables(store: Path, limits: Limits) -> dict[str, dict[str, str]]:
    """The tables that can be asked, each with its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for line in _lines(store, asdict(Question("")) | {"list": True}, limits):
        found |= line["tables"]
    return found


def _lines(store: Path, request: dict[str, Any], limits: Limits) -> Iterator[dict[str, Any]]:
    """Give the lines of the answer. Raises QueryError for one that says what was wrong, or where none says the end."""
    with tempfile.TemporaryDirectory(prefix="hopwatch-hunt-") as temp:
        request = request | {"store": str(store), "limits": asdict(limits), "temp": temp}
        process = subprocess.Popen(
            [sys.executable, *COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        timer = Timer(limits.seconds + START, process.kill)
        timer.start()
        ended = False
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(orjson.dumps(request))
                process.stdin.close()
            for text in process.stdout:
                line = orjson.loads(text)
                if "error" in line:
                    raise QueryError(line["error"], line=line["line"], column=line["column"])
                ended = ended or bool(line.keys() & {"end", "rule", "tables"})
                yield line
            if not ended:
                raise _broken(process.wait(), limits)
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _broken(status: int, limits: Limits) -> QueryError:
    """What it means that the process ended without an answer."""
    if status in (-9, -24):
        return QueryError(f"the query took longer than {limits.seconds} s (--timeout), or more memory than there is")
    return QueryError(f"the query broke off, as it took more than it may or the engine failed (status {status})")
