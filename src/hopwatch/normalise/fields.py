"""Takes the fields of one event out of a record, whatever nests them."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import orjson

Fields = dict[str, str | None]
DEPTH = 8  # levels that a record's fields may nest; what is deeper stays JSON
XML_DATA = re.compile(r'<Data Name="([^"]{1,200})"\s*(?:/>|>([^<]*)</Data>)')


def parse(text: bytes) -> Any:
    """Parse one record; also with halves of surrogate pairs, which Windows' file names may hold.

    Raises ValueError for what is not JSON.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:
        return json.loads(text.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("JSON that nests too deeply") from error


def text_of(value: Any) -> str | None:
    """A field's value as text, a list as lines; null for what is absent."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, dict) and "#text" in value:
        value = value["#text"]
    if isinstance(value, list):
        return "\n".join(text for text in map(_scalar, value) if text is not None)
    return _scalar(value)


def flatten(node: Any, drop: frozenset[str], out: Fields, depth: int = DEPTH) -> None:
    """Add the fields of an EventData, a UserData or a flat record to `out`."""
    if isinstance(node, str):
        node = _inner(node)
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        if name in drop or name == "#attributes":
            continue
        if isinstance(value, dict) and "#text" not in value and depth:
            flatten(value, drop, out, depth - 1)  # UserData nests its fields under the event's own name
        else:
            out[name] = text_of(value)


def _scalar(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and "#text" in value:
        value = value["#text"]
    if isinstance(value, dict | list):
        return None if not value or list(value) == ["#attributes"] else _json(value)
    return None if value is None else str(value)


def _json(value: Any) -> str | None:
    """A nested value as JSON; null where it nests beyond reason."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # lone surrogates, or more than 254 levels
        pass
    try:
        return json.dumps(value)
    except RecursionError:
        return None


def inner_object(value: Any) -> Any:
    """A value that some exports write as JSON inside a string; null for a string that is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return parse(value.encode("utf-8", "surrogatepass"))
    except ValueError:
        return None


def _inner(text: str) -> Any:
    """The fields that some exports keep as XML or JSON inside a string."""
    if text.startswith("{"):
        return inner_object(text)
    if "<Data Name=" not in text:
        return None
    # A flat list of named values needs no XML parser, so no entity is ever resolved.
    return {name: html.unescape(value) for name, value in XML_DATA.findall(text)}
