"""Sigma rules that a user brings: what was loaded, what is wrong with it, and what it matched."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Whether a rule can run on these logs."""

    READY = "ready"
    NOT_STORED = "not stored"  # its log is known, and hopwatch does not store it
    OTHER_LOGS = "other logs"  # its logsource is of another kind of system
    NEEDS_VALUES = "needs values"  # it has placeholders without values
    FAILED = "failed"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a rule, where, and how to mend it; one that is fatal keeps the rule from running."""

    text: str
    line: int | None = None
    mend: str | None = None
    fatal: bool = False


@dataclass(frozen=True)
class Match:
    """A rule's condition in one place, over `shadows`: names for expressions over the events of the place.

    `channel` is "*" for every channel, `event_ids` is empty for every event; `source` is the logsource's field names.
    """

    table: str
    channel: str
    event_ids: tuple[int, ...]
    sql: str
    shadows: dict[str, str]
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Correlated:
    """The correlation that a rule is: `condition` as its YAML has it, a mapping or an expression."""

    type: str
    rules: tuple[str, ...]
    seconds: int
    group_by: tuple[str, ...]
    aliases: dict[str, dict[str, str]]
    condition: dict[str, Any] | str
    generate: bool


@dataclass(frozen=True)
class Entry:
    """One rule, correlation or filter of a file.

    `kind` is rule, correlation or filter. `own` is its `hopwatch` block, `cases` are its cases, as they stand.
    """

    file: str
    line: int
    kind: str
    title: str
    id: str = ""
    name: str = ""
    level: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    source: dict[str, str] = field(default_factory=dict)
    state: State = State.READY
    problems: tuple[Problem, ...] = ()
    matches: tuple[Match, ...] = ()
    correlated: Correlated | None = None
    own: dict[str, Any] | None = None
    cases: tuple[dict[str, Any], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What a correlation or a filter may call it."""
        return tuple(name for name in (self.name, self.id) if name)

    @property
    def label(self) -> str:
        """What a match says of the rule: its name, failing that its title."""
        return self.name or self.title


@dataclass(frozen=True)
class Ruleset:
    """What was loaded of files and folders: entries in the order of files; `hidden` those for correlations only."""

    entries: tuple[Entry, ...]
    files: int = 0
    hidden: frozenset[int] = frozenset()

    @property
    def failed(self) -> list[Entry]:
        """The entries that did not load."""
        return [entry for entry in self.entries if entry.state == State.FAILED]

    def named(self) -> dict[str, int]:
        """The index of each rule and correlation by what it may be called; of two of one name the first."""
        found: dict[str, int] = {}
        for i, entry in enumerate(self.entries):
            for name in entry.names if entry.kind != "filter" else ():
                found.setdefault(name, i)
        return found
