"""Observes what hosts are for and who uses them, for what judges hops by their hosts and accounts."""

from __future__ import annotations

from collections import defaultdict
from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.model.observed import Observed, RoleFact
from hopwatch.store.database import run_sql

if TYPE_CHECKING:
    import duckdb

USERS = """SELECT host, account FROM fact_logon WHERE kind <> 'network' GROUP BY ALL HAVING count(DISTINCT day) >= 2"""
GUESTS = "SELECT host, count(DISTINCT account) FROM fact_logon WHERE kind = 'desktop' GROUP BY host"
# A name that only the client gave: a workstation name or a DHCP host name that nothing else confirms.
CLAIMED = """
SELECT ip, host FROM fact_address GROUP BY ALL HAVING bool_and(source IN ('workstation', 'dhcp'))
"""
ADDRESSES = "SELECT DISTINCT host, ip FROM fact_address WHERE source <> 'workstation'"
HOSTS = "SELECT lower(computer) FROM fact_name UNION SELECT host FROM fact_address"
ACCOUNTS = """
SELECT DISTINCT lower("TargetUserName"), lower("TargetDomainName"), lower("TargetUserSid") FROM windows_event
WHERE channel = 'Security' AND event_id = 4624 AND named("TargetUserName") IS NOT NULL
  AND "TargetUserName" NOT LIKE '%$'
UNION SELECT client, NULL, NULL FROM kerberos_activity WHERE client IS NOT NULL AND client NOT LIKE '%$'
UNION SELECT user_name, lower(domain), NULL FROM ntlm_activity WHERE user_name IS NOT NULL
"""


def observe(con: duckdb.DuckDBPyConnection) -> Observed:
    """Observe hosts and accounts. The store must have been surveyed."""
    run_sql(con, files("hopwatch.facts") / "roles.sql")
    facts = con.execute("FROM role_fact ORDER BY role, host, ip").fetchall()
    addresses: dict[str, set[str]] = defaultdict(set)
    for host, ip in con.execute(ADDRESSES).fetchall():
        addresses[host].add(ip)
    return Observed(
        roles=tuple(RoleFact(*row) for row in facts),
        users=frozenset(con.execute(USERS).fetchall()),
        guests=dict(con.execute(GUESTS).fetchall()),
        claimed=frozenset(con.execute(CLAIMED).fetchall()),
        addresses={host: frozenset(ips) for host, ips in addresses.items()},
        hosts=frozenset(name for (name,) in con.execute(HOSTS).fetchall() if name),
        accounts=frozenset(con.execute(ACCOUNTS).fetchall()),
    )
