"""Tells what logs could have shown: the kinds of events that the correlation asks for, against those collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hopwatch.correlate import detect as kernel
from hopwatch.facts import survey as facts
from hopwatch.facts.coverage import coverage
from hopwatch.model.coverage import Coverage
from hopwatch.pipeline.logs import LogOptions, Progress, read_asked, silent
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.rule import Rule

# Techniques that are a way of authenticating, or that name nothing: they are seen wherever those below them are.
UNASKED = ("ntlm_relay", "pass_the_hash", "smb_access", "remote_logon", "other", "ssh", "psexec_like")
LEGS = ("logon", "execution", "network")


def coverage_of(paths: Iterable[str | Path], options: LogOptions, progress: Progress = silent) -> Coverage:
    """Read every record of logs, and tell what they could have shown.

    Raises InputError for a path that does not exist.
    """
    con, _ = read_asked(paths, options, None, progress)
    facts.prepare(con)
    facts.survey(con)
    return coverage_in(con, own_rules(schema_columns()), whole=True)


def coverage_in(con: duckdb.DuckDBPyConnection, rules: list[Rule], whole: bool = False) -> Coverage:
    """Tell what the logs of a store, which has been surveyed, could have shown.

    `whole`: the store holds every record; of a store with only what rules ask for, gaps in record ids are not told.
    """
    return coverage(con, shows(), attack_ids(rules), whole)


def shows() -> dict[str, dict[str, tuple[str, ...]]]:
    """Give by technique and leg the kinds of event that show it, as the correlation has them."""
    kinds = kernel.leg_kinds()
    return {
        technique: {
            "logon": tuple(kinds["logon"]["any"]),
            "execution": tuple(kinds["execution"][what]),
            "network": tuple(kinds["network"]["any"]),
        }
        for technique, what in kernel.technique_kinds().items()
        if technique not in UNASKED
    }


def attack_ids(rules: Iterable[Rule]) -> Mapping[str, tuple[str, ...]]:
    """Give the ATT&CK ids of each technique: those that a third of its rules name."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.technique and rule.technique not in UNASKED and rule.leg in ("execution", "logon", "network"):
            found.setdefault(rule.technique, []).append(rule)
    return {name: _usual(some) for name, some in sorted(found.items())}


def _usual(rules: list[Rule]) -> tuple[str, ...]:
    counts = Counter(one for rule in rules for one in rule.attack)
    return tuple(sorted(one for one, n in counts.items() if 3 * n >= len(rules)))
