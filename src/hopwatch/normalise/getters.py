"""Makes one function of many paths into a record, which walks each part of it once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hopwatch.normalise.fields import text_of
from hopwatch.normalise.shape import Path

Getter = Callable[[Any], list[Any]]


def getter(wants: Sequence[Sequence[Path]], raw: bool = False) -> Getter:
    """Give a function from a record to texts: of each want the first value that one of its paths leads to.

    It gives what `text_of(at(record, paths))` does, or `at(record, paths)` where `raw`. A record is asked for a few
    dozen paths, and there are millions of records: so the paths are written out as code, into which the steps of a path
    go as quoted texts only.
    """
    names: dict[Path, str] = {(): "r"}
    body = [line for wanted in wants for path in wanted[:1] for line in _walk(path, names)]
    for number, wanted in enumerate(wants):
        body += _first(f"v{number}", wanted, names)
        body += (
            [] if raw else [f"if v{number} is not None and type(v{number}) is not str: v{number} = text_of(v{number})"]
        )
    body.append("return [" + ", ".join(f"v{number}" for number in range(len(wants))) + "]")
    space: dict[str, Any] = {"text_of": text_of}
    exec("def get(r):\n " + "\n ".join(body), space)
    found: Getter = space["get"]
    return found


def _walk(path: Path, names: dict[Path, str]) -> list[str]:
    """The lines that lead to a path's end, but for the parts that have a name already."""
    lines = []
    for end in range(1, len(path) + 1):
        part = path[:end]
        if part not in names:
            above, name = names[path[: end - 1]], f"n{len(names)}"
            lines.append(f"{name} = {above}.get({path[end - 1]!r}) if type({above}) is dict else None")
            names[part] = name
    return lines


def _first(value: str, wanted: Sequence[Path], names: dict[Path, str]) -> list[str]:
    """The lines that make a value of the first place that holds something; the later ones are seldom walked to."""
    lines = [f"{value} = {names[wanted[0]] if wanted else None}"]
    for path in wanted[1:]:
        inner = dict(names)
        steps = [*_walk(path, inner), f"{value} = {inner[path]}"]
        lines += [f"if {value} is None or {value} == '':", *(f" {step}" for step in steps)]
    return [*lines, f"if {value} == '': {value} = None"] if wanted else lines
