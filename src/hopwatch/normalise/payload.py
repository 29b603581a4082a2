"""Reads the payload column of EvtxECmd: the event's XML, turned into JSON."""

from __future__ import annotations

from typing import Any

from hopwatch.normalise.fields import Fields, parse, text_of

DEPTH = 8


def from_payload(value: Any, fields: Fields, channel: str, event_id: int) -> bool:
    """Add the fields of `EventData` (`Data` with `@Name` and `#text`) or `UserData`."""
    if isinstance(value, str):
        try:
            value = parse(value.encode("utf-8", "surrogatepass"))
        except ValueError:
            return False
    if not isinstance(value, dict):
        return False
    _read(value, fields, DEPTH)
    return True


def _read(node: dict[str, Any], fields: Fields, depth: int) -> None:
    for name, value in node.items():
        if name == "Data":
            _data(value if isinstance(value, list) else [value], fields)
        elif isinstance(value, dict) and "#text" not in value and depth:
            _read(value, fields, depth - 1)
        elif not name.startswith(("@", "#")) and name != "Binary":
            fields[name] = text_of(value)


def _data(items: list[Any], fields: Fields) -> None:
    """Named values under their names; the others as lines of `Data`."""
    loose = []
    for item in items:
        name = item.get("@Name") if isinstance(item, dict) else None
        if isinstance(name, str):
            fields[name] = text_of(item.get("#text"))
        elif (text := text_of(item)) is not None:
            loose.append(text)
    if loose:
        fields["Data"] = "\n".join(loose)
