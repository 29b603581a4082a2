"""Reads what the kernel found about how each hop authenticated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hopwatch.model.authentication import AuthSigns, Overlay, Relay

if TYPE_CHECKING:
    import duckdb


def signs(con: duckdb.DuckDBPyConnection) -> dict[int, AuthSigns]:
    """Give what is odd about the logons of hops, by the kernel's key of the hop; hops without anything are left out."""
    cursor = con.execute("SELECT * FROM hop_auth SEMI JOIN told_hop USING (hop)")
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("hop"): _signs(row) for row in rows}


def _signs(row: dict[str, object]) -> AuthSigns:
    relay, overlay = row.pop("relay"), row.pop("overlay")
    plain = {name: False if value is None and name in FLAGS else value for name, value in row.items()}
    return AuthSigns(
        **plain,  # type: ignore[arg-type]
        relay=Relay(**relay) if isinstance(relay, dict) else None,
        overlay=Overlay(**overlay) if isinstance(overlay, dict) else None,
    )


FLAGS = ("ntlmv1", "cleartext", "keyless", "anonymous", "guest", "by_address")
