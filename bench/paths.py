"""Measures linking, and its facts, for 10 million logons of 5,000 hosts in ten days: `python bench/paths.py`."""

from __future__ import annotations

import random
import resource
import sys
import time
from datetime import datetime, timedelta
from importlib.resources import files

from hopwatch.correlate.paths import chains
from hopwatch.model.path import Step
from hopwatch.store.database import connect

LOGONS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
HOSTS = 5_000
STEPS = LOGONS // 100  # hops that take part in paths: with execution, or by an administrator
BEGIN = datetime(2026, 1, 5)


def main() -> None:
    """Print the time of each stage and the memory of all."""
    facts()
    link()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def facts() -> None:
    """Aggregate the logons, over a table that has the columns that the statement reads."""
    con = connect()
    con.execute((files("hopwatch.normalise") / "macros.sql").read_text("utf-8"))
    con.execute((files("hopwatch.facts") / "macros.sql").read_text("utf-8"))
    con.execute("DROP TABLE windows_event")
    con.execute(
        f"""CREATE VIEW windows_event AS
        SELECT 'Security' AS channel, 4624 AS event_id, 'h' || (hash(u, hash(i) % 12) % {HOSTS}) AS host,
            '10.20.' || (u // 250) || '.' || (u % 250) AS ip, 'user' || u AS "TargetUserName",
            TIMESTAMP '2026-01-05' + to_microseconds(CAST(i * (864000000000 / {LOGONS}) AS BIGINT)) AS time,
            'CORP' AS "TargetDomainName", '3' AS "LogonType", 'NTLM V2' AS "LmPackageName",
            CASE WHEN hash(i, 4) % 20 = 0 THEN 'NTLM' ELSE 'Kerberos' END AS "AuthenticationPackageName",
            'Kerberos' AS "LogonProcessName"
        FROM (SELECT i, hash(i, 3) % 8000 AS u FROM range({LOGONS}) r(i))"""
    )
    text = (files("hopwatch.facts") / "authentication.sql").read_text("utf-8")
    begin = time.perf_counter()
    con.execute(text[: text.index("-- Who was at a host by himself")])
    (rows,) = con.execute("SELECT count(*) FROM fact_authentication").fetchone() or (0,)
    seconds = time.perf_counter() - begin
    print(f"facts of {LOGONS:,} logons of {HOSTS:,} hosts: {seconds:.1f} s, {rows:,} rows")


def link() -> None:
    """Chain steps between random hosts, some of which follow each other."""
    dice = random.Random(1)
    steps = [step(i, dice) for i in range(STEPS)]
    begin = time.perf_counter()
    found = chains(steps)
    seconds = time.perf_counter() - begin
    longest = max((len(chain.steps) for chain in found), default=0)
    print(f"linking of {STEPS:,} hops: {seconds:.1f} s, {len(found):,} paths, the longest of {longest} hops")


def step(i: int, dice: random.Random) -> Step:
    """One hop at a random time of ten days; one in ten by an account that is not at home at its source."""
    start = BEGIN + timedelta(seconds=dice.random() * 864_000)
    source, target = (f"h{dice.randrange(HOSTS)}" for _ in range(2))
    alone = None if dice.random() < 0.1 else BEGIN
    account = f"user{dice.randrange(8000)}"
    return Step(
        f"h-{i}", source, target, account, start, start, strong=True, alone=alone, settled=alone is not None, sure=True
    )


if __name__ == "__main__":
    main()
