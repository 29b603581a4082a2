"""The kernel: from signals, logons and connections of target hosts to hops, as SQL over the store."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

from hopwatch.model.hop import TECHNIQUES
from hopwatch.store.database import run_text

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Rule

ROUTED = ("item", "logon", "flow", "ip_alias")
KERNEL = ("chains", "attach", "islands", "sources", "hops", "relay", "told", "legs", "authentication")
# The events that the kernel reads beside those that rules match.
NEEDS: dict[str, set[int] | None] = {
    "Security": {4624, 4688, 5156},
    "Microsoft-Windows-Sysmon/Operational": {3},
}


@dataclass(frozen=True)
class Options:
    """How far apart things of one movement may be: `window` and `slack` (of a connection) in seconds.

    `gap` is how far apart hops of one path may be, in seconds.
    `every`: tell also of hops that hold only weak evidence and so cannot alert.
    """

    window: int = 300
    slack: int = 60
    every: bool = True
    gap: int = 86400


def kinds() -> dict[str, set[int]]:
    """The kinds of event that could have shown a leg, by channel: that they were collected is a fact of its own."""
    found: dict[str, set[int]] = {}
    legs = tomllib.loads((files("hopwatch.correlate") / "kinds.toml").read_text(encoding="utf-8"))
    for name in (name for leg in ("logon", "execution", "network") for names in legs[leg].values() for name in names):
        channel, _, number = name.rpartition("/")
        found.setdefault(channel, set()).add(int(number))
    return found


def leg_kinds() -> dict[str, dict[str, list[str]]]:
    """The kinds of event that show a leg, by leg and by what of it they show."""
    kinds = tomllib.loads((files("hopwatch.correlate") / "kinds.toml").read_text(encoding="utf-8"))
    return {leg: kinds[leg] for leg in ("logon", "execution", "network")}


def technique_kinds() -> dict[str, str]:
    """What of its execution shows each technique: a name in `leg_kinds()["execution"]`."""
    kinds = tomllib.loads((files("hopwatch.correlate") / "kinds.toml").read_text(encoding="utf-8"))
    return dict(kinds["technique"])


def prepare(con: duckdb.DuckDBPyConnection, rules: list[Rule]) -> None:
    """Give a connection the macros of the kernel and the table `rule`."""
    run_text(con, _sql("macros", Options()))
    columns = ("name", "leg", "technique", "points", "policy", "remote_origin", "needs_session")
    table = pa.table({c: pa.array([getattr(rule, c) for rule in rules]) for c in columns})
    _give(con, "rule", table)
    kinds = tomllib.loads((files("hopwatch.correlate") / "kinds.toml").read_text(encoding="utf-8"))
    order = {"technique": list(TECHNIQUES), "position": list(range(len(TECHNIQUES)))}
    _give(con, "technique_order", pa.table(order | {"shows": [kinds["technique"][t] for t in TECHNIQUES]}))
    _give(con, "leg_kind", _leg_kinds(kinds))


def route(con: duckdb.DuckDBPyConnection, options: Options) -> None:
    """Fill `item`, `logon` and `flow`: everything the store has, by the host that it is evidence about."""
    run_text(con, _sql("route", options))


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
        run_text(con, _sql(step, options))


def _give(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    con.register("given", table)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")
    con.unregister("given")


def _leg_kinds(kinds: dict[str, dict[str, list[str]]]) -> pa.Table:
    """The table `leg_kind`: leg, shows (what of it), channel, event_id, out of kinds.toml."""
    legs = ("logon", "execution", "network")
    rows = [(leg, shows, kind) for leg in legs for shows, names in kinds[leg].items() for kind in names]
    return pa.table(
        {
            "leg": [leg for leg, _, _ in rows],
            "shows": [shows for _, shows, _ in rows],
            "channel": [kind.rpartition("/")[0] for *_, kind in rows],
            "event_id": pa.array([int(kind.rpartition("/")[2]) for *_, kind in rows], pa.int32()),
        }
    )


def _sql(name: str, options: Options) -> str:
    text = (files("hopwatch.correlate") / f"{name}.sql").read_text(encoding="utf-8")
    values = {"WINDOW": int(options.window), "SLACK": int(options.slack), "EVERY": bool(options.every)}
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text
