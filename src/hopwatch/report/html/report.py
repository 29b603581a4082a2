"""What a page is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from hopwatch.model.hop import SEVERITIES, Hop
from hopwatch.model.path import Path

if TYPE_CHECKING:
    from hopwatch.model.summary import Summary

Record = tuple[str, Mapping[str, Any]]  # the key of the evidence that it belongs to, and its fields
Found = TypeVar("Found", Hop, Path)


@dataclass(frozen=True)
class Report:
    """The hops that the page shows and the paths among them, the gravest first, and what was read.

    `records`: by hop, the fields of the records that it leans on, as far as they are at hand. `coverage`: what
    the logs could have shown, by host, technique and leg (`hosts`, `subnets`, `blind`); without it the page tells what
    the hops themselves know. `omitted`: hops that are left out, since a page has to open.
    """

    hops: Sequence[Hop]
    summary: Summary
    paths: Sequence[Path] = ()
    weights: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    records: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    coverage: Mapping[str, Any] | None = None
    omitted: int = 0
    version: str = ""


def gravest(found: Iterable[Found]) -> list[Found]:
    """Hops or paths in order: alerts first, then by severity, score and time."""

    def gravity(one: Found) -> tuple[object, ...]:
        return (not one.alert, -SEVERITIES.index(one.severity), -one.score, one.start, one.id)

    return sorted(found, key=gravity)
