"""One event's XML, of any form, to a record: the C parser's elements, with no entity resolved but XML's own five."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import XML, Element, ParseError
from xml.parsers.expat import errors

DEPTH = 32  # levels that an event's elements may nest
TAGS = 20_000  # that an event may have: Windows writes two hundred or so
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
REFERENCE = re.compile(r"&#(?:(\d{1,9})|x([0-9a-fA-F]{1,8}));")
PREFIX = re.compile(r"[<\s/]([A-Za-z_][\w.-]{0,63}):[A-Za-z_]")
STAND_IN = 0xFDD0  # 32 characters that Unicode leaves to programs: one for each that XML forbids and logs hold
BACK = {STAND_IN + code: code for code in range(32)}
DROPPED = frozenset({"System", "RenderingInfo", "DebugData"})
UNRESOLVED = "an event that refers to an entity, which is never resolved"
DAMAGED = "an event whose XML is damaged"
TORN = "an event that is cut short"
DEEP = "an event that nests too deeply"
MANY = f"an event of more than {TAGS // 2} elements"
NO_EVENT = "an Event element that is no Windows event"
REASONS = {
    errors.XML_ERROR_UNDEFINED_ENTITY: UNRESOLVED,
    errors.XML_ERROR_NO_ELEMENTS: TORN,
    errors.XML_ERROR_UNCLOSED_TOKEN: TORN,
    errors.XML_ERROR_UNCLOSED_CDATA_SECTION: TORN,
}
UNBOUND = errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]


class BadEventError(ValueError):
    """Say why a text is no event; the message is a reason that readers report."""


def record_of(text: str) -> dict[str, Any]:
    """Give the record of one `Event` element: in the shape of an EVTX record, or flat as NXLog writes it.

    Raises BadEventError.
    """
    root = parse(text)
    parts = {_local(child.tag): child for child in reversed(root)}
    if "System" in parts:
        return {"Event": _event(parts)}
    flat = {name: "" if value is None else value for name, value in _fields(root, DEPTH).items()}
    if "EventID" not in flat:
        raise BadEventError(NO_EVENT)
    return flat


def fields_of(text: str) -> Any:
    """Give what a UserData holds, whose content comes as XML without the element itself. Raises BadEventError."""
    return _content(parse(f"<UserData>{text}</UserData>"))


def parse(text: str) -> Element:
    """Parse one element; characters that XML forbids are kept, for logs hold them all the same.

    Nothing can declare an entity: the text begins with an element, and inside one a document type is an error. Raises
    BadEventError.
    """
    if text.count("<") > TAGS:
        raise BadEventError(MANY)
    try:
        return _parse(text)
    except ParseError as error:
        reason = REASONS.get(errors.messages[error.code], DAMAGED)
    mended = REFERENCE.sub(_allowed, FORBIDDEN.sub(_stand_in, text))
    if mended == text:
        raise BadEventError(reason)
    try:
        root = _parse(mended)
    except ParseError:
        raise BadEventError(reason) from None
    for element in root.iter():
        element.text = (element.text or "").translate(BACK)
        element.attrib = {key: value.translate(BACK) for key, value in element.attrib.items()}
    return root


def _parse(text: str) -> Element:
    """Parse, also where a prefix was declared around the events and not inside. Raises ParseError."""
    try:
        return XML(text)
    except ParseError as error:
        if error.code != UNBOUND:
            raise
    names = sorted({name for name in PREFIX.findall(text) if not name.lower().startswith("xml")})
    spaces = "".join(f" xmlns:{name}='{name}'" for name in names)
    return XML(f"<all{spaces}>{text}</all>")[0]


def _event(parts: dict[str, Element]) -> dict[str, Any]:
    """System first, wherever it stands: what looks for the event id in the text shall find this one."""
    system = {_local(child.tag): _content(child, strip=True) for child in reversed(parts["System"])}
    if "RenderingInfo" in parts:
        rendered = {_local(child.tag): child.text for child in parts["RenderingInfo"]}
        if rendered.get("Channel"):
            system.setdefault("Channel", rendered["Channel"])
        if rendered.get("Provider"):
            system.setdefault("Provider", {"#attributes": {"Name": rendered["Provider"]}})
    event: dict[str, Any] = {"System": system}
    for name, part in reversed(parts.items()):
        if name == "EventData":
            event[name] = _named(part)
        elif name not in DROPPED:
            event[name] = _content(part)
    return event


def _named(data: Element) -> dict[str, Any]:
    """The values of an EventData by their Name; those without one are a list."""
    fields: dict[str, Any] = {}
    unnamed: list[str] = []
    times: Counter[str] = Counter()
    for child in data:
        name = child.get("Name")
        if name:
            _put(fields, times, name, _fields(child, DEPTH) if len(child) else child.text or "")
        elif _local(child.tag) == "Data":
            unnamed.append(child.text or "")
        else:
            _put(fields, times, _local(child.tag), _content(child))
    if unnamed:
        _put(fields, times, "Data", {"#text": unnamed if len(unnamed) > 1 else unnamed[0]})
    return fields


def _fields(children: Iterable[Element], left: int) -> dict[str, Any]:
    """Elements by name. Raises BadEventError for those that nest too deeply."""
    if not left:
        raise BadEventError(DEEP)
    fields: dict[str, Any] = {}
    times: Counter[str] = Counter()
    for child in children:
        _put(fields, times, _local(child.tag), _content(child, left=left - 1))
    return fields


def _content(element: Element, strip: bool = False, left: int = DEPTH) -> Any:
    """What an element holds, in the shape in which the EVTX parser gives it."""
    attributes = {k: v for k, v in element.attrib.items() if not k.startswith("{")}
    if len(element):
        fields = _fields(element, left)
        return {"#attributes": attributes, **fields} if attributes else fields
    text = element.text or ""
    text = text.strip() if strip else text
    if not attributes:
        return text or None
    return {"#attributes": attributes, "#text": text} if text else {"#attributes": attributes}


def _put(fields: dict[str, Any], times: Counter[str], name: str, value: Any) -> None:
    """Add a value; a namesake gets a number, as the EVTX parser does."""
    free = name
    while free in fields:
        times[name] += 1
        free = f"{name}_{times[name]}"
    fields[free] = value


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _stand_in(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(STAND_IN + code) if code < 32 else "\ufffd"


def _allowed(found: re.Match[str]) -> str:
    """A reference to a character that XML allows as it is, to a control character as its stand-in, else a mark."""
    code = int(found[1]) if found[1] else int(found[2], 16)
    if code < 32 and code not in (9, 10, 13):
        return chr(STAND_IN + code)
    return "\ufffd" if 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF) or code > 0x10FFFF else found[0]
