"""Makes a correlation of a rule whose condition counts, as the specification had it before correlations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hopwatch.model.detection import Problem
from hopwatch.sigma.document import Document

PIPE = re.compile(
    r"(?P<base>[^|]+)\|\s*(?P<what>count|sum|avg)(?:\s*\(\s*(?P<field>[^)\s]*)\s*\))?\s*(?:by\s+(?P<by>[^<>=]+?))?\s*"
    r"(?P<operator>>=|<=|==|>|<|=)\s*(?P<number>\d+)\s*"
)
OPERATORS = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt", "=": "eq", "==": "eq"}
TYPES = {"sum": "value_sum", "avg": "value_avg"}


def without_aggregation(document: Document, file: str) -> Iterator[Document]:
    """Give a document, or in place of one whose condition counts a rule and the correlation that counts it.

    The rule is called after its place too: another version of it, in another file, bears the same title, name and id.
    """
    content = document.content
    detection = content.get("detection") if isinstance(content, dict) else None
    condition = detection.get("condition") if isinstance(detection, dict) else None
    found = PIPE.fullmatch(" ".join(condition.split())) if isinstance(condition, str) else None
    if found is None or not isinstance(detection, dict) or not detection.get("timeframe"):
        yield document
        return
    name = f"{content.get('name') or content.get('title') or content.get('id')}, each ({file}:{document.line})"
    below = {k: v for k, v in detection.items() if k != "timeframe"} | {"condition": found["base"].strip()}
    rule = {k: v for k, v in content.items() if k not in ("id", "cases")}
    yield replace(document, content=rule | {"name": name, "detection": below})
    head = {k: content[k] for k in ("title", "id", "name", "level", "status", "tags") if k in content}
    line = document.line_of("detection", "condition")
    counted = Problem(
        "a condition that counts is of an older specification", line, "write a correlation (docs/rules.md)"
    )
    correlation = _correlation(found, name, str(detection["timeframe"]))
    yield replace(document, content=head | {"correlation": correlation}, problems=(*document.problems, counted))


def _correlation(found: re.Match[str], name: str, span: str) -> dict[str, Any]:
    kind = TYPES.get(found["what"]) or ("value_count" if found["field"] else "event_count")
    by = [field.strip() for field in (found["by"] or "").split(",") if field.strip()]
    condition: dict[str, Any] = {OPERATORS[found["operator"]]: int(found["number"])}
    if found["field"]:
        condition["field"] = found["field"]
    group = {"group-by": by} if by else {}
    return {"type": kind, "rules": [name], "timespan": span, "condition": condition} | group
