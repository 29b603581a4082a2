"""Compiles one document that a user brings: a rule, a correlation or a filter."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sigma.conditions import ConditionItem
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule
from sigma.types import SigmaExpansion, SigmaRegularExpression

from hopwatch.model.detection import Correlated, Entry, Match, Problem, State
from hopwatch.model.errors import RuleError
from hopwatch.sigma.columns import Columns
from hopwatch.sigma.compile import extract_of, own_block
from hopwatch.sigma.condition import event_ids, to_sql
from hopwatch.sigma.document import Document
from hopwatch.sigma.expression import chains, parsed
from hopwatch.sigma.hints import hints
from hopwatch.sigma.logsource import Place, Source, is_ours, is_stored_elsewhere, known_names, places, remarks
from hopwatch.sigma.lookaround import leaves
from hopwatch.sigma.mend import mended
from hopwatch.sigma.patterns import policy
from hopwatch.sigma.placeholders import expand
from hopwatch.sigma.values import regex_node

if TYPE_CHECKING:
    import duckdb

PLAIN = ("title", "id", "name", "level", "status", "tags")
QUOTED = re.compile(r"'([^']+)'")
OF_CONDITION = ("not defined in detections", "doesn't match any detection", "Expected ")
AGGREGATION = re.compile(r"\|\s*(count|min|max|avg|sum|near)\b")


@dataclass(frozen=True)
class Setting:
    """What a document is compiled with: Windows columns, values of placeholders, filters, a place to try patterns."""

    known: frozenset[str]
    con: duckdb.DuckDBPyConnection
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filters: tuple[SigmaFilter, ...] = ()


def compile_document(document: Document, file: str, setting: Setting) -> Entry:
    """Compile a document; what is wrong with it stands in the entry, and nothing is raised."""
    title = re.sub(r"\.ya?ml$", "", file.replace("\\", "/").rsplit("/", 1)[-1])
    if not isinstance(document.content, dict):
        return _failed(
            file, document.line, title, Problem("a rule is a mapping", document.line, "title, logsource, detection")
        )
    raw, problems = mended(document, title)
    kind = "correlation" if "correlation" in raw else "filter" if "filter" in raw else "rule"
    try:
        entry = COMPILERS[kind](raw, document, setting)
    except (SigmaError, RuleError) as error:
        problem = _fatal(str(error), raw, document)
        entry = {"state": State.FAILED, "problems": (problem,)}
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        problem = Problem(f"not of the specification's form: {error}", document.line, fatal=True)
        entry = {"state": State.FAILED, "problems": (problem,)}
    entry["problems"] = (*problems, *entry.get("problems", ()))
    return Entry(file=file, line=document.line, kind=kind, **_attributes(raw), **entry)


def _failed(file: str, line: int, title: str, problem: Problem) -> Entry:
    fatal = Problem(problem.text, problem.line, problem.mend, fatal=True)
    return Entry(file, line, "rule", title, state=State.FAILED, problems=(fatal,))


def _attributes(raw: dict[str, Any]) -> dict[str, Any]:
    cases = raw.get("cases")
    return {
        "title": raw["title"],
        **{key: str(raw.get(key) or "").lower() if key != "name" else str(raw.get(key) or "") for key in PLAIN[1:5]},
        "tags": tuple(raw.get("tags") or ()),
        "source": {k: str(v) for k, v in raw["logsource"].items()} if isinstance(raw.get("logsource"), dict) else {},
        "own": raw["hopwatch"] if isinstance(raw.get("hopwatch"), dict) else None,
        "cases": tuple(c for c in cases if isinstance(c, dict)) if isinstance(cases, list) else (),
    }


def _rule(raw: dict[str, Any], document: Document, setting: Setting) -> dict[str, Any]:
    source = Source.of(raw.get("logsource"))
    sigma = SigmaRule.from_dict({k: raw[k] for k in (*PLAIN, "logsource", "detection") if k in raw}, policy=policy())
    for one in setting.filters:
        sigma = one.apply_on_rule(sigma)  # type: ignore[assignment]
    problems = hints(raw, source, document)
    if text := remarks(source):
        problems.append(Problem(text, document.line_of("logsource"), "leave out category"))
    if "hopwatch" in raw:
        _check_own(raw["hopwatch"])
    if missing := expand(sigma, setting.values):
        line = next((n for path, n in document.lines.items() if "|expand" in path[-1]), document.line)
        names = ", ".join(f"%{name}%" for name in missing)
        problems.append(Problem(f"the placeholders {names} have no values", line, "give them with --placeholders FILE"))
        return {"state": State.NEEDS_VALUES, "problems": tuple(problems)}
    nodes = [condition.parsed for condition in sigma.detection.parsed_condition]
    found = places(source)
    if found:
        _try_patterns(nodes, setting.con)
    tried = [(place, *_match(nodes, place, setting.known)) for place in found]
    matches = tuple(match for _, match, _ in tried)
    if tried:
        problems += _absent(found, frozenset.intersection(*(missing for *_, missing in tried)), document)
    state = State.READY if found else _state_elsewhere(source, document, problems)
    return {"state": state, "problems": tuple(problems), "matches": matches}


def _check_own(own: Any) -> None:
    """Raises RuleError for a `hopwatch` block that is not of the form of hopwatch's own rules."""
    for who, spec in (own_block(own).get("extract") or {}).items():
        extract_of(who, spec)


def _state_elsewhere(source: Source, document: Document, problems: list[Problem]) -> State:
    """The state of a rule whose logsource hopwatch does not store."""
    if is_stored_elsewhere(source):
        problems.append(
            Problem(
                f"hopwatch does not store this log ({source}): the rule matches nothing", document.line_of("logsource")
            )
        )
        return State.NOT_STORED
    if not is_ours(source):
        return State.OTHER_LOGS
    name = source.category or source.service or ""
    near = difflib.get_close_matches(name, known_names(source), 1, 0.6)
    mend = f"did you mean {near[0]}?" if near else None
    problems.append(Problem(f"logsource {source} is not known", document.line_of("logsource"), mend, fatal=True))
    return State.FAILED


def _match(nodes: list[Any], place: Place, known: frozenset[str]) -> tuple[Match, frozenset[str]]:
    """What a rule matches at a place, and the fields that the place does not have."""
    columns = Columns(known, place, strict=False, shadows={})
    sql = " OR ".join(to_sql(node, columns) for node in nodes)
    ids = [event_ids(node) for node in nodes]
    asked = () if any(i is None for i in ids) else tuple(sorted(frozenset().union(*(i or () for i in ids))))
    where = (
        "" if place.where == "TRUE" else " AND " + columns.named(f"where {place.where}".replace('"', ""), place.where)
    )
    fields = {key: tuple(names) for key, names in place.fields.items()}
    found = Match(
        place.table, place.channel, place.event_ids or asked, f"({sql}){where}", columns.shadows or {}, fields
    )
    return found, frozenset(columns.missing)


def _absent(found: tuple[Place, ...], missing: frozenset[str], document: Document) -> Iterator[Problem]:
    """Say which fields no table has that the rule reads."""
    logs = {place.channel.removeprefix("zeek_").replace("suricata_", "Suricata's ") for place in found}
    log = f"{logs.pop()} as hopwatch stores it has no" if len(logs) == 1 else "no log that hopwatch stores has a"
    for name in sorted(missing):
        line = next((n for path, n in document.lines.items() if path[-1].split("|")[0] == name), document.line)
        yield Problem(f"{log} field {name}: it is always absent", line)


def _try_patterns(nodes: list[Any], con: duckdb.DuckDBPyConnection) -> None:
    """Raises RuleError for a regular expression that the store's engine (RE2) does not know."""
    for value in (value for node in nodes for value in _values(node)):
        for pattern in leaves(regex_node(value)) if isinstance(value, SigmaRegularExpression) else ():
            try:
                con.execute("SELECT regexp_matches('', ?)", [pattern])
            except Exception as error:
                text = str(error).split("\n")[0].split(": ", 1)[-1]
                raise RuleError(f"the regular expression '{value.regexp}' cannot be used: {text}") from error


def _values(node: Any) -> Iterator[Any]:
    if isinstance(node, ConditionItem):
        for arg in node.args:
            yield from _values(arg)
    elif node is not None:
        value = node.value
        yield from value.values if isinstance(value, SigmaExpansion) else (value,)


def _correlation(raw: dict[str, Any], document: Document, _: Setting) -> dict[str, Any]:
    block = raw["correlation"]
    sigma = SigmaCorrelationRule.from_dict({k: raw[k] for k in (*PLAIN, "correlation") if k in raw})
    condition = sigma.condition.to_dict() if sigma.condition is not None else {}
    rules = [ref.reference for ref in sigma.rules or ()]
    if not rules and isinstance(condition, str):
        rules = sigma.condition.get_referenced_rules()  # type: ignore[union-attr]
    generate = bool(block.get("generate") or raw.get("generate"))
    if sigma.type.name == "TEMPORAL_ORDERED":
        _check_order(condition, rules)
    correlated = Correlated(
        type=sigma.type.name.lower(),
        rules=tuple(rules),
        seconds=sigma.timespan.seconds,
        group_by=tuple(sigma.group_by or ()),
        aliases=sigma.aliases.to_dict(),
        condition=condition,
        generate=generate,
    )
    return {"correlated": correlated}


def _check_order(condition: dict[str, Any] | str, rules: list[str]) -> None:
    """Raises RuleError for a condition that says nothing of an order."""
    if isinstance(condition, str):
        chains(parsed(condition))
    elif not (condition.get("gte") == len(rules) or condition.get("eq") == len(rules)):
        raise RuleError("a temporal_ordered correlation wants all its rules in order: its condition cannot be a number")


def _filter(raw: dict[str, Any], document: Document, _: Setting) -> dict[str, Any]:
    sigma_filter(raw)
    return {}


def sigma_filter(raw: dict[str, Any]) -> SigmaFilter:
    """The filter of a document. Raises SigmaError."""
    return SigmaFilter.from_dict({k: raw[k] for k in (*PLAIN, "logsource", "filter") if k in raw}, policy=policy())


COMPILERS = {"rule": _rule, "correlation": _correlation, "filter": _filter}


def _fatal(text: str, raw: dict[str, Any], document: Document) -> Problem:
    """What keeps a rule from running, with the line that it speaks of and how to mend it."""
    condition = str((raw.get("detection") or {}).get("condition", "")) if isinstance(raw.get("detection"), dict) else ""
    if found := AGGREGATION.search(condition):
        text, mend = _of_old(found[1], "timeframe" in raw["detection"])
        return Problem(text, document.line_of("detection", "condition"), mend, fatal=True)
    return Problem(text, _line_of(text, document), _mend_of(text), fatal=True)


def _of_old(what: str, timed: bool) -> tuple[str, str]:
    """What is wrong with a condition of the older specification, and how to mend it."""
    if what == "near":
        return (
            "`near` is of an older specification",
            "write a rule for each selection, and a correlation of type temporal (docs/rules.md)",
        )
    if what in ("count", "sum", "avg") and not timed:
        text = f"`{what}` is of an older specification, and has no `timeframe`"
        return text, "add one (timeframe: 10m), or write a correlation"
    return f"`{what}` is of an older specification", "write a correlation (docs/rules.md shows one)"


def _line_of(text: str, document: Document) -> int:
    """The line of the first key that the message quotes, or else of the block that it speaks of."""
    for word in QUOTED.findall(text):
        for path, line in document.lines.items():
            if path[-1] == word or word in path[-1].split("|"):
                return line
    spoken = text.lower()
    if any(words in text for words in OF_CONDITION):
        spoken = "condition"
    for block in ("condition", "correlation", "logsource", "log source", "filter", "detection", "level", "status"):
        if block in spoken:
            key = block.replace(" ", "")
            return document.lines.get(("detection", key)) or document.line_of(key)
    return document.line_of("detection")


def _mend_of(text: str) -> str | None:
    for words, mend in MENDS.items():
        if words in text:
            return mend
    return None


MENDS = {
    "must have a log source": "logsource: {product: windows, category: process_creation}",
    "must have a detection": "put the selections and the condition below `detection:`",
    "at least one condition": "condition: selection",
    "not defined in detections": "name a selection that `detection` has",
    "doesn't match any detection": "name selections that `detection` has",
    "cannot be used": "the engine is RE2: no back reference, and lookaround where docs/rules.md says",
    "Unknown modifier": "one of contains, startswith, endswith, all, re, cidr and the others of the specification",
    "three dash occurrences": "split the value into several, each with one dash",
}
