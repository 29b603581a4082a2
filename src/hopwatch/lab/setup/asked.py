"""Asks the loaded rules and the correlation which events and logs they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from hopwatch.correlate import detect as kernel
from hopwatch.lab.settings import SYSMON
from hopwatch.model.rule import Rule
from hopwatch.pipeline.logs import needed
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns


@dataclass(frozen=True)
class Asked:
    """What is to be collected: event ids by channel (None: all of it), the logs of sensors, and the rules that say so.

    `rules` are compiled, `texts` the rules as their files have them, by name.
    """

    channels: dict[str, set[int] | None]
    logs: frozenset[str] = frozenset()
    rules: Sequence[Rule] = ()
    texts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ids(self, channel: str) -> list[int]:
        """The event ids that are asked of a channel, in order."""
        return sorted(self.channels.get(channel) or ())

    def kinds(self) -> list[str]:
        """Every kind of event, written `Security/4624`."""
        return [f"{channel}/{number}" for channel in sorted(self.channels) for number in self.ids(channel)]


def asked(sigma: Sequence[Path] = ()) -> Asked:
    """Ask hopwatch's own rules and its correlation, and the Sigma rules of a user.

    Raises InputError for a path that does not exist.
    """
    rules = own_rules(schema_columns())
    channels = {name: None if ids is None else set(ids) for name, ids in needed(rules).items()}
    for name, numbers in kernel.kinds().items():
        _add(channels, name, set(numbers))
    for name, ids in _of_sigma(sigma).items():
        _add(channels, name, ids)
    logs = {c.channel for rule in rules for c in rule.conditions if c.table != "windows_event"}
    return Asked(channels, frozenset(name.removeprefix("zeek_") for name in logs), rules, _texts())


def _add(channels: dict[str, set[int] | None], name: str, ids: set[int] | None) -> None:
    have = channels.setdefault(name, set())
    channels[name] = None if have is None or ids is None else have | ids


def _of_sigma(paths: Sequence[Path]) -> dict[str, set[int] | None]:
    if not paths:
        return {}
    from hopwatch.pipeline import rules as bring  # here, since only --sigma needs it

    wanted = bring.asked(bring.load(paths))
    return {} if wanted is None else dict(wanted.channels)


def _texts() -> dict[str, dict[str, Any]]:
    """The rules that ask Sysmon for something, as their files have them."""
    folder = files("hopwatch") / "rules"
    return {
        entry.name.removesuffix(".yml"): yaml.safe_load(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".yml")
    }


def of_sysmon(rules: Sequence[Rule], event_id: int) -> list[Rule]:
    """The rules that read a kind of Sysmon event."""
    return [r for r in rules if any(c.channel == SYSMON and event_id in c.event_ids for c in r.conditions)]
