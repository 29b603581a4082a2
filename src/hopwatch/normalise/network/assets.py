"""Brings the organisation's list of assets into the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.model.asset import Asset

if TYPE_CHECKING:
    import duckdb

TEXTS = ("host", "ip", "mac", "role", "owner")
SCHEMA = pa.schema([*((name, pa.string()) for name in TEXTS), ("signing", pa.bool_())])


def store_assets(con: duckdb.DuckDBPyConnection, assets: Iterable[Asset], source_file: str) -> None:
    """Add assets to the table `asset`; the macros of network logs must be there (an `Ingest` brings them)."""
    rows = [{name: getattr(asset, name) for name in SCHEMA.names} for asset in assets]
    con.register("listed", pa.Table.from_pylist(rows, SCHEMA))
    con.execute(
        """INSERT INTO asset BY NAME
        SELECT hash(host, ip, mac, role, owner, signing) AS key, 'assets' AS sensor, 'assets_assets' AS channel,
            ? AS source_file, *
        FROM (
            SELECT lowered(host) AS host, ip, mac_of(mac) AS mac, lowered(role) AS role, owner, signing FROM listed
        )""",
        [source_file],
    )
    con.unregister("listed")
