"""The formats that a scan can be written in for other programs, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

from hopwatch.report import csv, ecs, graph, jsonl, md, navigator, ocsf, parquet

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Path

Lines = Callable[[Iterable["Hop"], Iterable["Path"]], Iterator[str]]


def _csv(hops: Iterable[Hop], paths: Iterable[Path]) -> Iterator[str]:
    return csv.lines(hops)


TEXTS: Mapping[str, Lines] = MappingProxyType(
    {
        "jsonl": jsonl.lines,
        "csv": _csv,
        "md": md.lines,
        "ocsf": ocsf.lines,
        "ecs": ecs.lines,
        "navigator": navigator.lines,
        "dot": graph.dot,
        "graphml": graph.graphml,
    }
)
BINARY = "parquet"
NAMES = (*TEXTS, BINARY)


def write(stream: TextIO, name: str, hops: Iterable[Hop], paths: Iterable[Path]) -> None:
    """Write hops and paths in a format, piece by piece; a binary one to the bytes below the stream."""
    if name == BINARY:
        stream.flush()
        parquet.write(stream.buffer, hops)
    else:
        stream.writelines(TEXTS[name](hops, paths))
