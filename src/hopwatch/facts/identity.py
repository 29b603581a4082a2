"""Answers who was behind an address, and where a host was, out of the facts."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.model.identity import AddressFact, Conflict
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

FACTS = """
SELECT host, ip, source, first, last, hours FROM identity
WHERE (? IS NULL OR host = ?) AND (? IS NULL OR ip = ?)
  AND (?::TIMESTAMP IS NULL OR first IS NULL OR ?::TIMESTAMP BETWEEN first - INTERVAL 1 DAY AND last + INTERVAL 1 DAY)
ORDER BY ip, host, source, first
"""
CONFLICTS = "SELECT ip, hosts, meaning FROM identity_conflict WHERE ? IS NULL OR ip = ? ORDER BY ip"


def identity(
    con: duckdb.DuckDBPyConnection, host: str | None = None, ip: str | None = None, at: datetime | None = None
) -> tuple[list[AddressFact], list[Conflict]]:
    """Give the facts about addresses and what contradicts itself in them, of one host, address or time where asked.

    A fact answers for a day around its span. The store must have been surveyed.
    """
    run_sql(con, files("hopwatch.facts") / "identity.sql")
    short = host.lower().split(".")[0] if host else None
    found = con.execute(FACTS, [short, short, ip, ip, at, at]).fetchall()
    conflicts = con.execute(CONFLICTS, [ip, ip]).fetchall()
    facts = [AddressFact(*row) for row in found]
    hosts = {fact.host for fact in facts}
    return facts, [Conflict(c[0], tuple(c[1]), c[2]) for c in conflicts if host is None or hosts & set(c[1])]
