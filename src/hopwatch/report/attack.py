"""Names of ATT&CK techniques and tactics, and where their pages are."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SITE = "https://attack.mitre.org"


@dataclass(frozen=True)
class Technique:
    """One technique or sub-technique; what this version of hopwatch has no name for is called by its id.

    `parent` is the technique that a sub-technique belongs to.
    """

    id: str
    name: str
    tactic: str | None = None
    tactic_name: str | None = None
    parent: Technique | None = None

    @property
    def url(self) -> str:
        """The technique's page."""
        return f"{SITE}/techniques/{self.id.replace('.', '/')}/"


@cache
def technique(number: str) -> Technique:
    """Give a technique by its id, such as T1021.002."""
    tactic, name = _table()["techniques"].get(number, (None, number))
    parent = technique(number.split(".")[0]) if "." in number else None
    return Technique(number, name, tactic, _table()["tactics"].get(tactic), parent)


def tactic_url(number: str) -> str:
    """The page of a tactic."""
    return f"{SITE}/tactics/{number}/"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("hopwatch.report") / "attack.toml").read_text(encoding="utf-8"))
