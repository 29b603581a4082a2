"""Runs Sigma correlations over what rules matched: counts and values in sliding windows, rules that meet in time."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import duckdb

from hopwatch.model.detection import Correlated, Match, Ruleset, State
from hopwatch.sigma.columns import Columns
from hopwatch.sigma.expression import Node, chains, parsed, sql_of
from hopwatch.sigma.logsource import Place
from hopwatch.sigma.run import inner_keys, place_sql, with_inner
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import run_sql

OPERATORS = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "=", "neq": "<>"}
BACK = "PARTITION BY grp ORDER BY time RANGE BETWEEN INTERVAL '{span} seconds' PRECEDING AND CURRENT ROW"
AHEAD = "PARTITION BY grp ORDER BY time RANGE BETWEEN CURRENT ROW AND INTERVAL '{span} seconds' FOLLOWING"
AROUND = (
    "PARTITION BY grp ORDER BY time RANGE BETWEEN INTERVAL '{span} seconds' PRECEDING"
    " AND INTERVAL '{span} seconds' FOLLOWING"
)
SO_FAR = "PARTITION BY grp ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
# What each type reckons of the events of a window.
METRICS = {
    "event_count": "count(*)",
    "value_count": "count(DISTINCT value)",
    "value_sum": "sum(amount_of(value))",
    "value_avg": "avg(amount_of(value))",
    "value_median": "median(amount_of(value))",
    "value_percentile": "quantile_cont(amount_of(value), {percentile})",
    "temporal": "count(DISTINCT named)",
}
GROWING = ("event_count", "value_count", "value_sum", "temporal")  # the more events, the more of it


def correlate(con: duckdb.DuckDBPyConnection, rules: Ruleset) -> dict[int, str]:
    """Fill `sigma_correlation` and `sigma_correlation_event` from `sigma_match`.

    Gives the correlations, by index, that could not be run, and why.
    """
    failed: dict[int, str] = {}
    run_sql(con, files("hopwatch.sigma") / "correlations.sql")
    done: set[int] = set()
    for i, entry in enumerate(rules.entries):
        if entry.correlated is not None and entry.state == State.READY:
            try:
                _with_those_below(con, rules, i, done)
            except duckdb.Error as error:
                failed[i] = str(error).split("\n")[0]
    return failed


def _with_those_below(con: duckdb.DuckDBPyConnection, rules: Ruleset, i: int, done: set[int]) -> None:
    """Run a correlation, first those that it names."""
    correlated = rules.entries[i].correlated
    if i in done or correlated is None:
        return
    done.add(i)
    for name in correlated.rules:
        _with_those_below(con, rules, rules.named()[name], done)
    parts = list(_occurrences(con, rules, correlated))
    if not parts:
        return
    con.execute(f"CREATE OR REPLACE TEMP TABLE occurrence AS {OCCURRENCE.format(parts=' UNION ALL '.join(parts))}")
    text = (files("hopwatch.sigma") / "islands.sql").read_text("utf-8")
    values = {"HELD": held(correlated, rules), "SPAN": str(correlated.seconds), "RULE": str(i)}
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    con.execute(text)


# An event without one of the group-by fields joins no group; names of hosts and accounts are the same in any case.
OCCURRENCE = """
SELECT named, time, source_table, key, list_transform(shown, lambda x: lower(x)) AS grp, shown, value FROM ({parts})
WHERE len(list_filter(shown, lambda x: x IS NULL)) = 0
"""


def _occurrences(con: duckdb.DuckDBPyConnection, rules: Ruleset, correlated: Correlated) -> Iterator[str]:
    """A query for each place where a rule of the correlation matched: what group-by and value are there."""
    names = rules.named()
    for called in correlated.rules:
        i = names[called]
        below = rules.entries[i]
        if below.correlated is not None:
            yield _chained(i, called, below.correlated, correlated)
        for match in below.matches:
            yield _matched(con, i, called, match, correlated)


def _matched(con: duckdb.DuckDBPyConnection, i: int, called: str, match: Match, correlated: Correlated) -> str:
    columns = Columns(schema_columns(), Place(match.channel, (), match.fields, match.table), strict=False, shadows={})
    shown = [_text(columns, _field(called, name, correlated)) for name in correlated.group_by]
    values = [_text(columns, field) for field in _value_fields(correlated)]
    where = place_sql(match)
    keys = inner_keys(con, match.table, where, [*shown, *values])
    shown, values = ([with_inner(sql, keys) for sql in texts] for texts in (shown, values))
    return f"""SELECT {i} AS named, m.time, m.source_table, m.key, {_list(shown)} AS shown, {_value(values)} AS value
        FROM sigma_match m JOIN (FROM {match.table} WHERE {where}) USING (key)
        WHERE m.rule = {i} AND m.source_table = '{match.table}'"""


def _text(columns: Columns, field: str) -> str:
    return columns.expression(field)


def _field(called: str, name: str, correlated: Correlated) -> str:
    """What a rule calls a field of group-by: its alias, where it has one."""
    return correlated.aliases.get(name, {}).get(called, name)


def _value_fields(correlated: Correlated) -> list[str]:
    field = correlated.condition.get("field") if isinstance(correlated.condition, dict) else None
    return [] if field is None else [str(f) for f in field] if isinstance(field, list) else [str(field)]


def _list(texts: list[str]) -> str:
    return f"[{', '.join(f'CAST({text} AS VARCHAR)' for text in texts)}]" if texts else "CAST([] AS VARCHAR[])"


def _value(texts: list[str]) -> str:
    """The value of an event, of several fields together; null where one of them is absent."""
    return " || chr(31) || ".join(f"lower({text})" for text in texts) if texts else "CAST(NULL AS VARCHAR)"


def _chained(i: int, called: str, below: Correlated, correlated: Correlated) -> str:
    """What another correlation found, as events: its group is its fields, and `value` what it counted."""
    known = {name.lower(): f"grp[{n}]" for n, name in enumerate(below.group_by, 1)}
    known |= {"value": "CAST(value AS VARCHAR)", "count": "CAST(value AS VARCHAR)"}
    shown = [known.get(_field(called, name, correlated).lower(), "NULL") for name in correlated.group_by]
    values = [known.get(field.lower(), "NULL") for field in _value_fields(correlated)]
    return f"""SELECT {i} AS named, time, 'sigma_correlation' AS source_table, id AS key, {_list(shown)} AS shown,
        {_value(values)} AS value FROM sigma_correlation WHERE rule = {i}"""


def held(correlated: Correlated, rules: Ruleset) -> str:
    """The query for the moments at which a correlation's condition holds, with the start of that and a value."""
    index = {name: rules.named()[name] for name in correlated.rules}
    if correlated.type == "temporal_ordered":
        return _ordered(correlated, index)
    if isinstance(correlated.condition, str):
        return _boolean(parsed(correlated.condition), correlated, index)
    return _metric(correlated, correlated.condition)


def _metric(correlated: Correlated, condition: dict[str, object]) -> str:
    [(word, number)] = [(w, n) for w, n in condition.items() if w in OPERATORS]
    percentile = float(str(condition.get("percentile") or 50)) / 100
    metric = METRICS[correlated.type].format(percentile=percentile)
    back, ahead = (frame.format(span=correlated.seconds) for frame in (BACK, AHEAD))
    least = word not in ("gte", "gt") and correlated.type in GROWING
    # "Fewer than" is asked of the fullest window that an event is in: each begins with one event.
    asked = f"max(now) OVER ({ahead})" if least else "now"
    return f"""SELECT grp, time, start, value FROM (
        SELECT grp, time, start, {asked} AS value FROM (
            SELECT grp, time, min(time) OVER ({back}) AS start, {metric} OVER ({back}) AS now FROM occurrence))
        WHERE value {OPERATORS[word]} {number}"""


def _boolean(node: Node, correlated: Correlated, index: dict[str, int]) -> str:
    """A rule must be in the window that ends now; one below `not` neither before nor after, within the span."""
    back, around = (frame.format(span=correlated.seconds) for frame in (BACK, AROUND))

    def present(name: str, negated: bool) -> str:
        return f"{'around' if negated else 'back'}_{index[name]}"

    flags = [
        f"bool_or(named = {i}) OVER ({back}) AS back_{i}, bool_or(named = {i}) OVER ({around}) AS around_{i}"
        for i in sorted(set(index.values()))
    ]
    return f"""SELECT grp, time, start, found AS value FROM (
        SELECT grp, time, min(time) OVER ({back}) AS start, count(DISTINCT named) OVER ({back}) AS found,
            {", ".join(flags)}
        FROM occurrence) WHERE {sql_of(node, present)}"""


def _ordered(correlated: Correlated, index: dict[str, int]) -> str:
    """For each way to fulfil the condition: the latest begin of a chain of its rules that ends now, in the span."""
    whole = correlated.condition if isinstance(correlated.condition, str) else " and ".join(correlated.rules)
    ways = [
        _chain([index[n] for n in steps], [index[n] for n in absent], correlated)
        for steps, absent in chains(parsed(whole))
        if steps
    ]
    return " UNION ".join(ways)


def _chain(steps: list[int], absent: list[int], correlated: Correlated) -> str:
    around = AROUND.format(span=correlated.seconds)
    nots = [f"coalesce(bool_or(named = {i}) OVER ({around}), FALSE)" for i in absent]
    begin = f"CASE WHEN named = {steps[0]} THEN time END AS begin"
    query = f"SELECT *, {begin}, {' OR '.join(nots) or 'FALSE'} AS barred FROM occurrence"
    for step in steps[1:]:
        query = (
            f"SELECT * REPLACE (CASE WHEN named = {step} THEN max(begin) OVER ({SO_FAR}) END AS begin) FROM ({query})"
        )
    return f"""SELECT grp, time, begin AS start, {len(steps)} AS value FROM ({query})
        WHERE time - begin <= INTERVAL '{correlated.seconds} seconds' AND NOT barred"""
