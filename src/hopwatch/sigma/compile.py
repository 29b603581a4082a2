"""Compiles one signal rule (a Sigma rule with hopwatch's two extra blocks) to SQL conditions."""

from __future__ import annotations

import re
from typing import Any

import yaml
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from hopwatch.model.errors import RuleError
from hopwatch.model.hop import TECHNIQUES
from hopwatch.model.rule import LEGS, Condition, Extract, Policy, Rule
from hopwatch.sigma.columns import Columns
from hopwatch.sigma.condition import event_ids, to_sql
from hopwatch.sigma.literal import literal
from hopwatch.sigma.logsource import Place, Source, places
from hopwatch.sigma.needles import WRITTEN, needles

OWN_KEYS = {"leg", "technique", "points", "policy", "remote_origin", "needs", "text", "extract"}
EXTRACTS = ("target", "source", "account")
PLACEHOLDER = re.compile(r"\{([\w.]+)\}")
SHOWN = 160  # characters of a field that a sentence quotes


def parse(name: str, text: str, known: frozenset[str], file: str) -> tuple[Rule, list[dict[str, Any]]]:
    """Compile the rule in `text`; give it and its cases.

    `known` are the Windows columns of the store. Raises RuleError, with the file, for anything that is wrong.
    """
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise RuleError(f"not YAML: {getattr(error, 'problem', error)}", file=file, line=line) from error
    if not isinstance(raw, dict):
        raise RuleError("a rule is a mapping with title, logsource and detection", file=file)
    try:
        return _rule(name, raw, known), list(raw.get("cases") or [])
    except RuleError as error:
        raise RuleError(str(error), file=file) from error
    except SigmaError as error:
        raise RuleError(f"not a valid Sigma rule: {error}", file=file) from error


def _rule(name: str, raw: dict[str, Any], known: frozenset[str]) -> Rule:
    sigma = SigmaRule.from_dict({k: v for k, v in raw.items() if k not in ("hopwatch", "cases")})
    own = own_block(raw.get("hopwatch"))
    extract = {who: extract_of(who, spec) for who, spec in (own.get("extract") or {}).items()}
    sources = [place for place in places(Source.of(raw.get("logsource"))) if not place.extra]
    if not sources:
        raise RuleError(f"logsource {raw.get('logsource')} is not known")
    return Rule(
        name=name,
        id=str(raw.get("id", "")),
        title=str(raw["title"]),
        status=str(raw.get("status", "test")),
        level=str(raw.get("level", "medium")),
        leg=own["leg"],
        technique=own.get("technique"),
        points=int(own["points"]),
        policy=Policy(own.get("policy", Policy.WEAK)),
        remote_origin=bool(own.get("remote_origin", False)),
        needs_session=own.get("needs") == "session",
        attack=_attack(raw.get("tags") or []),
        text=str(own.get("text") or raw["title"]),
        extract=extract,
        conditions=tuple(c for place in sources for c in _conditions(sigma, place, own, extract, known)),
    )


def own_block(own: Any) -> dict[str, Any]:
    """Check the `hopwatch` block of a rule. Raises RuleError."""
    if not isinstance(own, dict):
        raise RuleError("the block `hopwatch` is missing: it says leg, technique and points")
    if unknown := sorted(set(own) - OWN_KEYS):
        raise RuleError(f"hopwatch: unknown key {unknown[0]!r}; known are {', '.join(sorted(OWN_KEYS))}")
    checks = (
        (own.get("leg") in LEGS, f"leg {own.get('leg')!r}: one of {', '.join(LEGS)}"),
        (own.get("technique") in (None, *TECHNIQUES), f"technique {own.get('technique')!r} is not one of hopwatch's"),
        (isinstance(own.get("points"), int), f"points {own.get('points')!r}: a whole number"),
        (own.get("policy", "weak") in list(Policy), f"policy {own.get('policy')!r}: one of {', '.join(Policy)}"),
        (own.get("needs") in (None, "session"), f"needs {own.get('needs')!r}: only `session`"),
    )
    for good, message in checks:
        if not good:
            raise RuleError(f"hopwatch: {message}")
    return own


def extract_of(who: str, spec: Any) -> Extract:
    """Read where the text of an event names somebody. Raises RuleError."""
    if who not in EXTRACTS or not isinstance(spec, dict) or "field" not in spec:
        raise RuleError(f"extract {who!r}: one of {', '.join(EXTRACTS)}, each with `field` and perhaps `re`")
    pattern = spec.get("re")
    if pattern is None:
        return Extract(str(spec["field"]))
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise RuleError(f"extract {who}: {error}") from error
    if who not in groups:
        raise RuleError(f"extract {who}: the pattern has no group (?P<{who}>…)")
    return Extract(str(spec["field"]), re.sub(r"\(\?P<\w+>", "(", pattern), groups[who])


def _attack(tags: list[str]) -> tuple[str, ...]:
    return tuple(sorted({t.split(".", 1)[1].upper() for t in tags if re.fullmatch(r"attack\.t\d{4}(\.\d{3})?", t)}))


def _conditions(
    sigma: SigmaRule, place: Place, own: dict[str, Any], extract: dict[str, Extract], known: frozenset[str]
) -> list[Condition]:
    """The rule's condition at one place, with the SQL of its sentence and of the names that it reads."""
    columns = Columns(known, place, strict=True, shadows=None)
    node = sigma.detection.parsed_condition[0].parsed
    ids = place.event_ids or tuple(sorted(event_ids(node) or ()))
    parts = {
        "hit": f"coalesce({to_sql(node, columns)}, FALSE) AND ({place.where})",
        "text": sentence(own.get("text") or sigma.title, columns),
    }
    parts |= {who: extract_sql(extract[who], columns) if who in extract else "NULL" for who in EXTRACTS}
    row = ", ".join(f"{literal(k)}: {v}" for k, v in parts.items() if k != "hit")
    sql = f"CASE WHEN {parts['hit']} THEN {{'rule': @RULE@, {row}}} END"
    derived = [name for name, texts in place.fields.items() if any(_is_made(text) for text in texts)]
    words = () if columns.is_network else tuple(sorted(tuple(sorted(each)) for each in needles(node, derived)))
    return [Condition(place.channel, ids, sql, place.table, words)]


def _is_made(column: str) -> bool:
    """Whether a field's value need not stand in the record as a rule asks for it."""
    return column.startswith("sql:") or column.lower() in WRITTEN


def extract_sql(extract: Extract, columns: Columns) -> str:
    """The SQL of the name that an event's text holds."""
    column = columns.expression(extract.field)
    if extract.pattern is None:
        return f"nullif({column}, '-')"
    return f"nullif(regexp_extract({column}, {literal(extract.pattern)}, {extract.group}, 'i'), '')"


def sentence(text: str, columns: Columns) -> str:
    """The SQL that fills in a rule's sentence, every field cut to a length that a line can bear."""
    parts: list[str] = []
    at = 0
    for hole in PLACEHOLDER.finditer(text):
        parts += [literal(text[at : hole.start()]), _quoted(hole[1], columns)]
        at = hole.end()
    return "concat(" + ", ".join([*parts, literal(text[at:])]) + ")"


def _quoted(field: str, columns: Columns) -> str:
    """One field of a sentence; a logon that names no address says so."""
    unknown = "an unnamed address" if field == "IpAddress" else "?"
    return f"left(coalesce({columns.expression(field)}, {literal(unknown)}), {SHOWN})"
