"""Writes a query about single events as a Sigma rule, with an event that it hits and one that it misses."""

from __future__ import annotations

import re
import tomllib
import uuid
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb_kql
import yaml
from duckdb_kql import ir
from duckdb_kql.lower import lower

from hopwatch.hunt import kusto
from hopwatch.hunt.cut import cut
from hopwatch.hunt.detection import Detection, detection
from hopwatch.model.errors import QueryError

if TYPE_CHECKING:
    import duckdb

    from hopwatch.hunt.statement import Plan
    from hopwatch.hunt.tables import Tables

IGNORED = (ir.Project, ir.Sort, ir.Take)  # what only chooses columns, order and how many
EVENT = 'SELECT "EventID", "Channel", "Computer", "Level", "EventSourceName", "UserSid", "EventData" FROM ({}) LIMIT 1'
LONGEST = 2000  # characters of a field of a case


@cache
def sources() -> dict[str, Any]:
    """Which service of Sigma a table or an event id is of."""
    return tomllib.loads((files("hopwatch.hunt") / "sources.toml").read_text("utf-8"))


def rule_of(con: duckdb.DuckDBPyConnection, made: Plan, tables: Tables, name: str) -> str:
    """Give a plan as a Sigma rule. Raises QueryError where the query is more than conditions on one event."""
    if made.kql is None:
        raise QueryError(f"a query in {made.language} cannot be written as a rule; one in kql, lucene or kibana can")
    try:
        query = lower(made.kql)
    except duckdb_kql.KqlError as error:
        raise QueryError(f"the query cannot be written as a rule: {error}") from error
    table, conditions = _conditions(query)
    found = detection(conditions)
    service = _service(table, found)
    sql, _ = kusto.to_sql(_events_only(made.kql), tables.schema())
    rule = {
        "title": re.sub(r"[^\w. -]", " ", name).replace("-", " ").replace("_", " ").strip().capitalize()[:100]
        or "A hunt",
        "id": str(uuid.uuid4()),
        "status": "experimental",
        "description": "Written by hopwatch hunt of the query: " + " ".join(made.kql.split())[:1000],
        "logsource": {"product": "windows", "service": service},
        "detection": found.yaml(),
        "level": "medium",
        "tags": ["attack.lateral-movement"],
        "falsepositives": ["not known yet"],
        "cases": _cases(con, sql, table, found),
    }
    text: str = yaml.safe_dump({k: v for k, v in rule.items() if v}, sort_keys=False, width=120)
    return text


def _conditions(query: ir.Query) -> tuple[str, list[ir.Expr]]:
    """The table of a query and its conditions."""
    if not isinstance(query.source, ir.TableRef):
        raise QueryError("a rule is about the events of one table, and this query begins with something else")
    conditions: list[ir.Expr] = []
    for operator in query.operators:
        if isinstance(operator, ir.Where):
            conditions.append(operator.predicate)
        elif not isinstance(operator, IGNORED):
            raise QueryError(f"a rule is about single events, and this query has {type(operator).__name__.lower()}")
    if not conditions:
        raise QueryError("a rule needs a condition, and this query has none")
    return query.source.name, conditions


def _events_only(kql: str) -> str:
    """A query without what only chooses columns, order and how many."""
    stages = [kql[a:b].strip() for a, b in cut(kql, 0, len(kql), "|")]
    return "\n| ".join([stages[0], *(stage for stage in stages[1:] if re.match(r"where\b|filter\b", stage))])


def _service(table: str, found: Detection) -> str:
    """The service that the events are of."""
    known = sources()
    if table in known["tables"]:
        return str(known["tables"][table])
    if table != "events":
        raise QueryError(
            f"a rule cannot be made of {table}: "
            "its columns are not those of an event (events, SecurityEvent, System, Sysmon, … can)"
        )
    if found.channel is not None:
        if found.channel.lower() not in known["channels"]:
            raise QueryError(f"Sigma has no name that hopwatch knows for the channel {found.channel!r}")
        return str(known["channels"][found.channel.lower()])
    services = {known["ids"].get(str(number), _by_range(number)) for number in found.ids}
    if len(services) != 1 or None in services:
        raise QueryError(
            "a rule needs to know its log: name the Channel, an EventID of one log, "
            "or ask SecurityEvent, System or Sysmon"
        )
    return str(services.pop())


def _by_range(number: int) -> str | None:
    return "security" if 4608 <= number <= 6424 else "sysmon" if 1 <= number <= 29 else None


def _cases(con: duckdb.DuckDBPyConnection, sql: str, table: str, found: Detection) -> list[dict[str, Any]]:
    """An event of the logs that the rule hits, and one that it misses."""
    hit = con.execute(EVENT.format(sql)).fetchone()
    ids = f' AND "EventID" IN ({", ".join(map(str, found.ids))})' if found.ids else ""
    others = f'SELECT * FROM {table} WHERE "_record" NOT IN (SELECT "_record" FROM ({sql})){ids}'
    miss = con.execute(EVENT.format(others)).fetchone()
    cases = [] if hit is None else [{"name": "an event of the logs that were hunted in", "hit": _case(hit)}]
    if hit is not None:
        other = _case(miss) if miss else {"EventID": 0, "Channel": hit[1]}
        cases.append({"name": "another event", "miss": other})
    return cases


def _case(row: tuple[Any, ...]) -> dict[str, Any]:
    import orjson

    head = dict(zip(("EventID", "Channel", "Computer", "Level", "Provider_Name", "UserID"), row, strict=False))
    fields = orjson.loads(row[6] or "{}")
    return {k: v if not isinstance(v, str) else v[:LONGEST] for k, v in (head | fields).items() if v is not None}
