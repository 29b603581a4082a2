"""Makes signals of the rules that a user brings and that are of lateral movement: their matches count for hops."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hopwatch.model.detection import Entry, Match, Ruleset, State
from hopwatch.model.rule import Policy, Rule
from hopwatch.sigma.columns import Columns
from hopwatch.sigma.literal import literal
from hopwatch.sigma.logsource import Place
from hopwatch.sigma.run import inner_keys, place_sql, with_inner
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

ATTACK = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
WHO = ("target", "source", "account")
LONGEST = 160  # characters of a title


@dataclass(frozen=True)
class Signals:
    """The rules that count for hops, and their indexes among all that were loaded."""

    rules: list[Rule]
    indexes: list[int]


def signals(rules: Ruleset, taken: frozenset[str]) -> Signals:
    """Give the rules that count for hops: those tagged lateral movement, and those with a `hopwatch` block.

    `taken` are names of rules that there are already.
    """
    found: dict[int, Rule] = {}
    names = set(taken)
    for i, entry in enumerate(rules.entries):
        if entry.kind == "rule" and entry.state == State.READY and (entry.own or _moves(entry)):
            name = _free(f"sigma-{re.sub(r'[^a-z0-9]+', '-', entry.label.lower()).strip('-')}"[:80], names)
            names.add(name)
            found[i] = _rule(name, entry)
    return Signals(list(found.values()), list(found))


def _moves(entry: Entry) -> bool:
    table = _table()
    techniques = tuple(table["techniques"])
    return bool(set(entry.tags) & set(table["tags"])) or any(t.split(".")[0] in techniques for t in _attack(entry))


def _attack(entry: Entry) -> tuple[str, ...]:
    return tuple(sorted({found[1].upper() for tag in entry.tags if (found := ATTACK.fullmatch(tag))}))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("hopwatch.sigma") / "signals.toml").read_text("utf-8"))


def _free(name: str, taken: set[str]) -> str:
    return next(n for i in range(1, len(taken) + 2) if (n := name if i == 1 else f"{name}-{i}") not in taken)


def _rule(name: str, entry: Entry) -> Rule:
    own, table, attack = entry.own or {}, _table(), _attack(entry)
    strong = entry.level in table["policy"]["dual_use"]
    technique = next((table["technique"][t] for t in attack if t in table["technique"]), None)
    return Rule(
        name=name,
        id=entry.id,
        title=entry.title,
        status=entry.status or "test",
        level=entry.level or "medium",
        leg=own.get("leg") or _leg(entry),
        technique=own.get("technique", technique),
        points=int(own.get("points", table["points"].get(entry.level, 20))),
        policy=Policy(own.get("policy") or (Policy.DUAL_USE if strong else Policy.WEAK)),
        remote_origin=bool(own.get("remote_origin", False)),
        needs_session=own.get("needs") == "session",
        attack=attack,
        text=str(own.get("text") or entry.title),
        extract={},
        conditions=(),
    )


def _leg(entry: Entry) -> str:
    table = _table()["leg"]
    tables = {match.table for match in entry.matches}
    ids = {number for match in entry.matches for number in match.event_ids}
    if tables != {"windows_event"} or entry.source.get("category", "").lower() in table["network"]:
        return "network"
    return "logon" if ids and ids <= set(table["logon"]) else "execution"


def add_signals(con: duckdb.DuckDBPyConnection, rules: Ruleset, found: Signals) -> None:
    """Add what these rules matched to the table `signal`."""
    for rule, i in zip(found.rules, found.indexes, strict=True):
        for sql in _inserts(con, rules.entries[i], rule.name, i):
            con.execute(sql)


def _inserts(con: duckdb.DuckDBPyConnection, entry: Entry, name: str, i: int) -> Iterator[str]:
    for match in entry.matches:
        text, *who = _texts(con, entry, match)
        yield f"""INSERT INTO signal SELECT DISTINCT key, {literal(name)}, {text}, {", ".join(who)}
            FROM (FROM sigma_match WHERE rule = {i} AND source_table = '{match.table}')
            JOIN (FROM {match.table} WHERE {place_sql(match)}) USING (key)"""


def _texts(con: duckdb.DuckDBPyConnection, entry: Entry, match: Match) -> list[str]:
    """The SQL of the sentence, and of whom the event names, as far as the rule's own block says."""
    if not entry.own or not {"text", "extract"} & set(entry.own):
        return [literal(entry.title[:LONGEST]), *("NULL" for _ in WHO)]
    from hopwatch.sigma.compile import extract_of, extract_sql, sentence  # imports pySigma, which few rules need here

    columns = Columns(schema_columns(), Place(match.channel, (), match.fields, match.table), strict=False, shadows={})
    extract = {who: extract_of(who, spec) for who, spec in (entry.own.get("extract") or {}).items()}
    texts = [sentence(str(entry.own.get("text") or entry.title), columns)]
    texts += [extract_sql(extract[who], columns) if who in extract else "NULL" for who in WHO]
    keys = inner_keys(con, match.table, place_sql(match), texts)
    return [with_inner(sql, keys) for sql in texts]
