"""Writes events as XML in the ways in which Windows and collectors do, from records in the shape of the EVTX parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


@dataclass(frozen=True)
class Style:
    """How a tool writes: its quotes, a prefix of all names, what is between elements, and what follows the fields."""

    quote: str = "'"
    prefix: str = ""
    space: str = ""
    after: str = ""
    declared: bool = True


def event_xml(record: Mapping[str, Any], style: Style | None = None) -> str:
    """Give one event as XML."""
    style = style or Style()
    parts = [_element(name, node, style) for name, node in record["Event"].items() if name != "#attributes"]
    name = f"xmlns:{style.prefix.rstrip(':')}" if style.prefix else "xmlns"
    space = _attribute(name, NAMESPACE, style.quote) if style.declared else ""
    inner = style.space + "".join(parts) + style.after
    return f"<{style.prefix}Event{space}>{inner}</{style.prefix}Event>"


def rendering(message: str) -> str:
    """Give what a collector that renders adds, the texts in the words of its language."""
    return (
        f"<RenderingInfo Culture='de-DE'><Message>{escaped(message)}</Message><Level>Informationen</Level>"
        "<Task>Dateifreigabe</Task><Opcode>Info</Opcode><Channel>Sicherheit</Channel><Provider>Anbieter</Provider>"
        "<Keywords><Keyword>Erfolg</Keyword><Keyword/></Keywords></RenderingInfo>"
    )


def flat_xml(record: Mapping[str, Any]) -> str:
    """Give one event as NXLog's `to_xml()` does."""
    return "<Event>" + "".join(f"<{key}>{escaped(str(value))}</{key}>" for key, value in record.items()) + "</Event>"


def escaped(text: str) -> str:
    """Give a text as XML holds it; line ends as references, which keep them."""
    pairs = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#13;", "\n": "&#xA;"}
    return "".join(pairs.get(character, character) for character in text)


def _element(name: str, node: Any, style: Style, attributes: str = "") -> str:
    tag, inner = style.prefix + name, ""
    if isinstance(node, Mapping):
        given = node.get("#attributes", {})
        attributes += "".join(_attribute(key, value, style.quote) for key, value in given.items())
        if "#text" in node:
            inner = escaped(str(node["#text"]))
        else:
            inner = "".join(_child(name, key, value, style) for key, value in node.items() if key != "#attributes")
            inner = style.space + inner if inner else ""
    elif node is not None:
        inner = escaped(str(node))
    return (f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>") + style.space


def _child(parent: str, name: str, node: Any, style: Style) -> str:
    if parent != "EventData" or name == "Binary":
        return _element(name, node, style)
    if name == "Data":
        return "".join(_element(name, text, style) for text in node["#text"])
    return _element("Data", node, style, _attribute("Name", name, style.quote))


def _attribute(name: str, value: Any, quote: str) -> str:
    return f" {name}={quote}{escaped(str(value))}{quote}"
