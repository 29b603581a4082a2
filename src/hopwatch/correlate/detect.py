"""The kernel: from signals, logons and connections of target hosts to hops, as SQL over the store."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.model.hop import TECHNIQUES

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Rule

ROUTED = ("item", "logon", "flow", "ip_alias")
KERNEL = ("chains", "attach", "islands", "sources", "hops")
# The events that the kernel reads beside those that rules match.
NEEDS: dict[str, set[int] | None] = {
    "Security": {4624, 4688, 5156},
    "Microsoft-Windows-Sysmon/Operational": {3},
}


@dataclass(frozen=True)
class Options:
    """How far apart things of one movement may be: `window` and `slack` (of a connection) in seconds."""

    window: int = 300
    slack: int = 60


def prepare(con: duckdb.DuckDBPyConnection, rules: list[Rule]) -> None:
    """Give a connection the macros of the kernel and the table `rule`."""
    con.execute(_sql("macros", Options()))
    columns = ("name", "leg", "technique", "points", "policy", "remote_origin", "needs_session")
    table = pa.table({c: pa.array([getattr(rule, c) for rule in rules]) for c in columns})
    _give(con, "rule", table)
    order = {"technique": list(TECHNIQUES), "position": list(range(len(TECHNIQUES)))}
    _give(con, "technique_order", pa.table(order))
    _give(con, "leg_kind", _leg_kinds())


def route(con: duckdb.DuckDBPyConnection, options: Options) -> None:
    """Fill `item`, `logon` and `flow`: everything the store has, by the host that it is evidence about."""
    con.execute(_sql("route", options))


def routed(con: duckdb.DuckDBPyConnection, target: str | None = None) -> dict[str, pa.Table]:
    """Give the routed tables as Arrow, of all targets or of one."""
    tables = {}
    for name in ROUTED:
        one = target is not None and name != "ip_alias"
        tables[name] = con.sql(
            f"FROM {name} WHERE target = ?" if one else f"FROM {name}", params=[target] if one else []
        ).to_arrow_table()
    return tables


def load(con: duckdb.DuckDBPyConnection, tables: dict[str, pa.Table]) -> None:
    """Put routed tables into a connection, from which `detect` goes on."""
    for name in ROUTED:
        _give(con, name, tables[name])


def detect(con: duckdb.DuckDBPyConnection, options: Options) -> None:
    """Fill `hop`, `evidence` and what belongs to them from `item`, `logon` and `flow`.

    Every join is on the target, so that what is said of all targets is the union of what is said of each.
    """
    for step in KERNEL:
        con.execute(_sql(step, options))


def _give(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    con.register("given", table)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")
    con.unregister("given")


def _leg_kinds() -> pa.Table:
    """The table `leg_kind`: leg, technique (null for any), channel, event_id, out of kinds.toml."""
    raw = tomllib.loads((files("hopwatch.correlate") / "kinds.toml").read_text(encoding="utf-8"))
    rows = [("logon", None, kind) for kind in raw["logon"]["any"]]
    rows += [("network", None, kind) for kind in raw["network"]["any"]]
    rows += [("execution", t, kind) for t, group in raw["technique"].items() for kind in raw["execution"][group]]
    return pa.table(
        {
            "leg": pa.array([leg for leg, _, _ in rows], pa.string()),
            "technique": pa.array([technique for _, technique, _ in rows], pa.string()),
            "channel": pa.array([kind.rpartition("/")[0] for *_, kind in rows], pa.string()),
            "event_id": pa.array([int(kind.rpartition("/")[2]) for *_, kind in rows], pa.int32()),
        }
    )


def _sql(name: str, options: Options) -> str:
    text = (files("hopwatch.correlate") / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("@WINDOW@", str(int(options.window))).replace("@SLACK@", str(int(options.slack)))
