"""Reads out of the facts what paths ask: who was where before, who sat at a host, where he goes otherwise."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.model.path import Effect
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

Asked = tuple[str, str, str | None, str | None]  # source, target, the source's address, account
LONGEST = timedelta(days=1)  # since an interactive logon was last seen


@dataclass(frozen=True)
class Uses:
    """Answers about accounts and hosts (short names; accounts in lower case)."""

    present: dict[tuple[str, str], datetime] = field(default_factory=dict)
    outgoing: dict[tuple[str, str], datetime] = field(default_factory=dict)
    users: dict[str, list[tuple[datetime, datetime, str]]] = field(default_factory=dict)
    reach: dict[str, dict[str, datetime]] = field(default_factory=dict)
    effects: dict[str, list[Effect]] = field(default_factory=dict)
    since: datetime | None = None  # when the logs begin
    unheard: frozenset[str] = frozenset()  # hosts whose users are known by their addresses alone

    def user_at(self, host: str | None, time: datetime) -> str | None:
        """Whose interactive logon was the last at a host before a time, within a day."""
        rows = self.users.get(host or "", [])
        at = bisect_right(rows, time, key=lambda row: row[0])
        if not at or time - rows[at - 1][1] > LONGEST:
            return None
        return rows[at - 1][2]

    def known_since(self, account: str) -> datetime | None:
        """When an account first logged on anywhere."""
        return min(self.reach.get(account, {}).values(), default=None)


def uses(con: duckdb.DuckDBPyConnection, asked: Iterable[Asked]) -> Uses:
    """Ask the facts in a surveyed store about these hosts and accounts."""
    rows = sorted(set(asked), key=str)
    names = ("source", "target", "ip", "account")
    con.register("given", pa.table({n: pa.array([row[i] for row in rows], pa.string()) for i, n in enumerate(names)}))
    con.execute("CREATE OR REPLACE TEMP TABLE asked AS FROM given")
    con.unregister("given")
    run_sql(con, files("hopwatch.correlate") / "uses.sql")
    known = con.execute("SELECT source, account, present, outgoing FROM path_use").fetchall()
    return Uses(
        {(host, account): at for host, account, at, _ in known if at},
        {(host, account): at for host, account, _, at in known if at},
        _users(con.execute("SELECT host, first, last, account FROM path_user ORDER BY ALL").fetchall()),
        _reach(con.execute("SELECT account, target, first FROM path_reach").fetchall()),
        _effects(con.execute("SELECT time, host, leg, signal, text, account FROM path_effect ORDER BY ALL").fetchall()),
        (con.execute("SELECT min(hour) FROM fact_collects").fetchone() or (None,))[0],
        frozenset(host for (host,) in con.execute("SELECT DISTINCT host FROM path_user WHERE by_address").fetchall()),
    )


def _users(rows: Sequence[tuple[str, datetime, datetime, str]]) -> dict[str, list[tuple[datetime, datetime, str]]]:
    found = defaultdict(list)
    for host, first, last, account in rows:
        found[host].append((first, last, account))
    return dict(found)


def _reach(rows: Sequence[tuple[str, str, datetime]]) -> dict[str, dict[str, datetime]]:
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    for account, target, first in rows:
        found[account][target] = first
    return dict(found)


def _effects(rows: Sequence[tuple[datetime, str, str, str, str, str | None]]) -> dict[str, list[Effect]]:
    found = defaultdict(list)
    for row in rows:
        found[row[1]].append(Effect(*row))
    return dict(found)
