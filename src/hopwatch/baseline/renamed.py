"""Tells which names are one machine: a computer keeps its SID where its name changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date


def current_names(said: Iterable[tuple[str, str | None, date]]) -> dict[str, str]:
    """Give, for each former name of a machine, the one that it has now.

    `said` are name, SID and day. A name that was another machine's at the time of the rename stays as it is.
    """
    last: dict[str, dict[str, date]] = defaultdict(dict)
    sids: dict[str, set[str]] = defaultdict(set)
    for name, sid, day in said:
        if sid:
            sids[name].add(sid)
            last[sid][name] = max(day, last[sid].get(name, day))
    renamed: dict[str, str] = {}
    for names in last.values():
        now = max(names, key=lambda name: (names[name], name))
        renamed |= {name: now for name in names if name != now and len(sids[name]) == 1}
    return renamed
