"""The query library: one file a query, with what it finds, why, and what looks alike without harm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

HEAD = re.compile(r"//\s*(\w+):\s*(.*)")


@dataclass(frozen=True)
class Query:
    """A query of the library. `attack` are ATT&CK's names, `like` what looks alike and is harmless."""

    name: str
    title: str
    why: str
    attack: tuple[str, ...]
    like: str
    text: str


def queries() -> list[Query]:
    """Every query of the library, by name."""
    place = files("hopwatch.hunt") / "queries"
    return [
        _read(file.name.removesuffix(".kql"), file.read_text("utf-8"))
        for file in sorted(place.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".kql")
    ]


def named(name: str) -> Query | None:
    """The query of that name, if there is one."""
    return next((query for query in queries() if query.name == name), None)


def _read(name: str, text: str) -> Query:
    """Read a query: comments `// key: value` first, each perhaps over several lines, then the query."""
    said: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        found = HEAD.match(line)
        if found:
            key = found[1]
            said[key] = found[2].strip()
        else:
            said[key] += " " + line.lstrip("/ ").strip()
    return Query(name, said["title"], said["why"], tuple(said.get("attack", "").split()), said.get("alike", ""), text)
