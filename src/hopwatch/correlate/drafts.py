"""Reads the kernel's tables into drafts of hops."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hopwatch.model.draft import Contribution, Draft
from hopwatch.model.hop import LEGS, Account, Auth, Evidence, LegState, Source, Target, iso
from hopwatch.model.rule import Policy
from hopwatch.store.database import run

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Rule

Row = dict[str, Any]
HOPS = """
SELECT h.*, t.technique, t.techniques AS ordered, a.best AS account, a.accounts, l.logon, k.looked,
    n.computer, alias.alias, n.computer IS NULL AND is_address(h.target) AS target_is_address,
    who.actor, coalesce(who.taken, FALSE) AS taken, ntlm.hop IS NOT NULL AS sensed_ntlm,
    ta.ip AS target_ip, sn.computer AS src_computer, sa.ip AS src_host_ip, b.candidates
FROM hop h SEMI JOIN told_hop USING (hop) JOIN hop_technique t USING (hop)
LEFT JOIN hop_account a USING (hop) LEFT JOIN hop_logon l USING (hop) LEFT JOIN hop_looked k USING (hop)
LEFT JOIN hop_address ta ON ta.hop = h.hop AND ta.side = 'target'
LEFT JOIN hop_address sa ON sa.hop = h.hop AND sa.side = 'source'
LEFT JOIN hop_actor who USING (hop) LEFT JOIN (SELECT DISTINCT hop FROM hop_ntlm) ntlm USING (hop)
LEFT JOIN ip_alias alias ON alias.ip = h.src_ip
LEFT JOIN host_name n ON n.host = h.target LEFT JOIN host_name sn ON sn.host = h.src_host
LEFT JOIN (SELECT hop, any_value(candidates) AS candidates FROM hop_item JOIN settled USING (island)
    JOIN best_source s ON s.island = settled.from_island WHERE len(candidates) > 1 GROUP BY hop) b ON b.hop = h.hop
ORDER BY h.start, h.target, h.hop
"""
EVIDENCE = """
SELECT hop, signal, leg, time, host, channel, event_id, record_id, source_file AS file, text
FROM shown_evidence ORDER BY hop, time, signal, key
"""
CONTRIBUTIONS = "SELECT * FROM contribution SEMI JOIN told_hop USING (hop) ORDER BY hop, points DESC, rule"


def drafts(con: duckdb.DuckDBPyConnection, rules: list[Rule]) -> list[Draft]:
    """Give every hop that the kernel found, in order of start and target."""
    evidence, contributions = _by_hop(con, EVIDENCE), _by_hop(con, CONTRIBUTIONS)
    attack = {rule.name: rule.attack for rule in rules}
    taken: set[str] = set()
    return [_draft(row, evidence[row["hop"]], contributions[row["hop"]], attack, taken) for row in _rows(con, HOPS)]


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = run(con, sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _by_hop(con: duckdb.DuckDBPyConnection, sql: str) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in _rows(con, sql):
        grouped[row.pop("hop")].append(row)
    return grouped


def _draft(
    row: Row, evidence: list[Row], given: list[Row], attack: dict[str, tuple[str, ...]], taken: set[str]
) -> Draft:
    name = row["computer"] or _netbios(row["target"])
    target = Target(None if row["target_is_address"] else name, row["target_ip"] or _address(row["target"]))
    return Draft(
        id=_identity(row["target"], evidence[0], taken),
        start=row["start"],
        end=row["end"],
        source=_source(row),
        target=target,
        account=_account(row),
        technique=row["technique"],
        techniques=tuple(row["ordered"]),
        attack=_attack(given, attack),
        auth=_auth(row["logon"], row["sensed_ntlm"]),
        key_length=(row["logon"] or {}).get("key_length"),
        legs=_legs(row),
        remote_origin=_remote_origin(row),
        contributions=tuple(_contribution(c) for c in given),
        evidence=tuple(Evidence(**e) for e in evidence),
        evidence_total=row["evidence_total"],
        names_itself=row["src_computer"] is None and row["src_host"] is None and row["alias"] is not None,
        key=row["hop"],
        actor=row["actor"],
        took_on=row["taken"],
    )


def _attack(given: list[Row], attack: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The ATT&CK ids of what was done, failing that of what was seen; a technique gives way to its sub-technique."""
    done = [row for row in given if row["leg"] in ("execution", "source") and row["points"]]
    tags = {tag for row in done or given for tag in attack.get(row["rule"], ())}
    return tuple(sorted(tag for tag in tags if not any(other.startswith(f"{tag}.") for other in tags)))


def _identity(target: str, first: Row, taken: set[str]) -> str:
    """A hash of the target and the first evidence; where two hops share that, the later is numbered."""
    parts = (target, first["signal"], first["host"], first["channel"], first["event_id"], first["record_id"])
    text = "\0".join(map(str, (*parts, iso(first["time"]))))
    base = "h-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    name = next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken)
    taken.add(name)
    return name


def _source(row: Row) -> Source:
    host = row["src_computer"] or _netbios(row["src_host"] or row["alias"])
    ip = row["src_ip"] or row["src_host_ip"]
    return Source(host, ip, row["src_port"], (), row["known_by"], tuple(row["candidates"] or ()))


def _netbios(name: str | None) -> str | None:
    """The name of a host that logs nothing here, as Windows writes such names."""
    return None if name is None else name.upper()


def _address(text: str) -> str | None:
    return text if text.replace(".", "").isdigit() else None


def _account(row: Row) -> Account:
    """Who moved; where no log names an account, whoever runs the program at the source that connected."""
    best = row["account"]
    if best is None:
        known = row["actor"] not in (None, "system") and not row["taken"]
        return Account(row["actor"]) if known else Account()
    others = {name.lower(): name for name in sorted(row["accounts"], reverse=True) if name.lower() != best["account"]}
    logon_id = None if best["logon_id"] is None else hex(best["logon_id"])
    return Account(best["shown"], best["domain"], best["sid"], logon_id, tuple(sorted(others.values())))


def _auth(logon: Row | None, sensed_ntlm: bool) -> Auth:
    """How the target says that the logon was, failing that what a sensor saw of it."""
    if logon is None:
        return Auth(package="NTLM" if sensed_ntlm else None)
    return Auth(logon["logon_type"], logon["package"], logon["process"], logon["elevated"])


def _legs(row: Row) -> dict[str, LegState]:
    looked = set(row["looked"] or ())
    seen = set(row["legs"])
    return {
        leg: LegState.SEEN if leg in seen else LegState.ABSENT if leg in looked else LegState.NOT_COLLECTED
        for leg in LEGS
    }


def _remote_origin(row: Row) -> str | None:
    """How the hop is known to come from another host."""
    if row["remote_logon"]:
        return "a network logon from another host"
    return (
        row["remote_address"] or row["remote_proof"] or ("a connection from another host" if row["connected"] else None)
    )


def _contribution(row: Row) -> Contribution:
    channel = row["channel"].rsplit("/", 1)[0].removeprefix("Microsoft-Windows-")
    where = channel if row["event_id"] is None else f"{channel} {row['event_id']}"
    policy = Policy(row["policy"] or "weak")
    return Contribution(
        row["rule"], row["leg"], row["points"] or 0, policy, row["text"], where, row["n"], row["technique"]
    )
