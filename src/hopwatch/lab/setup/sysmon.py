"""Writes a Sysmon configuration that keeps what the loaded rules can match, and as little else as can be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hopwatch.correlate import detect as kernel
from hopwatch.lab.forms import table
from hopwatch.lab.settings import SYSMON
from hopwatch.lab.setup.asked import Asked, of_sysmon
from hopwatch.model.rule import Rule

WORDS = {"": "is", "contains": "contains", "startswith": "begin with", "endswith": "end with"}
NOT = re.compile(r"\bnot\s+(\w+)")
PLAIN = ("all", "i", "cased", "windash")


@dataclass(frozen=True)
class Filter:
    """One line of the configuration: a field, how it is compared, and with what."""

    field: str
    word: str
    value: str


def sysmon(asked: Asked) -> str:
    """Give the configuration. What the correlation reads whole is kept whole; of the rest, what a rule can match."""
    elements: dict[str, list[int]] = {}
    for number in asked.ids(SYSMON):
        elements.setdefault(table("settings")["sysmon"][str(number)], []).append(number)
    head = '<Sysmon schemaversion="4.50">\n  <HashAlgorithms>sha256</HashAlgorithms>\n  <EventFiltering>\n'
    body = "".join(_element(asked, name, numbers) for name, numbers in elements.items())
    return f"{head}{body}  </EventFiltering>\n</Sysmon>\n"


def _element(asked: Asked, name: str, numbers: list[int]) -> str:
    rules = [rule for number in numbers for rule in of_sysmon(asked.rules, number)]
    found: dict[Filter, None] = {}
    whole = sorted({_why(number) for number in numbers if number in (kernel.NEEDS.get(SYSMON) or ()) or number == 1})
    for rule in rules:
        filters = _filters(asked.texts.get(rule.name, {}), rule)
        whole += [] if filters else [f"the rule {rule.name} says too little to filter by"]
        found |= dict.fromkeys(filters)
    if whole:
        return _group(f"{name}: everything: {'; '.join(dict.fromkeys(whole))}", f'<{name} onmatch="exclude"/>')
    lines = "".join(
        f"        <{f.field} condition={quoteattr(f.word)}>{escape(f.value)}</{f.field}>\n"
        for f in sorted(found, key=lambda f: (f.field, f.word, f.value))
    )
    names = sorted({rule.name for rule in rules})
    return _group(f"{name}: for {', '.join(names)}", f'<{name} onmatch="include">\n{lines}      </{name}>')


def _why(number: int) -> str:
    return {1: "every process may be what was executed", 3: "every connection may be a hop's"}.get(
        number, f"the correlation reads {number}"
    )


def _group(comment: str, inner: str) -> str:
    text = comment.replace("--", "- -")
    return f'    <!-- {text} -->\n    <RuleGroup name="" groupRelation="or">\n      {inner}\n    </RuleGroup>\n'


def _filters(text: dict[str, Any], rule: Rule) -> list[Filter]:
    """Filters one of which every event holds that the rule matches; none where that cannot be said."""
    detection = dict(text.get("detection", {}))
    condition = str(detection.pop("condition", ""))
    denied = set(NOT.findall(condition))
    parts = {name: _of_part(part, rule) for name, part in detection.items() if name not in denied}
    must = [parts[name] for name in _terms(condition) if parts.get(name)]
    if must:
        return max(must, key=_weight)
    if " and " in condition or not all(parts.values()):
        return []
    return [line for lines in parts.values() for line in lines]


def _terms(condition: str) -> list[str]:
    """The names that must hold, whatever else: those joined by `and` outside brackets."""
    flat = re.sub(r"\([^()]*\)", "()", condition)
    return [] if " or " in flat or " of " in flat else [term.strip() for term in flat.split(" and ")]


def _of_part(part: Any, rule: Rule) -> list[Filter]:
    """The filters of a selection: those of each of its alternatives, none where one of them cannot be covered."""
    each = [_of_map(one, rule) for one in _maps(part)]
    return [line for lines in each for line in lines] if each and all(each) else []


def _weight(lines: list[Filter]) -> int:
    """How telling filters are: by the shortest of their values."""
    return min(len(line.value) for line in lines)


def _maps(part: Any) -> Iterator[dict[str, Any]]:
    for one in part if isinstance(part, list) else [part]:
        if isinstance(one, dict) and set(one) - {"EventID"}:
            yield one


def _of_map(one: dict[str, Any], rule: Rule) -> list[Filter]:
    """The filters of the most telling field of a selection; all its values are alternatives."""
    choices = [lines for key, value in one.items() if (lines := _of_field(key, value, rule, len(one)))]
    return max(choices, key=_weight, default=[])


def _of_field(key: str, value: Any, rule: Rule, fields: int) -> list[Filter]:
    field, *modifiers = key.split("|")
    if field in ("EventID", "EventType", "Initiated", "Protocol"):
        return []
    kind = next((m for m in modifiers if m not in PLAIN), "")
    if kind == "re":
        return _of_needles(field, rule)
    values = value if isinstance(value, list) else [value]
    if kind not in WORDS or not all(isinstance(v, str) and v and not re.search(r"[*?]", v) for v in values):
        return []
    if "all" in modifiers:
        values = [max(values, key=len)]
    return [Filter(field, WORDS[kind], v) for v in values]


def _of_needles(field: str, rule: Rule) -> list[Filter]:
    """Of a regular expression, words that all its matches hold, where the field alone decides."""
    needles = [needle for c in rule.conditions if c.channel == SYSMON for needle in c.needles]
    words = [max(needle, key=len) for needle in needles if needle]
    return [Filter(field, "contains", word) for word in dict.fromkeys(words)] if len(words) == len(needles) else []
