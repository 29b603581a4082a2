"""Hops as a graph of hosts, for Graphviz (dot) and for programs that draw and measure networks (GraphML)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hopwatch.model.hop import iso
from hopwatch.report.safe import shown
from hopwatch.report.words import path_of

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop, Source, Target
    from hopwatch.model.path import Path

COLOURS = {"critical": "#b00020", "high": "#d9480f", "medium": "#b8860b", "low": "#1c7ed6", "informational": "#868e96"}
NO_XML = re.compile("[\ufffe\uffff]")  # what XML 1.0 cannot hold and a terminal could show
NODE_KEYS = {"host": "string", "ip": "string", "roles": "string"}
EDGE_KEYS = {
    "technique": "string", "account": "string", "domain": "string", "severity": "string", "score": "int",
    "alert": "boolean", "start": "string", "end": "string", "attack": "string", "logon": "string",
    "execution": "string", "network": "string", "path": "string", "suppressed_by": "string",
}  # fmt: skip


def dot(hops: Iterable[Hop], paths: Iterable[Path] = ()) -> Iterator[str]:
    """Give the graph in Graphviz's language: a node a host, an edge a hop, those that are no alerts dashed."""
    yield 'digraph hopwatch {\n  rankdir=LR;\n  node [shape=box, fontname="sans-serif"];\n'
    yield '  edge [fontname="sans-serif", fontsize=10];\n'
    known: set[str] = set()
    for hop in hops:
        for end in (hop.source, hop.target):
            if (name := _name(end, hop)) not in known:
                known.add(name)
                yield f"  {_quoted(name)} [label={_quoted(_label(end, hop))}];\n"
        yield _dot_edge(hop)
    yield "}\n"


def _dot_edge(hop: Hop) -> str:
    label = f"{hop.technique}\n{shown(hop.account.name or '?')}\n{hop.severity} {hop.score}"
    style = "" if hop.alert else ", style=dashed"
    ends = f"{_quoted(_name(hop.source, hop))} -> {_quoted(_name(hop.target, hop))}"
    return f'  {ends} [label={_quoted(label)}, color="{COLOURS[hop.severity]}", id={_quoted(hop.id)}{style}];\n'


def graphml(hops: Iterable[Hop], paths: Iterable[Path] = ()) -> Iterator[str]:
    """Give the graph as GraphML: a node a host, an edge a hop, with what is known of each."""
    on = path_of(paths)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for kind, keys in (("node", NODE_KEYS), ("edge", EDGE_KEYS)):
        for name, of in keys.items():
            yield f'  <key id="{kind}-{name}" for="{kind}" attr.name="{name}" attr.type="{of}"/>\n'
    yield '  <graph id="hopwatch" edgedefault="directed">\n'
    known: set[str] = set()
    for hop in hops:
        for end in (hop.source, hop.target):
            if (name := _name(end, hop)) not in known:
                known.add(name)
                facts = {"host": end.host, "ip": end.ip, "roles": " ".join(end.roles)}
                yield f'    <node id="{_xml(name)}">{_data("node", facts)}</node>\n'
        ends = f'source="{_xml(_name(hop.source, hop))}" target="{_xml(_name(hop.target, hop))}"'
        yield f'    <edge id="{_xml(hop.id)}" {ends}>{_data("edge", _facts(hop, on))}</edge>\n'
    yield "  </graph>\n</graphml>\n"


def _facts(hop: Hop, on: Mapping[str, str]) -> dict[str, object]:
    return {
        "technique": hop.technique, "account": hop.account.name, "domain": hop.account.domain,
        "severity": hop.severity, "score": hop.score, "alert": "true" if hop.alert else "false",
        "start": iso(hop.start), "end": iso(hop.end), "attack": " ".join(hop.attack),
        **{leg: state.value for leg, state in hop.legs.items()},
        "path": on.get(hop.id), "suppressed_by": hop.suppressed_by,
    }  # fmt: skip


def _data(kind: str, facts: Mapping[str, object]) -> str:
    return "".join(
        f'<data key="{kind}-{name}">{_xml(value)}</data>' for name, value in facts.items() if value not in (None, "")
    )


def _name(end: Source | Target, hop: Hop) -> str:
    """A node's name: the host without regard to case, else the address; an unknown source is a node of its own."""
    return (end.host or end.ip or f"? {hop.id}").lower()


def _label(end: Source | Target, hop: Hop) -> str:
    name = end.host or end.ip or " or ".join(getattr(end, "candidates", ())) or "unknown"
    parts = [name, end.ip if end.host else None, ", ".join(end.roles)]
    return "\n".join(shown(part) for part in parts if part)


def _quoted(text: str) -> str:
    """A string of dot's; a line end in it is one of the label, and a backslash itself."""
    safe = "\n".join(shown(line) for line in text.split("\n"))
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _xml(value: object) -> str:
    return html.escape(NO_XML.sub("\ufffd", shown(value)), quote=False).replace('"', "&quot;")
