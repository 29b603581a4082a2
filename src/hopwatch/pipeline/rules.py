"""Runs the Sigma rules that a user brings over logs: read what they ask for, match, correlate, list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hopwatch.context.roles import roles
from hopwatch.facts import survey as facts
from hopwatch.facts.roles import observe
from hopwatch.model.detection import Ruleset, State
from hopwatch.model.summary import Summary
from hopwatch.normalise.wanted import Asked
from hopwatch.pipeline.context import context_of
from hopwatch.pipeline.logs import LogOptions, Progress, read_asked, silent
from hopwatch.sigma.columns import PSEUDO
from hopwatch.sigma.correlate import correlate, held
from hopwatch.sigma.ruleset import load_rules
from hopwatch.sigma.run import match_rules, place_sql, wanted_events
from hopwatch.sigma.run import prepare as macros
from hopwatch.sigma.signals import add_signals, signals
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Rule

Values = Mapping[str, tuple[str, ...]]
HOSTS = """
INSERT INTO sigma_host
SELECT ip, arg_max(host, last) FROM fact_address GROUP BY ip HAVING count(DISTINCT host) >= 1
"""
LISTED = """
INSERT INTO role SELECT host, ip, trim(unnest(string_split(replace(role, ' ', '_'), ','))) FROM asset
WHERE role IS NOT NULL
"""


@dataclass(frozen=True)
class Run:
    """A store in which rules have matched, the rules, what was read, and by index the rules that could not be run."""

    con: duckdb.DuckDBPyConnection
    rules: Ruleset
    summary: Summary
    failed: Mapping[int, str] = field(default_factory=dict)


def load(paths: Iterable[str | Path], values: Values | None = None) -> Ruleset:
    """Load the rules below paths. Raises InputError for a path that does not exist."""
    return load_rules(paths, schema_columns(), values)


def run(rules: Ruleset, paths: Iterable[str | Path], options: LogOptions, progress: Progress = silent) -> Run:
    """Run rules over everything below the paths. Raises InputError for a path that does not exist."""
    con, summary = read_asked(paths, replace(options, every_flow=True), asked(rules), progress)
    return Run(con, rules, summary, match(con, rules, options.context))


def match(con: duckdb.DuckDBPyConnection, rules: Ruleset, context: Path | None = None) -> dict[int, str]:
    """Fill `sigma_match` and `sigma_correlation` from the events of a store; give the rules that could not be run."""
    prepare(con, rules, context)
    failed = match_rules(con, rules)
    return failed | correlate(con, rules)


def asked(rules: Ruleset) -> Asked | None:
    """The events that rules ask for; None where one may match an event of any channel."""
    matches = [m for entry in rules.entries if entry.state == State.READY for m in entry.matches]
    channels = wanted_events(matches)
    if channels is None:
        return None
    if _asks_of_hosts(rules):
        for channel, ids in facts.NEEDS.items():
            have = channels.setdefault(channel, set())
            if have is not None and ids is not None:
                have.update(ids)
    return Asked(channels)


def asked_with(asked_else: Asked, rules: Ruleset) -> Asked | None:
    """What else is asked for, and what rules ask for: of their events the whole, whatever words they hold."""
    more = asked(rules)
    if more is None:
        return None
    channels = dict(asked_else.channels)
    for channel, ids in more.channels.items():
        have = channels.get(channel, set())
        channels[channel] = None if have is None or ids is None else have | ids
    words = {
        (channel, number): some
        for (channel, number), some in asked_else.words.items()
        if (ids := more.channels.get(channel, set())) is not None and number not in ids
    }
    return Asked(channels, words, asked_else.kinds)


def match_signals(
    con: duckdb.DuckDBPyConnection, rules: Ruleset, own: list[Rule], context: Path | None
) -> tuple[list[Rule], dict[int, str]]:
    """Match rules, and make signals of those of lateral movement.

    Gives the rules to count besides hopwatch's `own`, and by index those that could not be run.
    """
    failed = match(con, rules, context)
    found = signals(rules, frozenset(rule.name for rule in own))
    add_signals(con, rules, found)
    return found.rules, failed


def prepare(con: duckdb.DuckDBPyConnection, rules: Ruleset, context: Path | None) -> None:
    """Fill what the pseudo-fields of rules ask: who is behind an address, and what a host is for.

    Roles are those that the context names, that the list of assets has, and that the logs show.
    """
    macros(con)
    con.execute("DELETE FROM role")
    con.execute("DELETE FROM sigma_host")
    if not _asks_of_hosts(rules):
        return
    facts.prepare(con)
    facts.survey(con)
    con.execute(HOSTS)
    con.execute(LISTED)
    observed = observe(con)
    rows = [
        (said.host, ip, said.role)
        for said in roles(context_of(context), observed)
        for ip in observed.addresses.get(said.host) or {said.host}
    ]
    if rows:
        con.executemany("INSERT INTO role VALUES (?, ?, ?)", rows)


def _asks_of_hosts(rules: Ruleset) -> bool:
    """Whether a rule or correlation speaks of hosts behind addresses, or of roles."""
    pseudo = {name.lower() for name in PSEUDO}
    for entry in rules.entries:
        if any("host_of_ip" in sql or "role_of_" in sql for m in entry.matches for sql in m.shadows.values()):
            return True
        if entry.correlated is not None:
            names = {*entry.correlated.group_by, *(n for a in entry.correlated.aliases.values() for n in a.values())}
            if {name.lower() for name in names} & pseudo:
                return True
    return False


def sql_of(rules: Ruleset, chosen: Iterable[int]) -> Iterator[str]:
    """Give the statements that rules compile to, each after a comment that says of which rule and place it is."""
    for i in chosen:
        entry = rules.entries[i]
        yield f"-- {' '.join(entry.title.split())}: {entry.state}"
        for match in entry.matches:
            shadows = "".join(f',\n    {sql} AS "{name}"' for name, sql in sorted(match.shadows.items()))
            events = f"SELECT *{shadows}\n  FROM {match.table} WHERE {place_sql(match)}"
            yield f"SELECT * FROM ({events})\nWHERE {match.sql};"
        if entry.correlated is not None and entry.state == State.READY:
            yield f"{held(entry.correlated, rules)};"
