"""Takes the fields of one event out of a record, whatever nests them."""

from __future__ import annotations

import html
import re
from typing import Any

import orjson

Fields = dict[str, str | None]
XML_DATA = re.compile(r'<Data Name="([^"]{1,200})"\s*(?:/>|>(.*?)</Data>)', re.DOTALL)


def text_of(value: Any) -> str | None:
    """A field's value as text; null for what is absent."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return text_of(value["#text"]) if "#text" in value else None if _empty(value) else orjson.dumps(value).decode()
    if isinstance(value, list):
        return "\n".join(text for text in map(text_of, value) if text is not None)
    return str(value)


def flatten(node: Any, drop: frozenset[str], out: Fields) -> None:
    """Add the fields of an EventData, a UserData or a flat record to `out`."""
    if isinstance(node, str):
        node = _inner(node)
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        if name in drop or name == "#attributes":
            continue
        if isinstance(value, dict) and "#text" not in value:
            flatten(value, drop, out)  # UserData nests its fields under the event's own name
        else:
            out[name] = text_of(value)


def _empty(value: dict[str, Any]) -> bool:
    return not value or set(value) == {"#attributes"}


def _inner(text: str) -> Any:
    """The fields that some exports keep as XML or JSON inside a string."""
    if text.startswith("{"):
        try:
            return orjson.loads(text)
        except ValueError:
            return None
    if "<Data Name=" not in text:
        return None
    # A flat list of named values needs no XML parser, so no entity is ever resolved.
    return {name: html.unescape(value) for name, value in XML_DATA.findall(text)}
