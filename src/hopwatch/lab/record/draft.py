"""Drafts signal rules of what a run left, each with cases of the run, and correlations with the remote logon."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hopwatch.lab.forms import table
from hopwatch.lab.record.stable import is_whole, last, of_windows, parts, words
from hopwatch.lab.record.traces import Fields, Trace

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop

PLACE = uuid.UUID("2b1df8a4-54c3-4be5-8a1a-0d6d1c0b8a37")
Selection = tuple[tuple[str, str], ...]  # (field and modifier, value), all of which hold
LOGOFF = 4634
LEAST = 4  # characters of a value that tells something
HOPWATCH = {"points": 25, "policy": "dual_use"}
LOGON = {
    "logon": {"EventID": 4624, "LogonType": 3},
    "machine": {"TargetUserName|endswith": "$"},
    "nobody": {"TargetUserName": ["ANONYMOUS LOGON", "-"]},
    "own": {"IpAddress": ["127.0.0.1", "::1"]},
    "condition": "logon and not machine and not nobody and not own",
}


@dataclass(frozen=True)
class Candidate:
    """A selection of one kind of event that the run left, and the first event that it was drawn from."""

    kind: str
    service: str
    selection: Selection
    trace: Trace
    weight: int

    @property
    def told(self) -> str:
        """The selection in a line."""
        return f"{self.kind}: " + (", ".join(f"{name} {value}" for name, value in self.selection) or "any")


def candidates(found: Sequence[Trace], own: Collection[str]) -> list[Candidate]:
    """Give what might tell the tool, each selection once, the most telling first."""
    kinds = {f"{kind['channel']}/{kind['id']}": kind for kind in table("traces")["kind"]}
    made: dict[tuple[str, Selection, str | None], Candidate] = {}
    for trace in found:
        kind = kinds[trace.kind]
        whatever: list[Selection] = [()] if trace.session and kind.get("alone") else []
        for selection in whatever + ([*_selections(kind["fields"], trace.fields, own)] if kind["weight"] else []):
            if any(mark in value for _, value in selection for mark in "*?"):
                continue  # Sigma's wildcards
            weight = kind["weight"] + 3 * (trace.session is not None) + (trace.side == "target") + (len(selection) > 1)
            one = Candidate(trace.kind, kind["service"], selection, trace, weight)
            made.setdefault((trace.kind, selection, trace.session), one)
    return sorted(made.values(), key=lambda c: (-c.weight, c.kind, c.selection))


def _selections(fields: dict[str, str], values: Fields, own: Collection[str]) -> Iterator[Selection]:
    pair = {name: values[name] for name, how in fields.items() if how == "pair" and values.get(name)}
    if len(pair) > 1:
        yield from _of_process(pair, values, own)
        return
    for name, how in fields.items():
        value = (values.get(name) or "").strip()
        if len(value) >= LEAST and how != "pair":
            yield from _of_field(name, how, value, own)


def _of_process(pair: dict[str, str], values: Fields, own: Collection[str]) -> Iterator[Selection]:
    """A process by its parent and itself, by its parent and a word of its command line, by its parent alone."""
    known, (child, parent) = table("traces"), [last(path).lower() for path in pair.values()]
    if child in known["ordinary_children"] or parent in known["ordinary_parents"]:
        return
    stable = {n: is_whole(last(path), own) or of_windows(path) for n, path in pair.items()}
    ends = {name: (f"{name}|endswith", "\\" + last(path)) for name, path in pair.items()}
    name = list(pair)[1]
    if all(stable.values()):
        yield tuple(ends.values())
    if stable[name]:
        yield from ((ends[name], ("CommandLine|contains", word)) for word in _words(values.get("CommandLine", ""), own))
        if parent not in known["host_parents"]:
            yield (ends[name],)


def _words(line: str, own: Collection[str]) -> list[str]:
    return [word for word in words(line, own) if word.lower() not in table("traces")["ordinary_words"]]


def _of_field(name: str, how: str, value: str, own: Collection[str]) -> Iterator[Selection]:
    if how == "task":
        texts = re.findall(r"<(?:Command|Arguments)>(.*?)</", value, re.DOTALL)
        yield from (((f"{name}|contains", word),) for text in texts for word in _words(text, own))
    elif how == "line":
        yield from _of_line(name, value, own)
    else:
        yield from _of_name(name, how, value, own)


def _of_line(name: str, value: str, own: Collection[str]) -> Iterator[Selection]:
    if "\\" in value and " " not in value:
        if is_whole(last(value), own):
            yield ((f"{name}|endswith", "\\" + last(value)),)
        return
    yield from (((f"{name}|contains", word),) for word in _words(value, own))


def _of_name(name: str, how: str, value: str, own: Collection[str]) -> Iterator[Selection]:
    end = value if how == "name" else last(value, 2 if how == "key" else 1)
    if how == "path" and name == "RelativeTargetName" and "\\" in value and "." not in end:
        return  # a folder on the way
    if is_whole(end, own):
        yield ((name, value),) if how == "name" else ((f"{name}|endswith", end),)
    else:
        known = table("traces")["ordinary_words"]
        yield from (((f"{name}|contains", part),) for part in parts(end, own) if part.lower() not in known)


def rule(candidate: Candidate, name: str, number: int, hop: Hop, miss: Fields | None) -> dict[str, Any]:
    """Give a candidate as a Sigma rule with its cases."""
    event_id = candidate.trace.event_id
    case = _case(candidate, candidate.trace.fields)
    selection: dict[str, Any] = {"EventID": event_id, **dict(candidate.selection)}
    tags = ["attack.lateral-movement", *(f"attack.{one.lower()}" for one in hop.attack)]
    return {
        "title": f"{name}: {candidate.told}"[:100],
        "id": str(uuid.uuid5(PLACE, f"{name} {candidate.told}")),
        "name": f"{slug(name)}-{number}",
        "status": "experimental",
        "description": f"Drafted from a run of {name}: on the {candidate.trace.side}, and not in the quiet capture.",
        "author": "hopwatch lab record",
        "logsource": {"product": "windows", "service": candidate.service},
        "detection": {"run": selection, "condition": "run"},
        "level": "medium",
        "tags": tags,
        "falsepositives": ["the same tool in the hands of an administrator"],
        "hopwatch": {
            "leg": "execution" if candidate.trace.side == "target" else "source",
            "technique": hop.technique, **HOPWATCH,
            "text": f"{name}: {candidate.told}".replace("{", "").replace("}", "")[:200],
        },
        "cases": [
            {"name": "the run that was recorded", "hit": {"EventID": event_id, **case}},
            {"name": "an event of the quiet capture" if miss else "another one",
             "miss": {"EventID": event_id, **(_case(candidate, miss) if miss else _other(candidate))}
             if candidate.selection else {"EventID": LOGOFF}},
        ],
    }  # fmt: skip


def _case(candidate: Candidate, values: Fields) -> Fields:
    keep = [
        field
        for kind in table("traces")["kind"]
        if f"{kind['channel']}/{kind['id']}" == candidate.kind
        for field in kind["fields"]
    ]
    return {name: values[name] for name in (*keep, "SubjectUserName", "TargetUserName", "User") if name in values}


def _other(candidate: Candidate) -> Fields:
    """The event of the run with something else in the fields that decide."""
    values = _case(candidate, candidate.trace.fields)
    return values | {field.split("|")[0]: "C:\\Windows\\System32\\other.exe" for field, _ in candidate.selection}


def logon_rule(name: str) -> dict[str, Any]:
    """Give the rule of the remote logon that the correlations lean on."""
    return {
        "title": f"{name}: network logon of a user",
        "id": str(uuid.uuid5(PLACE, f"{name} logon")),
        "name": f"{slug(name)}-logon",
        "status": "experimental",
        "description": "A user logged on over the network; alone it says nothing.",
        "author": "hopwatch lab record",
        "logsource": {"product": "windows", "service": "security"},
        "detection": LOGON,
        "level": "informational",
        "tags": ["attack.t1078"],
    }


def correlation(candidate: Candidate, name: str, number: int) -> dict[str, Any]:
    """Give the correlation of a rule with the remote logon: by its session where the event holds it, else by host."""
    signal, logon = f"{slug(name)}-{number}", f"{slug(name)}-logon"
    body: dict[str, Any] = {"type": "temporal", "rules": [logon, signal], "timespan": "5m", "group-by": ["Computer"]}
    if candidate.trace.session:
        body |= {
            "group-by": ["Computer", "session"],
            "aliases": {"session": {logon: "TargetLogonId", signal: candidate.trace.session}},
        }
    return {
        "title": f"{name} from another host: {candidate.told}"[:120],
        "id": str(uuid.uuid5(PLACE, f"{name} correlation {candidate.told}")),
        "name": f"{slug(name)}-{number}-remote",
        "status": "experimental",
        "description": f"The event and a network logon {'in one session' if candidate.trace.session else 'on a host'}.",
        "author": "hopwatch lab record",
        "correlation": body,
        "level": "high" if candidate.trace.session else "medium",
        "tags": ["attack.lateral-movement"],
    }  # fmt: skip


def slug(name: str) -> str:
    """A name for files and rules."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "tool"
