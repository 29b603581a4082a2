"""Turns the parsed condition of a Sigma rule into a SQL expression."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import SigmaCasedString, SigmaExpansion, SigmaNumber, SigmaRegularExpression, SigmaString, SpecialChars

from hopwatch.model.errors import RuleError
from hopwatch.sigma.columns import SEPARATOR, Columns
from hopwatch.sigma.literal import literal
from hopwatch.sigma.values import comparison, either, folded, like_text, of_element, plain_text, regex_node, regex_sql

KEYWORD_TEXT = 'lower(concat_ws(\' \', "Message", "Data", "ScriptBlockText", "CommandLine", "Payload", event_data))'
FEW = 2  # alternatives that need no list


def to_sql(node: Any, columns: Columns) -> str:
    """The SQL of one node of a parsed Sigma condition."""
    if isinstance(node, ConditionOR):
        return _any(node.args, columns)
    if isinstance(node, ConditionAND):
        return "(" + " AND ".join(to_sql(arg, columns) for arg in node.args) + ")"
    if isinstance(node, ConditionNOT):
        return f"(NOT coalesce({to_sql(node.args[0], columns)}, FALSE))"
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return comparison(node.field, node.value, columns)
    if isinstance(node, ConditionValueExpression):
        return keyword_sql(node.value, columns)
    raise RuleError(f"a condition of kind {type(node).__name__} is not supported")


def _any(args: list[Any], columns: Columns) -> str:
    """The SQL of alternatives; with shadows, texts and names of files that one field may have become lists."""
    if columns.shadows is None:
        return "(" + " OR ".join(to_sql(arg, columns) for arg in args) + ")"
    within, others = _of_lists(args, columns)
    lists: dict[tuple[str, str], list[str]] = defaultdict(list)
    rest = []
    for arg in others:
        found = _listed(arg)
        if found is None:
            rest.append(arg)
        else:
            kind, text = found
            lists[kind, arg.field].append(text)
    parts = [sql for (kind, field), texts in lists.items() for sql in _one_of(kind, field, texts, columns)]
    return either([*within, *parts, *(to_sql(arg, columns) for arg in rest)])


def _of_lists(args: list[Any], columns: Columns) -> tuple[list[str], list[Any]]:
    """The SQL of the alternatives on fields that hold several texts, each list gone through once; and the rest."""
    fields: dict[str, list[Any]] = defaultdict(list)
    rest: list[Any] = []
    for arg in args:
        compared = isinstance(arg, ConditionFieldEqualsValueExpression) and of_element(arg.value)
        (fields[arg.field] if compared and columns.listed(arg.field) else rest).append(arg)
    return [columns.within(field, partial(_any, some)) for field, some in fields.items()], rest


def _listed(arg: Any) -> tuple[str, str] | None:
    """The form and the text of an alternative that can stand in a list."""
    if not isinstance(arg, ConditionFieldEqualsValueExpression) or type(arg.value) is not SigmaString:
        return None
    parts = arg.value.s
    if len(parts) != FEW or parts[0] != SpecialChars.WILDCARD_MULTI or not isinstance(parts[1], str):
        return None
    text = parts[1]  # "*\name": the path's last part
    return ("tail", text) if text.startswith("\\") and "\\" not in text[1:] else None


def _one_of(kind: str, field: str, texts: list[str], columns: Columns) -> list[str]:
    names = ", ".join(folded(text) for text in dict.fromkeys(texts))
    return [f"{column} IN ({names})" for column in columns.forms(kind, field)]


def keyword_sql(value: Any, columns: Columns) -> str:
    """The SQL of a value that any field of the event may hold."""
    if isinstance(value, SigmaExpansion):
        return either(keyword_sql(v, columns) for v in value.values)
    if columns.shadows is None:
        return f"contains({KEYWORD_TEXT}, {literal(str(value).lower())})"
    if isinstance(value, SigmaRegularExpression):
        return _some_field(regex_sql("x", regex_node(value)), columns.everything(False))
    if isinstance(value, SigmaNumber):
        value = SigmaString(str(value.number))
    if not isinstance(value, SigmaString):
        raise RuleError(f"a keyword of kind {type(value).__name__} is not supported")
    return _text_keyword(value, columns)


def _text_keyword(value: SigmaString, columns: Columns) -> str:
    cased = isinstance(value, SigmaCasedString)
    whole, fold = columns.everything(not cased), literal if cased else folded
    inner = SigmaString()
    inner.s = _without_outer_stars(list(value.s))
    text = plain_text(inner)
    if text is not None:
        return f"contains({whole}, {fold(text)})"
    wild = {SpecialChars.WILDCARD_MULTI: "%", SpecialChars.WILDCARD_SINGLE: "_"}
    pattern = "".join(wild[part] if part in wild else like_text(str(part)) for part in inner.s)
    return _some_field(f"x LIKE {fold(f'%{pattern}%')} ESCAPE '!'", whole)


def _without_outer_stars(parts: list[Any]) -> list[Any]:
    while parts and parts[0] == SpecialChars.WILDCARD_MULTI:
        parts.pop(0)
    while parts and parts[-1] == SpecialChars.WILDCARD_MULTI:
        parts.pop()
    return parts


def _some_field(test: str, whole: str) -> str:
    return f"(len(list_filter(string_split({whole}, {SEPARATOR}), lambda x: {test})) > 0)"


def event_ids(node: Any) -> frozenset[int] | None:
    """The event ids that a condition can match, or None where it can match any."""
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _ids_of_value(node.value) if node.field.lower() == "eventid" else None
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
        number = value.number
        return frozenset({int(number)} if number == int(number) and number >= 0 else ())
    text = str(value)
    return frozenset({int(text)}) if text.isascii() and text.isdigit() else None
