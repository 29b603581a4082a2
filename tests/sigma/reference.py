"""Evaluates a Sigma rule on one event slowly and obviously, without pySigma and SQL: what the compiler is held to."""

from __future__ import annotations

import base64
import ipaddress
import itertools
import math
import re
from collections.abc import Iterator
from typing import Any

Texts = str | list[str] | None  # of a field: a list where the log has one
Event = dict[str, str | list[str]]
DASHES = "-/\u2013\u2014\u2015"
FLAGS = {"i": re.I, "ignorecase": re.I, "m": re.M, "multiline": re.M, "s": re.S, "dotall": re.S}


def matches(detection: dict[str, Any], event: Event) -> bool:
    """Whether an event matches the detection of a rule."""
    tokens = re.findall(r"[()]|[^\s()]+", detection["condition"])
    value, rest = either(tokens, detection, event)
    assert rest == []
    return value


def either(tokens: list[str], detection: dict[str, Any], event: Event) -> tuple[bool, list[str]]:
    value, tokens = both(tokens, detection, event)
    while tokens and tokens[0] == "or":
        other, tokens = both(tokens[1:], detection, event)
        value = value or other
    return value, tokens


def both(tokens: list[str], detection: dict[str, Any], event: Event) -> tuple[bool, list[str]]:
    value, tokens = single(tokens, detection, event)
    while tokens and tokens[0] == "and":
        other, tokens = single(tokens[1:], detection, event)
        value = value and other
    return value, tokens


def single(tokens: list[str], detection: dict[str, Any], event: Event) -> tuple[bool, list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "not":
        value, rest = single(rest, detection, event)
        return not value, rest
    if first == "(":
        value, rest = either(rest, detection, event)
        return value, rest[1:]
    if first in ("1", "all") and rest[0] == "of":
        pattern = ".*" if rest[1] == "them" else rest[1].replace("*", ".*")
        names = [n for n in detection if n != "condition" and re.fullmatch(pattern, n)]
        values = [selected(detection[name], event) for name in names]
        return (any(values) if first == "1" else all(values)), rest[2:]
    return selected(detection[first], event), rest


def selected(selection: Any, event: Event) -> bool:
    """Whether an event is what a selection selects: a list is any of its parts, a mapping all of its fields."""
    if isinstance(selection, list):
        return any(selected(part, event) for part in selection)
    if isinstance(selection, dict):
        return all(compared(key, value, event) for key, value in selection.items())
    return keyword(selection, [], event)


def compared(key: str, value: Any, event: Event) -> bool:
    field, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    every = all if "all" in modifiers else any
    if not values:
        values, every = [None], all
    if field:
        result = every(holds(event_text(event, field), v, modifiers, event) for v in values)
    else:
        result = every(keyword(v, modifiers, event) for v in values)
    return not result if "neq" in modifiers else result


def holds(texts: Texts, value: Any, modifiers: list[str], event: Event) -> bool:
    """Whether a field is what a value asks for: of a list any element may be, and an empty one is absent."""
    if not isinstance(texts, list):
        return equal(texts, value, modifiers, event)
    if value is None or "exists" in modifiers:
        return equal(texts[0] if texts else None, value, modifiers, event)
    return any(equal(text, value, modifiers, event) for text in texts)


def event_text(event: Event, field: str) -> Texts:
    return next((text for name, text in event.items() if name.lower() == field.lower()), None)


def keyword(value: Any, modifiers: list[str], event: Event) -> bool:
    wanted = modifiers if "re" in modifiers else [*modifiers, "contains"]
    return any(holds(text, str(value), wanted, event) for text in event.values())


def equal(  # noqa: C901, PLR0911 - one form of comparison after the other, plain to see
    text: str | None, value: Any, modifiers: list[str], event: Event
) -> bool:
    """Whether the text of a field is what a value with its modifiers asks for."""
    if "exists" in modifiers:
        return (text is not None) == value
    if value is None:
        return text is None
    if text is None:
        return False
    for operator, holds in (("lt", float.__lt__), ("lte", float.__le__), ("gt", float.__gt__), ("gte", float.__ge__)):
        if operator in modifiers:
            number = amount(text)
            return number is not None and holds(number, float(value))
    if "cidr" in modifiers:
        return in_network(text, value)
    if "fieldref" in modifiers:
        others = event_text(event, value)
        return any(refers(text, one, modifiers) for one in (others if isinstance(others, list) else [others]))
    if "re" in modifiers:
        flags = sum(FLAGS[m] for m in modifiers if m in FLAGS)
        return re.search(value, text, flags) is not None
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, int):
        return text == str(value) or whole(text) == value
    return any(string_equal(text, pattern, modifiers) for pattern in encoded(parsed(value), modifiers))


def string_equal(text: str, pattern: list[str | int], modifiers: list[str]) -> bool:
    """Whether a text is a pattern of texts and wildcards (1: one character, 2: any number of them)."""
    if "contains" in modifiers or "endswith" in modifiers:
        pattern = [2, *pattern]
    if "contains" in modifiers or "startswith" in modifiers:
        pattern = [*pattern, 2]
    wild = {1: ".", 2: ".*"}
    regex = "".join(wild[part] if isinstance(part, int) else re.escape(part) for part in pattern)
    if re.fullmatch(regex, text, re.S if "cased" in modifiers else re.S | re.I) is not None:
        return True
    literal = "".join(part for part in pattern if isinstance(part, str))
    plain = all(isinstance(part, str) for part in pattern) and "cased" not in modifiers
    return plain and whole(literal) is not None and whole(literal) == whole(text) and literal == literal.strip()


def parsed(value: str) -> list[str | int]:
    """A value as texts and wildcards: a backslash takes the meaning from a wildcard or from another backslash."""
    parts: list[str | int] = []
    text, i = "", 0
    while i < len(value):
        char, after = value[i], value[i + 1 : i + 2]
        if char == "\\" and after and after in "*?\\":
            text += after
            i += 1
        elif char in "*?":
            parts += [text] if text else []
            parts.append(2 if char == "*" else 1)
            text = ""
        else:
            text += char
        i += 1
    return [*parts, text] if text else parts


def encoded(pattern: list[str | int], modifiers: list[str]) -> Iterator[list[str | int]]:
    """The patterns that a value stands for once it is encoded."""
    if "windash" in modifiers:
        yield from dashed(pattern)
        return
    text = "".join(part for part in pattern if isinstance(part, str))
    if "base64" not in modifiers and "base64offset" not in modifiers:
        yield pattern
        return
    data = text.encode("utf-16-le") if "wide" in modifiers else text.encode()
    if "base64" in modifiers:
        yield [base64.b64encode(data).decode()]
        return
    for offset in range(3):
        whole_text = base64.b64encode(b"x" * offset + data).decode()
        start = (offset * 8 + 5) // 6  # of the characters that hold the data's bits alone
        end = (offset + len(data)) * 8 // 6
        yield [whole_text[start:end]]


def dashed(pattern: list[str | int]) -> Iterator[list[str | int]]:
    choices: list[list[str | int]] = []
    for part in pattern:
        if isinstance(part, int):
            choices.append([part])
            continue
        for piece in re.split(r"(\B[-/]\b)", part):
            choices.append(
                list(DASHES) if piece and re.fullmatch(r"[-/]", piece) and re.search(r"\B[-/]\b", part) else [piece]
            )
    yield from (list(way) for way in itertools.product(*choices))


def refers(text: str, other: str | None, modifiers: list[str]) -> bool:
    if other is None:
        return False
    a, b = text.lower(), other.lower()
    if "contains" in modifiers:
        return b in a
    return a.startswith(b) if "startswith" in modifiers else a.endswith(b) if "endswith" in modifiers else a == b


def in_network(text: str, network: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address in ipaddress.ip_network(network)


def whole(text: str) -> int | None:
    if re.fullmatch(r" *[0-9]{1,20} *", text, re.A):
        number = int(text)
    elif re.fullmatch(r" *0[xX][0-9a-fA-F]{1,16} *", text, re.A):
        number = int(text.strip(), 16)
    else:
        return None
    return number if number < 2**64 else None


def amount(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    return None if whole(text) is None else float(whole(text) or 0)
