"""Surveys the store: aggregates of all events that merge in any order."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from hopwatch.model.facts import Facts
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

# The events that the survey reads, beside those of the rules.
NEEDS: dict[str, set[int] | None] = {
    "Security": {4624, 4648, 4657, 4688, 4697, 4768, 4769, 5145, 5156},
    "System": {7045},
    "Microsoft-Windows-Sysmon/Operational": {1, 3, 13},
    "Microsoft-Windows-SMBServer/Audit": {3021},
    "Microsoft-Windows-SMBServer/Connectivity": {4000},
    "Microsoft-Windows-SmbClient/Audit": {31998},
}
# Of some of them only events that hold all words of one of the sets: a pipe with which a host is coerced, who signs,
# who is at a desktop.
PIPES = ("spoolss", "efsrpc", "lsarpc", "netdfs", "fssagentrpc", "eventlog")
WORDS: dict[tuple[str, int], frozenset[frozenset[str]]] = {
    ("Security", 5145): frozenset(frozenset({"ipc$", pipe}) for pipe in PIPES),
    ("Security", 4657): frozenset({frozenset({"requiresecuritysignature"})}),
    ("Microsoft-Windows-Sysmon/Operational", 13): frozenset({frozenset({"requiresecuritysignature"})}),
    ("Microsoft-Windows-Sysmon/Operational", 1): frozenset({frozenset({"explorer.exe"})}),
}
MERGE = {
    "address": "SELECT host, ip, hour, source, min(first) AS first, max(last) AS last FROM parts GROUP BY ALL",
    "name": "SELECT host, computer, CAST(sum(n) AS BIGINT) AS n FROM parts GROUP BY ALL",
    "directory": "SELECT DISTINCT ip FROM parts",
    "winrm": "SELECT orig_ip, resp_ip, hour, bool_or(forwards) AS forwards FROM parts GROUP BY ALL",
    "reach": "SELECT DISTINCT src_ip, port, slot, resp_ip FROM parts",
    "query": "SELECT client, name, hour, min(first) AS first FROM parts GROUP BY ALL",
    "sensed": "SELECT DISTINCT ip, hour FROM parts",
    "collects": "SELECT DISTINCT host, channel, event_id, hour FROM parts",
    "authentication": """SELECT account, domain, ip, target, logon_type, package, process, day,
        CAST(sum(n) AS BIGINT) AS n,
        min(first) AS first, max(last) AS last FROM parts GROUP BY ALL""",
    "presence": "SELECT host, account, how, hour, min(first) AS first, max(last) AS last FROM parts GROUP BY ALL",
    "overlay": "SELECT DISTINCT host, account, by_account, time FROM parts",
    "ticket": "SELECT account, ip, rc4, hour, min(first) AS first, max(last) AS last FROM parts GROUP BY ALL",
    "granted": "SELECT DISTINCT account, ip, target FROM parts",
    "signing": "SELECT host, required, known_by, min(first) AS first, max(last) AS last FROM parts GROUP BY ALL",
    "coercion": """SELECT host, host_ip, from_ip, how, sure, slot, min(first) AS first, max(last) AS last,
        max(record_id) AS record_id FROM parts GROUP BY ALL""",
    "addressed": "SELECT DISTINCT client, ip, hour FROM parts",
}


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the macros that the survey's and the kernel's SQL use."""
    run_sql(con, files("hopwatch.facts") / "macros.sql")


def survey(con: duckdb.DuckDBPyConnection) -> None:
    """Survey the events of the store; the facts stay in it as tables `fact_*`."""
    run_sql(con, files("hopwatch.facts") / "survey.sql")
    run_sql(con, files("hopwatch.facts") / "authentication.sql")


def surveyed(con: duckdb.DuckDBPyConnection) -> Facts:
    """Give the facts that a survey left in a store."""
    return Facts(**{name: con.sql(f"FROM fact_{name} ORDER BY ALL").to_arrow_table() for name in MERGE})


def merge(parts: Iterable[Facts]) -> Facts:
    """Merge the facts of parts into the facts of all."""
    every = list(parts)
    con = duckdb.connect()
    merged = {}
    for name, sql in MERGE.items():
        con.register("parts", pa.concat_tables([getattr(facts, name) for facts in every]))
        merged[name] = con.sql(f"FROM ({sql}) ORDER BY ALL").to_arrow_table()
    return Facts(**merged)


def load(con: duckdb.DuckDBPyConnection, facts: Facts) -> None:
    """Put facts into a connection as the tables `fact_*`."""
    for name in MERGE:
        con.register("given", getattr(facts, name))
        con.execute(f"CREATE OR REPLACE TEMP TABLE fact_{name} AS FROM given")
        con.unregister("given")
