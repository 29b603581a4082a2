"""Mends what only the whole of the network events shows: copies, sides, flows seen by two sensors, nameless calls."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.normalise.network.shape import network_shapes
from hopwatch.store.database import run_sql, run_text

if TYPE_CHECKING:
    import duckdb

HERE = files("hopwatch.normalise.network")
SIDED = (
    "smb_activity", "dce_rpc", "kerberos_activity", "ntlm_activity", "http_activity", "sensor_alert",
)  # fmt: skip
TUPLE = "hash(r.orig_ip, r.orig_port, r.resp_ip, r.resp_port)"
DNS_TUPLE = "hash(r.client_ip, r.client_port, r.server_ip, r.server_port)"


def mend(con: duckdb.DuckDBPyConnection) -> int:
    """Mend the tables of network events, and say how many rows were copies."""
    filled = [table for table in _tables() if _rows(con, table)]
    before = sum(_rows(con, table) for table in filled)
    for table in filled:
        _run(con, "duplicates", TABLE=table)
    run_sql(con, HERE / "sides.sql")
    for table in SIDED:
        _run(con, "turn", TABLE=table)
    _join_twins(con)
    for table in ("turned_flow", "seen_flow", "sighting", "twin", "joined_flow", "kept_flow", "teller"):
        con.execute(f"DROP TABLE IF EXISTS {table}")  # only this needs them
    copies = before - sum(_rows(con, table) for table in filled)
    _name_calls(con)
    run_sql(con, HERE / "flows_of_http.sql")
    return copies


def _join_twins(con: duckdb.DuckDBPyConnection) -> None:
    _run(con, "twins", SPANS=" UNION ALL ".join([_CONNECTIONS, _span_of_dns(), *map(_span_of, SIDED)]))
    for table in SIDED:
        _run(con, "twin_rows", TABLE=table, TUPLE=TUPLE)
    _run(con, "twin_rows", TABLE="dns", TUPLE=DNS_TUPLE)
    # Content has no ports: its flow alone says whose it is.
    _run(con, "twin_rows", TABLE="smb_activity", TUPLE="CASE WHEN r.orig_port IS NULL THEN t.tuple END")


_CONNECTIONS = """
    SELECT uid, key, orig_ip, orig_port, resp_ip, resp_port, time AS first,
        time + to_microseconds(CAST(coalesce(duration, 0) * 1000000 AS BIGINT)) AS last,
        (coalesce(orig_bytes, 0) > 0)::INT + (coalesce(resp_bytes, 0) > 0)::INT
            + (NOT coalesce(swapped, FALSE))::INT AS whole,
        1 AS flows
    FROM connection WHERE uid IS NOT NULL"""


def _span_of(table: str) -> str:
    return f"""
    SELECT uid, key, orig_ip, orig_port, resp_ip, resp_port, time, time, 0, 0 FROM {table} WHERE uid IS NOT NULL"""


def _span_of_dns() -> str:
    return """
    SELECT uid, key, client_ip, client_port, server_ip, server_port, time, time, 0, 0 FROM dns WHERE uid IS NOT NULL"""


def _name_calls(con: duckdb.DuckDBPyConnection) -> None:
    con.register("rpc_name", _rpc_names())
    run_sql(con, HERE / "calls.sql")
    con.unregister("rpc_name")


@cache
def _rpc_names() -> pa.Table:
    raw = tomllib.loads((HERE / "rpc.toml").read_text("utf-8"))
    rows = [
        {"interface_uuid": each["uuid"], "endpoint": each["endpoint"], "opnum": int(number), "operation": name}
        for each in raw["interface"]
        for number, name in each["operations"].items()
    ]
    return pa.Table.from_pylist(rows)


def _run(con: duckdb.DuckDBPyConnection, step: str, **names: str) -> None:
    sql = (HERE / f"{step}.sql").read_text(encoding="utf-8")
    for name, text in names.items():
        sql = sql.replace(f"@{name}@", text)
    run_text(con, sql)


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    [(count,)] = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(count)


@cache
def _tables() -> tuple[str, ...]:
    return tuple(sorted({shape.into for shape in network_shapes()}))
