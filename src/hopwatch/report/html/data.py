"""The data of the page, as JSON that no HTML parser takes for anything else."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.model.hop import LEGS, SEVERITIES, Evidence, Hop, LegState, iso
from hopwatch.report.html.coverage import of_hops
from hopwatch.report.html.summary import summary_of
from hopwatch.report.safe import json_text

if TYPE_CHECKING:
    from hopwatch.report.html.report import Report

BLOCK = 40  # hops in one block of details: the page parses a block when one of its hops is opened
LONGEST = 4000  # characters of one text that the page keeps
COLUMNS = (
    "id", "start", "end", "source", "source_ip", "candidates", "target", "target_ip", "account", "domain", "technique",
    "severity", "score", "alert", "suppressed", "legs", "group", "source_roles", "target_roles", "effects",
)  # fmt: skip
STATES = {LegState.SEEN: "s", LegState.ABSENT: "a", LegState.NOT_COLLECTED: "n"}


def meta(report: Report) -> Iterator[str]:
    """What the page says besides the hops: the summary, the paths, and our words for things."""
    words = tomllib.loads((files("hopwatch.report.html") / "words.toml").read_text(encoding="utf-8"))
    yield text_of(
        {
            "version": report.version,
            "columns": COLUMNS,
            "severities": SEVERITIES,
            "legs": LEGS,
            "words": words,
            "weights": report.weights,
            "summary": report.summary.to_dict(),
            "said": summary_of(report),
            "paths": [path.to_dict() for path in report.paths],
            "block": BLOCK,
            "omitted": report.omitted,
            "kept_records": len(report.records),
        }
    )


def coverage(report: Report) -> Iterator[str]:
    """What the logs could have shown, by host."""
    yield text_of(report.coverage if report.coverage is not None else of_hops(report.hops))


def index(report: Report) -> Iterator[str]:
    """What lists and pictures need of every hop: a list of lists, in the order of COLUMNS."""
    yield "["
    for number, hop in enumerate(report.hops):
        yield ("," if number else "") + text_of(_row(hop))
    yield "]"


def _row(hop: Hop) -> list[Any]:
    return [
        hop.id, iso(hop.start), iso(hop.end), hop.source.host, hop.source.ip, hop.source.candidates, hop.target.host,
        hop.target.ip, hop.account.name, hop.account.domain, hop.technique, SEVERITIES.index(hop.severity), hop.score,
        hop.alert, hop.suppressed_by, "".join(STATES[hop.legs[leg]] for leg in LEGS), hop.group, hop.source.roles,
        hop.target.roles,
        [[iso(e.time), e.host, e.leg, e.text, e.signal] for e in hop.evidence if e.leg in ("before", "after")],
    ]  # fmt: skip


def details(report: Report) -> Iterator[Iterator[str]]:
    """Blocks with all that is known of each hop: an object of hops by id, each with `records` by key of evidence."""
    for at in range(0, len(report.hops), BLOCK):
        yield _details(report, at)


def _details(report: Report, at: int) -> Iterator[str]:
    yield "{"
    for number, hop in enumerate(report.hops[at : at + BLOCK]):
        found = hop.to_dict() | {"records": report.records.get(hop.id)}
        yield ("," if number else "") + text_of(hop.id) + ":" + text_of(found)
    yield "}"


def key_of(evidence: Evidence) -> str:
    """What a piece of evidence and its record have in common."""
    parts = (evidence.file, evidence.channel, evidence.event_id, evidence.record_id, iso(evidence.time))
    return "|".join("" if part is None else str(part) for part in parts)


def cut(text: str) -> str:
    """A text as far as the page keeps it; one that was cut before stays as it is."""
    return text if len(text) <= LONGEST + 40 else f"{text[:LONGEST]}… ({len(text) - LONGEST:,} more characters)"


def text_of(value: Any) -> str:
    """JSON text without `<`, so that it can neither end its block nor begin a comment; overlong texts are cut."""
    return json_text(orjson.dumps(_clean(value)).decode()).replace("<", "\\u003c")


def _clean(value: Any) -> Any:
    """Make what JSON can hold of a value: no text is longer than LONGEST, none has half a surrogate pair."""
    if isinstance(value, str):
        text = cut(value)
        return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else _clean(str(value))
