"""Mends rules as they stand in blog posts: what is meant is clear, and the specification wants it otherwise."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

from sigma.modifiers import modifier_mapping

from hopwatch.model.detection import Problem
from hopwatch.sigma.document import Document

# The keys of a rule beside those of its detection.
KEYS = frozenset(
    [
        "title",
        "id",
        "name",
        "related",
        "taxonomy",
        "status",
        "description",
        "license",
        "references",
        "author",
        "date",
        "modified",
        "logsource",
        "detection",
        "fields",
        "falsepositives",
        "level",
        "tags",
        "scope",
        "correlation",
        "filter",
        "action",
        "hopwatch",
        "cases",
        "regression_tests_path",
        "simulation",
    ]
)
WRITTEN = frozenset(["product", "category", "service", "definition"])
LEVELS = ("informational", "low", "medium", "high", "critical")
STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TAG = re.compile(r"[a-z0-9_-]+\.\S+", re.IGNORECASE)
TEXTUAL = frozenset(["contains", "startswith", "endswith", "all", "windash", "cased", "re", "i", "m", "s"])
OPERATOR = re.compile(r"\b(AND|OR|NOT|OF|ALL|And|Or|Not|Any|All|Them|THEM)\b")
SYMBOLS = (("&&", " and "), ("||", " or "), ("!", " not "))
Raw = dict[str, Any]
Say = Callable[[str, int, str], None]


def mended(document: Document, title: str) -> tuple[Raw, list[Problem]]:
    """Give a rule's content as the specification has it, and what had to be mended for that.

    `title` is for a rule that has none. The document's content must be a mapping.
    """
    raw = {str(key): value for key, value in document.content.items()}
    problems = list(document.problems)

    def say(text: str, line: int, mend: str) -> None:
        problems.append(Problem(text, line, mend))

    for step in (_logsource, _detection, _attributes, _tags):
        raw = step(raw, document, say)
    raw = _title(raw, document, say, title)
    if isinstance(raw.get("detection"), dict):
        raw["detection"] = _condition(_modifiers(raw["detection"], document, say), document, say)
    return raw, problems


def _logsource(raw: Raw, document: Document, say: Say) -> Raw:
    given = raw.get("logsource")
    if isinstance(given, str):
        say(
            f"logsource {given!r} is a mapping",
            document.line_of("logsource"),
            f"logsource: {{product: {given.lower()}}}",
        )
        return raw | {"logsource": {"product": given.lower()}}
    loose = [key for key in ("product", "category", "service") if isinstance(raw.get(key), str)]
    if given is None and loose:
        say("`logsource` is missing", document.line_of(loose[0]), f"put {_named(loose)} below `logsource:`")
        rest = {key: value for key, value in raw.items() if key not in loose}
        return rest | {"logsource": {key: raw[key].lower() for key in loose}}
    if isinstance(given, dict):
        return raw | {"logsource": {k: str(v) if k in WRITTEN and v is not None else v for k, v in given.items()}}
    return raw


def _detection(raw: Raw, document: Document, say: Say) -> Raw:
    """Put selections and a condition that stand beside `logsource` below `detection`."""
    if "correlation" in raw or "filter" in raw or raw.get("action") in ("global", "reset"):
        return raw
    loose = {k: v for k, v in raw.items() if (k not in KEYS and isinstance(v, dict | list)) or k == "condition"}
    given = raw.get("detection")
    if not loose or (given is not None and not isinstance(given, dict)):
        return raw
    if given is None:
        say("`detection` is missing", document.line_of(next(iter(loose))), f"put {_named(loose)} below `detection:`")
    else:
        loose = {k: v for k, v in loose.items() if k == "condition" and k not in given}
        if not loose:
            return raw
        say("`condition` stands beside `detection`", document.line_of("condition"), "put it below `detection:`")
    return {k: v for k, v in raw.items() if k not in loose} | {"detection": {**(given or {}), **loose}}


def _named(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _attributes(raw: Raw, document: Document, say: Say) -> Raw:
    """Leave out attributes that are not of the specification's form: none of them changes what a rule matches."""
    tests: dict[str, Callable[[Any], bool]] = {
        "id": lambda v: bool(UUID.fullmatch(str(v))),
        "level": lambda v: str(v).lower() in LEVELS,
        "status": lambda v: str(v).lower() in STATUSES,
    }
    mends = {
        "id": "give it a new UUID",
        "level": f"one of {', '.join(LEVELS)}",
        "status": f"one of {', '.join(STATUSES)}",
    }
    kept = dict(raw)
    for key, good in tests.items():
        if kept.get(key) is not None and not good(kept[key]):
            say(f"{key} {kept.pop(key)!r} is not of the specification", document.line_of(key), mends[key])
    for key in ("date", "modified"):
        if key in kept and not re.fullmatch(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}", str(kept[key])):
            say(f"{key} {kept.pop(key)!r} is not a date", document.line_of(key), "write it as 2026-01-31")
    for key in ("id", "name"):
        if kept.get(key) is not None:
            kept[key] = str(kept[key])
    return kept


def _tags(raw: Raw, document: Document, say: Say) -> Raw:
    tags = raw.get("tags")
    if tags is None:
        return raw
    texts = [str(tag).strip() for tag in tags] if isinstance(tags, list) else []
    good = []
    for text in texts:
        if TAG.fullmatch(text):
            good.append(text.lower())
            continue
        attack = re.fullmatch(r"t\d{4}(\.\d{3})?", text, re.IGNORECASE) or " " not in text
        meant = f"attack.{text.lower().replace('_', '-')}"
        say(f"tag {text!r} has no namespace", document.line_of("tags"), f"write {meant}")
        good += [meant] if attack else []
    return raw | {"tags": good}


def _title(raw: Raw, document: Document, say: Say, title: str) -> Raw:
    given = raw.get("title")
    if isinstance(given, str) and given.strip():
        return raw | {"title": given[:256]}
    say("`title` is missing", document.line, "say in a few words what the rule finds")
    return raw | {"title": str(given) if given else title}


def _modifiers(detection: Raw, document: Document, say: Say) -> Raw:
    def mend(value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [mend(v, path) for v in value]
        if not isinstance(value, dict):
            return value
        kept = {_key(str(k), (*path, str(k)), document, say): mend(v, (*path, str(k))) for k, v in value.items()}
        return dict(_without_null(k, v, document.line_of(*path, k), say) for k, v in kept.items())

    return {
        str(k): v if k in ("condition", "timeframe") else mend(v, ("detection", str(k))) for k, v in detection.items()
    }


def _without_null(key: str, value: Any, line: int, say: Say) -> tuple[str, Any]:
    """A field and its values, no null among those that a modifier of texts reads: absence has no text."""
    field, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    if None not in values or not modifiers or not set(modifiers) <= TEXTUAL:
        return key, value
    rest = [one for one in values if one is not None]
    text = f"null below {key} is no text"
    say(text, line, f"ask for absence in a selection of its own, {field}: null" if rest else f"write {field}: null")
    return (key, rest) if rest else (field, None)


def _key(key: str, path: tuple[str, ...], document: Document, say: Say) -> str:
    """A field with its modifiers, those that are nearly one of the specification's mended."""
    field, *modifiers = key.split("|")
    line = document.lines.get(path) or document.lines.get(path[1:]) or document.line
    good = []
    for modifier in modifiers:
        known = modifier if modifier in modifier_mapping else _nearest(modifier)
        if known != modifier:
            say(f"modifier {modifier!r} is not of the specification", line, f"write {known}")
        good.append(known)
    return "|".join([field.strip(), *good])


def _nearest(modifier: str) -> str:
    plain = re.sub(r"[\s_-]", "", modifier).lower()
    near = difflib.get_close_matches(plain, modifier_mapping, 1, 0.75)
    return near[0] if near else modifier


def _condition(detection: Raw, document: Document, say: Say) -> Raw:
    given = detection.get("condition")
    line = document.lines.get(("detection", "condition")) or document.line_of("condition")
    names = [name for name in detection if name not in ("condition", "timeframe")]
    if given is None and len(names) == 1:
        say("`condition` is missing", document.line_of("detection"), f"write condition: {names[0]}")
        return detection | {"condition": names[0]}
    if not isinstance(given, str):
        return detection
    text = OPERATOR.sub(lambda m: m[0].lower(), given) if not set(OPERATOR.findall(given)) & set(names) else given
    for symbol, word in SYMBOLS:
        text = text.replace(symbol, word)
    text = re.sub(r"(?<!of )(?<![\w*-])([\w-]+_?\*)", r"1 of \1", " ".join(text.split()))
    if text != " ".join(given.split()):
        say(f"condition {given!r} is not of the specification", line, f"write {text}")
    return {k: v for k, v in detection.items() if k != "timeframe" or "|" in text} | {"condition": text}
