"""Says what in a query is likely not meant, and how it could be tightened."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.hunt.bounds import Bounds, bounds
from hopwatch.hunt.cut import bracket, cut, skip

if TYPE_CHECKING:
    import duckdb

    from hopwatch.hunt.plan import Asked
    from hopwatch.hunt.statement import Plan
    from hopwatch.hunt.tables import Tables

LOGONS = re.compile(r"EventID\s*==\s*4624|DeviceLogonEvents|\bsessions\b")
PROCESSES = re.compile(r"EventID\s*==\s*(?:4688|1\b)|DeviceProcessEvents")
SESSION = re.compile(r"LogonId|SessionId", re.IGNORECASE)
SOURCED = re.compile(r"IpAddress|ClientIp|RemoteIP|SourceIp|WorkstationName")
NETWORK = re.compile(r"LogonType\s*(?:==\s*3|in\s*\(|==\s*\"Network\")")
HARMLESS = re.compile(r"TargetUserName\s+(?:!endswith|!has)|endswith\s+\"\$\"|AccountName\s+!")
RARE = 3  # addresses: a host that receives remote logons of people from no more rarely receives them


def warning(name: str) -> str:
    """The sentence of a warning."""
    text: str = tomllib.loads((files("hopwatch.hunt") / "warnings.toml").read_text("utf-8"))[name]
    return text


def explained(con: duckdb.DuckDBPyConnection, asked: Asked, made: Plan, tables: Tables) -> dict[str, Any]:
    """Give what is likely not meant in a query, and its tightened form where there is one; both may be empty."""
    text = made.kql
    if text is None:
        return {"warnings": [], "tightened": None}
    stages = [text[a:b].strip() for a, b in cut(text, 0, len(text), "|")]
    joined = [i for i, stage in enumerate(stages) if re.match(r"(?:join|lookup)\b", stage)]
    warnings = [*_of_logons(text)]
    for i in joined:
        warnings += _of_join(stages, i)
    return {"warnings": warnings, "tightened": _tightened(stages, joined)}


def _of_logons(text: str) -> list[str]:
    if not (LOGONS.search(text) and NETWORK.search(text)) or SOURCED.search(text):
        return []
    found = [warning("local")]
    if not HARMLESS.search(text):
        found.append(warning("machines"))
    return found


def _of_join(stages: list[str], i: int) -> list[str]:
    """What is likely not meant in a join and the conditions after it."""
    stage = stages[i]
    found = []
    after = " and ".join(s.removeprefix("where").strip() for s in stages[i + 1 :] if s.startswith("where"))
    limits = [b for b in bounds(after) if {"TimeGenerated", "Timestamp"} & {b.one.rstrip("1"), b.other.rstrip("1")}]
    for bound in limits:
        found += _one_sided(bound)
    if not limits:
        found.append(warning("unbounded"))
    if not re.match(r"(?:join|lookup)\s+kind\s*=", stage):
        found.append("a join without kind keeps one record a key of the left side (innerunique): kind=inner keeps all")
    whole = " ".join(stages)
    on = stage[stage.rfind(" on ") :]
    if (
        LOGONS.search(stages[0] + stages[1] if len(stages) > 1 else stages[0])
        and PROCESSES.search(whole)
        and not SESSION.search(on + after)
    ):
        found.append(warning("session"))
    return found


def _one_sided(bound: Bounds) -> list[str]:
    if (bound.low is None) == (bound.high is None):
        return []
    first, second = (bound.one, bound.other) if bound.low is None else (bound.other, bound.one)
    most = bound.high if bound.low is None else -(bound.low or 0)
    return [warning("one_side").format(first=first, second=second, span=_span(most or 0))]


def _span(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"


def _tightened(stages: list[str], joined: list[int]) -> str | None:
    """A query that joins logons with processes, with all that it is likely to lack; null for other queries."""
    if len(joined) != 1 or not PROCESSES.search(stages[joined[0]]):
        return None
    i = joined[0]
    left = [s for s in stages[:i] if "_slot" not in s]
    if not LOGONS.search(" ".join(left)) or left[0] not in ("events", "SecurityEvent", "Security"):
        return None
    inside = bracket(stages[i], 0, len(stages[i]))
    if inside is None:
        return None
    right = [stages[i][a:b].strip() for a, b in cut(stages[i], *inside, "|")]
    right = [s for s in right if "_slot" not in s]
    if skip(right[0], 0, len(right[0])) or right[0] not in ("events", "SecurityEvent", "Security"):
        return None
    source = "\n| ".join(left)
    template = (files("hopwatch.hunt") / "tightened.kql").read_text("utf-8").split("\n", 1)[1].rstrip()
    return template.format(table=left[0], rare=RARE, source=source, process=" | ".join(right))
