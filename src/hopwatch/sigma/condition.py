"""Turns the parsed condition of a Sigma rule into a SQL expression over `windows_event`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)

from hopwatch.model.errors import RuleError
from hopwatch.sigma.literal import literal

# Sigma's names for the System part of an event.
SYSTEM_FIELDS = {
    "EventID": "event_id",
    "Channel": "channel",
    "Provider_Name": "provider",
    "Computer": "computer",
    "ComputerName": "computer",
}
KEYWORD_TEXT = 'lower(concat_ws(\' \', "Message", "Data", "ScriptBlockText", "CommandLine", "Payload", event_data))'
OPERATORS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "NEQ": "<>"}
ESCAPE = "!"


class Columns:
    """Where a rule's fields are: Windows columns by name, the rest inside the JSON of `event_data`.

    `only` has all fields of a network log; it has no others.
    """

    def __init__(self, known: frozenset[str], renamed: dict[str, str], only: dict[str, str] | None = None) -> None:
        self.known = known
        self.renamed = renamed
        self.only = only

    def expression(self, field: str) -> str:
        """The SQL that reads one Sigma field of an event, as text."""
        if self.only is not None:
            if field not in self.only:
                raise RuleError(f"the log has no field {field}; it has {', '.join(sorted(self.only))}")
            return f"CAST({self.only[field]} AS VARCHAR)"
        if field in SYSTEM_FIELDS:
            return f"CAST({SYSTEM_FIELDS[field]} AS VARCHAR)"
        name = self.renamed.get(field, field)
        if name in self.known:
            return f'"{name}"'
        return f"json_extract_string(event_data, {literal('$.' + quoted(name))})"


def quoted(name: str) -> str:
    """A JSON path member, safe whatever the field is called."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_sql(node: Any, columns: Columns) -> str:
    """The SQL of one node of a parsed Sigma condition."""
    if isinstance(node, ConditionAND | ConditionOR):
        word = " AND " if isinstance(node, ConditionAND) else " OR "
        return "(" + word.join(to_sql(arg, columns) for arg in node.args) + ")"
    if isinstance(node, ConditionNOT):
        return f"(NOT coalesce({to_sql(node.args[0], columns)}, FALSE))"
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return value_sql(node.value, columns.expression(node.field), node.field, columns)
    if isinstance(node, ConditionValueExpression):
        return keyword_sql(node.value)
    raise RuleError(f"a condition of kind {type(node).__name__} is not supported")


def value_sql(value: Any, column: str, field: str, columns: Columns) -> str:
    """The SQL of one field compared with one Sigma value."""
    if isinstance(value, SigmaExpansion):
        return "(" + " OR ".join(value_sql(v, column, field, columns) for v in value.values) + ")"
    for kind, build in BUILDERS:
        if isinstance(value, kind):
            return build(value, column, columns)
    raise RuleError(f"a value of kind {type(value).__name__} (field {field}) is not supported")


def _string(value: SigmaString, column: str, _: Columns) -> str:
    return string_sql(value, f"lower({column})", str.lower)


def _cased(value: SigmaString, column: str, _: Columns) -> str:
    return string_sql(value, column, str)


def _number(value: SigmaNumber, column: str, _: Columns) -> str:
    return f"{column} = {literal(str(value.number))}"


def _regex(value: SigmaRegularExpression, column: str, _: Columns) -> str:
    flags = "".join(
        letter
        for flag, letter in (
            (SigmaRegularExpressionFlag.IGNORECASE, "i"),
            (SigmaRegularExpressionFlag.MULTILINE, "m"),
            (SigmaRegularExpressionFlag.DOTALL, "s"),
        )
        if flag in value.flags
    )
    options = f", {literal(flags)}" if flags else ""
    return f"regexp_matches({column}, {literal(str(value.regexp))}{options})"


def _null(_: SigmaNull, column: str, __: Columns) -> str:
    return f"({column} IS NULL)"


def _exists(value: SigmaExists, column: str, _: Columns) -> str:
    return f"({column} IS {'NOT ' if value.exists else ''}NULL)"


def _bool(value: SigmaBool, column: str, _: Columns) -> str:
    return f"lower({column}) = {literal(str(value.boolean).lower())}"


def _compare(value: SigmaCompareExpression, column: str, _: Columns) -> str:
    return f"TRY_CAST({column} AS DOUBLE) {OPERATORS[value.op.name]} {value.number.number}"


def _reference(value: SigmaFieldReference, column: str, columns: Columns) -> str:
    return f"lower({column}) = lower({columns.expression(value.field)})"


def _cidr(value: SigmaCIDRExpression, column: str, _: Columns) -> str:
    network = value.network
    if network.version != 4:
        raise RuleError(f"an IPv6 network ({network}) is not supported yet")
    low, high = int(network.network_address), int(network.broadcast_address)
    parts = [f"TRY_CAST(split_part({column}, '.', {i}) AS BIGINT)" for i in range(1, 5)]
    number = f"({parts[0]} * 16777216 + {parts[1]} * 65536 + {parts[2]} * 256 + {parts[3]})"
    return f"({number} BETWEEN {low} AND {high})"


BUILDERS: tuple[tuple[type, Callable[[Any, str, Columns], str]], ...] = (
    (SigmaCasedString, _cased),
    (SigmaString, _string),
    (SigmaNumber, _number),
    (SigmaRegularExpression, _regex),
    (SigmaNull, _null),
    (SigmaExists, _exists),
    (SigmaBool, _bool),
    (SigmaCompareExpression, _compare),
    (SigmaFieldReference, _reference),
    (SigmaCIDRExpression, _cidr),
)


def keyword_sql(value: Any) -> str:
    """The SQL of a keyword, looked for anywhere in the event's text."""
    if not isinstance(value, SigmaString | SigmaNumber):
        raise RuleError(f"a keyword of kind {type(value).__name__} is not supported")
    return f"contains({KEYWORD_TEXT}, {literal(str(value).lower())})"


def string_sql(value: SigmaString, column: str, fold: Callable[[str], str]) -> str:
    """The SQL of a string with wildcards, as equality, prefix, suffix or substring where that is enough."""
    parts = list(value.s)
    inner = [part for part in parts if isinstance(part, str)]
    stars = [part == SpecialChars.WILDCARD_MULTI for part in parts]
    if not inner:
        return f"{column} = ''" if not parts else f"({column} IS NOT NULL)"
    if len(inner) == 1 and all(isinstance(p, str) or s for p, s in zip(parts, stars, strict=True)):
        text = literal(fold(inner[0]))
        match (stars[0], stars[-1]):
            case (False, False):
                return f"{column} = {text}"
            case (True, True):
                return f"contains({column}, {text})"
            case (False, True):
                return f"starts_with({column}, {text})"
            case _:
                return f"ends_with({column}, {text})"
    return f"{column} LIKE {literal(_like(parts, fold))} ESCAPE '{ESCAPE}'"


def _like(parts: list[Any], fold: Callable[[str], str]) -> str:
    """A LIKE pattern in which only Sigma's own wildcards are wild."""
    out = []
    for part in parts:
        if part == SpecialChars.WILDCARD_MULTI:
            out.append("%")
        elif part == SpecialChars.WILDCARD_SINGLE:
            out.append("_")
        else:
            text = fold(str(part))
            for char in (ESCAPE, "%", "_"):
                text = text.replace(char, ESCAPE + char)
            out.append(text)
    return "".join(out)


def event_ids(node: Any) -> frozenset[int] | None:
    """The event ids that a condition can match, or None where it can match any."""
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _ids_of_value(node.value) if node.field == "EventID" else None
    if isinstance(node, ConditionAND):
        known = [ids for ids in map(event_ids, node.args) if ids is not None]
        return frozenset.intersection(*known) if known else None
    if isinstance(node, ConditionOR):
        every = [event_ids(arg) for arg in node.args]
        return None if any(ids is None for ids in every) else frozenset().union(*(ids or () for ids in every))
    return None


def _ids_of_value(value: Any) -> frozenset[int] | None:
    if isinstance(value, SigmaExpansion):
        every = [_ids_of_value(v) for v in value.values]
        return None if any(ids is None for ids in every) else frozenset().union(*(ids or () for ids in every))
    if isinstance(value, SigmaNumber):
        return frozenset({int(value.number)})
    text = str(value)
    return frozenset({int(text)}) if text.isdigit() else None
