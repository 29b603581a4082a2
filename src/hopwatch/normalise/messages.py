"""Reads the fields of an event out of its message, as Windows writes it in English."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.normalise.fields import Fields

# "Account Name:", with or without a value. An unknown one ends the value before it; a line of XML or code is none.
LABEL = re.compile(r"\t{0,2} {0,4}([A-Z][\w/()' -]{0,60}?):(?:[\t ]+(\S.*))?")
SID = re.compile(r"S-\d(-\d+)+")
LIMIT = 128 * 1024  # characters of a message; Windows writes none of more than half of it
Labels = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Message:
    """What the messages of one event id look like: labels inside sections, or one pattern."""

    labels: Labels
    sections: frozenset[str]
    pattern: re.Pattern[str] | None


def from_message(value: Any, fields: Fields, channel: str, event_id: int) -> bool:
    """Add the fields that a message text names; false for what is none of a known event."""
    known = _table().get((channel.lower(), event_id))
    if known is None or not isinstance(value, str):
        return False
    text = value[:LIMIT].replace("\r\n", "\n")
    if known.pattern:
        found = known.pattern.match(text)
        fields.update(found.groupdict() if found else {})
        return found is not None
    pairs = _labelled(text, known)
    fields.update({name: _raw(name, text) for name, text in pairs.items()})
    return bool(pairs) or not known.labels


def from_columns(value: Any, fields: Fields, channel: str, event_id: int) -> bool:
    """Add the fields that Splunk extracted of a message: `Account_Name` has a value for each section that has it."""
    known = _table().get((channel.lower(), event_id))
    if known is None or not isinstance(value, dict):
        return False
    names: dict[str, list[str]] = {}
    for (_, label), name in known.labels.items():
        names.setdefault(label.replace(" ", "_"), []).append(name)
    for column, owners in names.items():
        found = value.get(column)
        values = found if isinstance(found, list) else [found]
        if len(values) == len(owners):
            fields.update({n: _raw(n, v) for n, v in zip(owners, values, strict=True) if isinstance(v, str)})
    return bool(fields)


def _labelled(text: str, known: Message) -> dict[str, str]:
    """The values behind labels, with the lines that continue them; of two of one label, the first stands."""
    out: dict[str, str] = {}
    section, current = "", ""
    for line in text.split("\n"):
        found = LABEL.fullmatch(line.rstrip())
        if found:
            label, value = found[1], found[2]
            if value is None and label in known.sections:
                section, current = label, ""
                continue
            name = known.labels.get((section, label)) or known.labels.get(("", label)) or ""
            current = name if name not in out else ""
            if current:
                out[current] = value or ""
        elif current and line.strip():
            out[current] += ("\n" if out[current] else "") + line.strip()
        else:
            current = ""
    return out


def _raw(name: str, text: str) -> str | None:
    """A value as the event holds it: codes for words; null for a SID that Windows replaced by a name."""
    text = text.strip()
    words = _raw_values().get(name)
    if words:
        return words.get(text, text)
    if name.endswith("Sid") and not SID.fullmatch(text):
        return None
    return text


@cache
def _raw_values() -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = _file()["values"]
    return values


@cache
def _table() -> dict[tuple[str, int], Message]:
    """The known messages by channel and event id."""
    sets: dict[str, dict[str, str]] = _file()["sets"]
    table = {}
    for raw in _file()["message"]:
        labels: Labels = {}
        for section, names in raw.get("sections", {}).items():
            named = sets[names] if isinstance(names, str) else names
            labels |= {(section, label): name for label, name in named.items()}
        labels |= {("", name): name for name in raw.get("same", "").split()}
        sections = frozenset(section for section, _ in labels if section)
        pattern = re.compile(raw["pattern"], re.DOTALL) if "pattern" in raw else None
        for event_id in raw["ids"]:
            table[raw["channel"].lower(), event_id] = Message(labels, sections, pattern)
    return table


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((files("hopwatch.normalise") / "messages.toml").read_text("utf-8"))
