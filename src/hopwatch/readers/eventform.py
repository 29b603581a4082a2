"""One event's XML to a record, where it has the form in which Windows itself writes it: a third of a parser's time."""

from __future__ import annotations

import re
from collections.abc import Container

import orjson

# What a value between quotes or elements may hold so that it stands for itself: no tag, no reference, no other quote.
PLAIN = r"""[^<>&'"\t\n]*"""
SYSTEM = re.compile(
    rf"""
    <Event\ xmlns=(?P<q>['"]){PLAIN}(?P=q)>\s*<System>\s*
    <Provider\ Name=(?P=q)(?P<provider>{PLAIN})(?P=q)(?:\ \w+=(?P=q){PLAIN}(?P=q)){{0,2}}\ ?/>\s*
    <EventID(?:\ Qualifiers=(?P=q)\d*(?P=q))?>(?P<id>\d{{1,9}})</EventID>\s*
    (?:<Level>(?P<level>\w*)</Level>\s*|<(?P<number>Version|Task|Opcode)>\w*</(?P=number)>\s*
        |<Keywords>(?P<keywords>\w*)</Keywords>\s*){{0,5}}
    <TimeCreated\ SystemTime=(?P=q)(?P<time>{PLAIN})(?P=q)\ ?/>\s*
    <EventRecordID>(?P<record>\d*)</EventRecordID>\s*
    <Correlation(?:\ \w+=(?P=q){PLAIN}(?P=q)){{0,2}}\ ?/>\s*
    <Execution\ ProcessID=(?P=q)(?P<process>\d*)(?P=q)(?:\ \w+=(?P=q){PLAIN}(?P=q)){{0,6}}\ ?/>\s*
    <Channel>(?P<channel>{PLAIN})</Channel>\s*
    <Computer>(?P<computer>{PLAIN})</Computer>\s*
    <Security(?:\ UserID=(?P=q)(?P<user>{PLAIN})(?P=q))?\ ?/>\s*
    </System>\s*<EventData>\s*""",
    re.VERBOSE | re.ASCII,
)
DATA = {
    "'": re.compile(r"<Data Name='([^'<&\t\n]+)'(?: ?/>|>([^<\ufffe\uffff]*)</Data>)"),
    '"': re.compile(r'<Data Name="([^"<&\t\n]+)"(?: ?/>|>([^<\ufffe\uffff]*)</Data>)'),
}
END = "</EventData>"
AFTER = re.compile(r"\s*(?:</Event>|(<RenderingInfo)[ >])")
INNER = re.compile(r"[<:]Event[\s>]")
OTHER = re.compile(r"&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|lt|gt|amp|quot|apos);)")
REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def record_text(text: str, ids: Container[int] | None = None) -> bytes | None:
    """Give an event's record as JSON, in the shape of an EVTX record, or None where its XML has another form.

    What the parser would give is given: a form that leaves a doubt is the parser's. Of an event whose id is not among
    `ids` only the id is given. Behind the fields no more is read than that the event ends, or its rendering begins.
    """
    head = SYSTEM.match(text)
    if head is None:
        return None
    if ids is not None and int(head["id"]) not in ids:
        return b'{"Event":{"System":{"EventID":"%b"}}}' % head["id"].encode()
    end = text.find(END, head.end())
    after = AFTER.match(text, end + len(END))
    if end < 0 or not after or (after[1] and INNER.search(text, after.end())):
        return None
    fields = _fields(text[head.end() : end], head["q"])
    return None if fields is None else orjson.dumps({"Event": {"System": _system(head), "EventData": fields}})


def _system(head: re.Match[str]) -> dict[str, object]:
    user = head["user"]
    return {
        "Provider": {"#attributes": {"Name": head["provider"]}},
        "EventID": head["id"],
        "Level": head["level"],
        "Keywords": head["keywords"],
        "TimeCreated": {"#attributes": {"SystemTime": head["time"]}},
        "EventRecordID": head["record"],
        "Execution": {"#attributes": {"ProcessID": head["process"]}},
        "Channel": head["channel"].strip(),
        "Computer": head["computer"].strip(),
        "Security": None if user is None else {"#attributes": {"UserID": user}},
    }


def _fields(text: str, quote: str) -> dict[str, str] | None:
    """The named values of an EventData, None where something else stands among them or a name stands twice."""
    found = DATA[quote].findall(text)
    fields: dict[str, str] = dict(found)
    if len(fields) < len(found) or text.count("<") + text.count("/>") != 2 * len(found):
        return None
    if "&" not in text:
        return fields
    if OTHER.search(text):
        return None
    try:
        return {name: REFERENCE.sub(_character, value) if "&" in value else value for name, value in fields.items()}
    except (ValueError, OverflowError):
        return None


def _character(found: re.Match[str]) -> str:
    """What a reference stands for. Raises ValueError for what is no character."""
    decimal, hexadecimal, name = found.groups()
    if name:
        return NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
        raise ValueError
    return chr(code)
