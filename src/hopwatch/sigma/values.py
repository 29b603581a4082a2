"""Turns one comparison of a field with a Sigma value into SQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

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
    SigmaTimestampPart,
    SpecialChars,
)

from hopwatch.model.errors import RuleError
from hopwatch.sigma.columns import ADDRESSES, WORDED, Columns
from hopwatch.sigma.literal import literal
from hopwatch.sigma.lookaround import Node, without_lookaround

OPERATORS = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "NEQ": "<>"}
FLAGS = (
    (SigmaRegularExpressionFlag.IGNORECASE, "i"),
    (SigmaRegularExpressionFlag.MULTILINE, "m"),
    (SigmaRegularExpressionFlag.DOTALL, "s"),
)
UP_TO = re.compile(r"((?<!\\)(?:\\\\)*)\{(?=,\d+\})")
ESCAPE = "!"
LENGTH = re.compile(r"\^\(\?s:\.\{(\d+),(\d+)\}\)\$")  # a text of so many characters
LARGEST = 2**64


def comparison(field: str, value: Any, columns: Columns) -> str:
    """The SQL of one field compared with one Sigma value; of a field that is a list, of any of its elements."""
    if isinstance(value, SigmaExpansion):
        return either(comparison(field, v, columns) for v in value.values)
    if of_element(value) and columns.listed(field):
        return columns.within(field, lambda view: comparison(field, value, view))
    for kind, build in BUILDERS:
        if isinstance(value, kind):
            return build(field, value, columns)
    raise RuleError(f"a value of kind {type(value).__name__} (field {field}) is not supported")


def of_element(value: Any) -> bool:
    """Whether a value is compared with one element of a list: absence and presence are the whole list's."""
    return not isinstance(value, SigmaNull | SigmaExists)


def either(parts: Any) -> str:
    """The SQL of any of several conditions."""
    every = list(dict.fromkeys(parts))
    return every[0] if len(every) == 1 else "(" + " OR ".join(every) + ")"


def folded(text: str) -> str:
    """A literal in lower case, as SQL folds it."""
    return literal(text.lower()) if text.isascii() else f"lower({literal(text)})"


def plain_text(value: SigmaString) -> str | None:
    """The text of a value without wildcards; None of one with."""
    if not value.s:
        return ""
    return value.s[0] if len(value.s) == 1 and isinstance(value.s[0], str) else None


def _string(field: str, value: SigmaString, columns: Columns) -> str:
    found = [string_sql(value, lower, folded) for lower in columns.forms("lower", field)]
    text = plain_text(value)
    if field.lower() in ADDRESSES and (text == "" or [part for part in value.s if isinstance(part, str)] == ["-"]):
        found += [f"({sql} IS NULL)" for sql in columns.forms("text", field)]
    elif text is not None:
        found += _spellings(field, text, columns)
    return either(found)


def _spellings(field: str, text: str, columns: Columns) -> list[str]:
    """The other ways in which an event may write the same: a number, a code beside its meaning, a share."""
    key = field.lower()
    if key in WORDED:
        return [f"contains({sql}, {folded(f' {text} ')})" for sql in columns.forms("words", field)]
    if key == "sharename" and "\\" not in text and not columns.is_network:
        return [f"{columns.named('share', 'share')} = {literal(text.upper())}"]
    return _as_number(field, text, columns)


def _as_number(field: str, text: str, columns: Columns) -> list[str]:
    number = whole(text)
    if number is None or columns.shadows is None or columns.is_network:
        return []
    return [f"{sql} = {number}" for sql in columns.forms("number", field)]


def whole(text: str) -> int | None:
    """The whole number that a text writes in decimal or hexadecimal figures."""
    if not text.isascii():
        return None
    try:
        number = int(text, 16) if text[:2].lower() == "0x" else int(text) if text.isdecimal() else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < LARGEST else None


def _cased(field: str, value: SigmaString, columns: Columns) -> str:
    return either(string_sql(value, text, literal) for text in columns.forms("text", field))


def _number(field: str, value: SigmaNumber, columns: Columns) -> str:
    text = str(value.number)
    found = [f"{sql} = {literal(text.lower())}" for sql in columns.forms("lower", field)]
    if isinstance(value.number, float) and columns.shadows is not None:
        return either([*found, *(f"{sql} = {value.number!r}" for sql in columns.forms("amount", field))])
    return either([*found, *_as_number(field, text, columns)])


def regex_node(value: SigmaRegularExpression) -> Node:
    """The patterns of a value, with their flags. `{,n}` is text to RE2, and means `{0,n}` where rules write it."""
    flags = "".join(letter for flag, letter in FLAGS if flag in value.flags)
    return without_lookaround(UP_TO.sub(r"\1{0", str(value.regexp)), flags)


def regex_sql(text: str, node: Node) -> str:
    """Whether a text holds what patterns look for."""
    if isinstance(node, str):
        return f"regexp_matches({text}, {literal(node)})"
    word, parts = node
    every = [regex_sql(text, part) for part in parts]
    return f"(NOT {every[0]})" if word == "not" else "(" + f" {word.upper()} ".join(every) + ")"


def _regex(field: str, value: SigmaRegularExpression, columns: Columns) -> str:
    if between := LENGTH.fullmatch(str(value.regexp)):  # RE2 writes such a bound out, and is slow with it
        return either(f"length({text}) BETWEEN {between[1]} AND {between[2]}" for text in columns.forms("text", field))
    node = regex_node(value)
    return either(regex_sql(text, node) for text in columns.forms("text", field))


def _null(field: str, _: SigmaNull, columns: Columns) -> str:
    if found := columns.listed(field):
        return f"(coalesce(len({found}), 0) = 0)"
    return "(" + " AND ".join(f"{text} IS NULL" for text in columns.forms("text", field)) + ")"


def _exists(field: str, value: SigmaExists, columns: Columns) -> str:
    absent = _null(field, SigmaNull(), columns)
    return f"(NOT {absent})" if value.exists else absent


def _bool(field: str, value: SigmaBool, columns: Columns) -> str:
    text = literal(str(value.boolean).lower())
    return either(f"{sql} = {text}" for sql in columns.forms("lower", field))


def _compare(field: str, value: SigmaCompareExpression, columns: Columns) -> str:
    operator, number = OPERATORS[value.op.name], value.number.number
    if columns.shadows is None:
        return either(f"TRY_CAST({text} AS DOUBLE) {operator} {number}" for text in columns.texts(field))
    return either(f"{amount} {operator} {number}" for amount in columns.forms("amount", field))


def _reference(field: str, value: SigmaFieldReference, columns: Columns) -> str:
    if columns.listed(value.field):
        return columns.within(value.field, lambda view: _reference(field, value, view))
    sides = [(a, b) for a in columns.forms("lower", field) for b in columns.forms("lower", value.field)]
    function = {(True, True): "contains", (True, False): "starts_with", (False, True): "ends_with"}
    called = function.get((bool(value.starts_with), bool(value.ends_with)))
    return either(f"{called}({a}, {b})" if called else f"{a} = {b}" for a, b in sides)


def _cidr(field: str, value: SigmaCIDRExpression, columns: Columns) -> str:
    network = value.network
    if network.version == 6:
        return either(_ipv6(groups, network) for groups in columns.forms("ipv6", field))
    low, high = int(network.network_address), int(network.broadcast_address)
    return either(f"({number} BETWEEN {low} AND {high})" for number in columns.forms("ipv4", field))


def _ipv6(groups: str, network: Any) -> str:
    """Whether the groups of an address lie in a network: those that its prefix touches."""
    low, high = (int(end).to_bytes(16) for end in (network.network_address, network.broadcast_address))
    ends = [(int.from_bytes(low[i : i + 2]), int.from_bytes(high[i : i + 2])) for i in range(0, 16, 2)]
    tests = [f"{groups}[{i}] BETWEEN {a} AND {b}" for i, (a, b) in enumerate(ends, 1) if (a, b) != (0, 0xFFFF)]
    return "(" + " AND ".join([f"len({groups}) = 8", *tests]) + ")"


def _timestamp(field: str, value: SigmaTimestampPart, columns: Columns) -> str:
    part = value.timestamp_part.name.lower()
    return either(f"date_part('{part}', {time}) = {int(value.number)}" for time in columns.forms("moment", field))


BUILDERS: tuple[tuple[type, Callable[[str, Any, Columns], str]], ...] = (
    (SigmaCasedString, _cased),
    (SigmaString, _string),
    (SigmaTimestampPart, _timestamp),
    (SigmaNumber, _number),
    (SigmaRegularExpression, _regex),
    (SigmaNull, _null),
    (SigmaExists, _exists),
    (SigmaBool, _bool),
    (SigmaCompareExpression, _compare),
    (SigmaFieldReference, _reference),
    (SigmaCIDRExpression, _cidr),
)


def string_sql(value: SigmaString, column: str, fold: Callable[[str], str]) -> str:
    """The SQL of a string with wildcards, as equality, prefix, suffix or substring where that is enough."""
    parts = list(value.s)
    inner = [part for part in parts if isinstance(part, str)]
    stars = [part == SpecialChars.WILDCARD_MULTI for part in parts]
    if not parts:
        return f"{column} = ''"
    if not inner and all(stars):
        return f"({column} IS NOT NULL)"
    if len(inner) == 1 and all(isinstance(p, str) or s for p, s in zip(parts, stars, strict=True)):
        return _affix(column, fold(inner[0]), stars[0], stars[-1])
    return f"{column} LIKE {_pattern(parts, fold)} ESCAPE '{ESCAPE}'"


def _affix(column: str, text: str, before: bool, after: bool) -> str:
    if before and after:
        return f"contains({column}, {text})"
    if before:
        return f"ends_with({column}, {text})"
    return f"starts_with({column}, {text})" if after else f"{column} = {text}"


def _pattern(parts: list[Any], fold: Callable[[str], str]) -> str:
    """A LIKE pattern in which only Sigma's own wildcards are wild."""
    wild = {SpecialChars.WILDCARD_MULTI: "%", SpecialChars.WILDCARD_SINGLE: "_"}
    return fold("".join(wild[part] if part in wild else like_text(str(part)) for part in parts))


def like_text(text: str) -> str:
    """Text for a LIKE pattern, in which it stands for itself."""
    for char in (ESCAPE, "%", "_"):
        text = text.replace(char, ESCAPE + char)
    return text
