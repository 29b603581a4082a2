"""Answers how accounts authenticate to hosts, out of the facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.model.authentication import AuthUse, Escalation, Signing

if TYPE_CHECKING:
    import duckdb


def escalations(con: duckdb.DuckDBPyConnection) -> list[Escalation]:
    """Give Kerberos logons from the host itself that made a service there (KrbRelayUp and its like), one a service.

    The store must have been surveyed.
    """
    sql = (files("hopwatch.facts") / "escalation.sql").read_text(encoding="utf-8")
    return [Escalation(*row) for row in con.execute(sql).fetchall()]


def auth_uses(con: duckdb.DuckDBPyConnection) -> list[AuthUse]:
    """Give how every account authenticated to every host over the network, machine accounts included.

    The store must have been surveyed.
    """
    sql = (files("hopwatch.facts") / "uses.sql").read_text(encoding="utf-8")
    return [AuthUse(*row) for row in con.execute(sql).fetchall()]


def signing(con: duckdb.DuckDBPyConnection) -> list[Signing]:
    """Give for every host that somebody logged on to whether it asks for SMB signatures; null where nothing says."""
    sql = """SELECT h.host, arg_max(required, (s.last, s.known_by)), arg_max(s.known_by, (s.last, s.known_by))
        FROM (SELECT target AS host FROM fact_authentication UNION SELECT host FROM fact_signing) h
        LEFT JOIN fact_signing s USING (host) GROUP BY h.host ORDER BY h.host"""
    return [Signing(*row) for row in con.execute(sql).fetchall()]


def compared(now: Sequence[AuthUse], before: Sequence[AuthUse]) -> list[AuthUse]:
    """Say of each use what it was before: the package and logon process of the same account, source and host."""
    known: dict[tuple[str | None, ...], set[str]] = {}
    for use in before:
        known.setdefault(_pair(use), set()).add(use.way)
    found = []
    for use in now:
        were = known.get(_pair(use), set())
        found.append(use if use.way in were else replace(use, was=tuple(sorted(were))))
    return found


def _pair(use: AuthUse) -> tuple[str | None, ...]:
    return use.account, use.source or use.ip, use.target
