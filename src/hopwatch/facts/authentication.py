"""Answers how accounts authenticate to hosts, out of the facts."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.model.authentication import Escalation

if TYPE_CHECKING:
    import duckdb


def escalations(con: duckdb.DuckDBPyConnection) -> list[Escalation]:
    """Give Kerberos logons from the host itself that made a service there (KrbRelayUp and its like), one a service.

    The store must have been surveyed.
    """
    sql = (files("hopwatch.facts") / "escalation.sql").read_text(encoding="utf-8")
    return [Escalation(*row) for row in con.execute(sql).fetchall()]
