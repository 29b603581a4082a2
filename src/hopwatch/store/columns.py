"""The columns of `windows_event`, known without a database."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files


@cache
def windows_columns() -> tuple[str, ...]:
    """The columns of `windows_event` that bear Windows' own field names, in order, read off the schema's text."""
    text = (files("hopwatch.store") / "schema.sql").read_text(encoding="utf-8")
    return tuple(re.findall(r'"(\w+)" VARCHAR', text))


def schema_columns() -> frozenset[str]:
    """The columns of `windows_event` that bear Windows' own field names, as a set."""
    return frozenset(windows_columns())
