"""DNS queries that hosts and DNS servers logged, taken from their Windows events."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

# Sysmon 22; DNS client 3008 (a query is done), 3020 (answered from the cache); DNS server 256 (query), 257 (answer),
# 258 (failure).
NEEDS: dict[str, set[int]] = {
    "Microsoft-Windows-Sysmon/Operational": {22},
    "Microsoft-Windows-DNS-Client/Operational": {3008, 3020},
    "Microsoft-Windows-DNSServer/Analytical": {256, 257, 258},
}


def host_names(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `dns` from the Windows events that tell of queries."""
    run_sql(con, files("hopwatch.normalise.network") / "names.sql")
