"""Says what in a rule is good Sigma and can hardly be meant."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.model.detection import Problem
from hopwatch.sigma.document import Document
from hopwatch.sigma.logsource import Source

PATHS = frozenset(
    ["image", "parentimage", "newprocessname", "parentprocessname", "imageloaded", "sourceimage", "targetimage"]
)
RENDERED = frozenset(
    ["message", "_raw", "renderingdescription", "renderedmessage", "messagenumber", "rendered_message"]
)
UNKEPT = frozenset(  # of an event's head
    ["opcode", "task", "version", "threadid", "executionthreadid", "activityid", "relatedactivityid", "qualifiers"]
)
FILE_NAME = re.compile(r"[^\\*?]+\.\w{2,4}")
NETWORK = re.compile(r"\d+\.\d+\.\d+\.\d+/\d+")
ONE_SIDED = "an EventID keeps a rule of this category from Sysmon 1 or from Security 4688"
Selection = dict[str, Any]


def hints(raw: dict[str, Any], source: Source, document: Document) -> list[Problem]:
    """Give what a reader of the rule should know: it loads and runs all the same."""
    detection = raw.get("detection")
    if not isinstance(detection, dict):
        return []
    found = []
    both = len(set(_event_ids(detection))) > 1
    for name, value in detection.items():
        for selection in _selections(value) if name != "condition" else ():
            found += [*_known(selection, source, document, name), *_fields(selection, source, document, name)]
            if source.category == "process_creation" and not both and (key := _event_id_key(selection)):
                found.append(Problem(ONE_SIDED, _line(document, name, key), "leave out EventID"))
    return list(dict.fromkeys(found))


def _event_ids(detection: dict[str, Any]) -> Iterator[str]:
    for value in detection.values():
        for selection in _selections(value):
            if key := _event_id_key(selection):
                yield from _texts(selection[key])


def _event_id_key(selection: Selection) -> str | None:
    return next((key for key in selection if key.split("|")[0].lower() == "eventid"), None)


def _selections(value: Any) -> list[Selection]:
    every = value if isinstance(value, list) else [value]
    return [{str(k): v for k, v in one.items()} for one in every if isinstance(one, dict)]


@cache
def _table() -> list[dict[str, Any]]:
    return list(tomllib.loads((files("hopwatch.sigma") / "hints.toml").read_text("utf-8"))["hint"])


def _known(selection: Selection, source: Source, document: Document, name: str) -> Iterator[Problem]:
    for hint in _table():
        if source.category in hint["in"] and all(_ends(selection, f, e) for f, e in hint["fields"].items()):
            yield Problem(hint["text"], _line(document, name, next(iter(selection))), hint["mend"])


def _ends(selection: Selection, field: str, endings: list[str]) -> bool:
    """Whether a value of a field in the selection ends in one of the endings."""
    low = tuple(ending.lower() for ending in endings)
    return any(
        text.lower().replace("\\\\", "\\").endswith(low)
        for key, value in selection.items()
        if key.split("|")[0].lower() == field.lower()
        for text in _texts(value)
    )


def _texts(value: Any) -> list[str]:
    return [str(v) for v in (value if isinstance(value, list) else [value]) if v is not None]


def _fields(selection: Selection, source: Source, document: Document, name: str) -> Iterator[Problem]:
    for key, value in selection.items():
        field, *modifiers = key.split("|")
        line = _line(document, name, key)
        if field.lower() in RENDERED:
            yield Problem(
                f"{field} is text that Windows renders: logs seldom hold it", line, "name the event's own field"
            )
        if field.lower() in UNKEPT and source.product == "windows":
            said = f"hopwatch does not store {field} of an event's head: it is absent where the event's data lacks it"
            yield Problem(said, line)
        if not modifiers and (network := next(filter(NETWORK.fullmatch, _texts(value)), None)):
            yield Problem(f"{network} is compared as text, not as a network", line, f"write {field}|cidr")
        bare = [text for text in _texts(value) if FILE_NAME.fullmatch(text)]
        if field.lower() in PATHS and not modifiers and bare:
            yield Problem(f"{field} holds a whole path", line, f"write {field}|endswith: '\\{bare[0]}'")


def _line(document: Document, name: str, key: str) -> int:
    return document.lines.get(("detection", name, key)) or document.lines.get((name, key)) or document.line_of(name)
