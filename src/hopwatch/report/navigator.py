"""The techniques of hops as a layer of the ATT&CK Navigator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.report.safe import json_text
from hopwatch.report.sentence import sentence

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Path

VERSIONS = {"attack": "17", "navigator": "5.1.0", "layer": "4.5"}
SHOWN = 5  # hops that a technique's comment names


@dataclass
class _Cell:
    """What is kept of the hops of one technique: never the hops themselves."""

    hops: int = 0
    alerts: int = 0
    score: int = 0
    named: list[str] = field(default_factory=list)


def lines(hops: Iterable[Hop], paths: Iterable[Path] = ()) -> Iterator[str]:
    """Give the one layer, whose scores are the highest of the hops that used the technique."""
    cells: defaultdict[str, _Cell] = defaultdict(_Cell)
    for hop in hops:
        for number in hop.attack:
            _count(cells[number], hop)
    layer = {
        "name": "hopwatch",
        "versions": VERSIONS,
        "domain": "enterprise-attack",
        "description": "Lateral movement that hopwatch found; a score is the highest of the hops of a technique.",
        "sorting": 3,
        "techniques": [_technique(number, cells[number]) for number in sorted(cells)],
        "gradient": {"colors": ["#ffffff", "#ffcf66", "#d62728"], "minValue": 0, "maxValue": 100},
        "showTacticRowBackground": False,
        "selectTechniquesAcrossTactics": True,
        "selectSubtechniquesWithParent": False,
    }
    yield json_text(orjson.dumps(layer, option=orjson.OPT_INDENT_2).decode()) + "\n"


def _count(cell: _Cell, hop: Hop) -> None:
    cell.hops += 1
    cell.alerts += hop.alert
    cell.score = max(cell.score, hop.score)
    if len(cell.named) < SHOWN:
        cell.named.append(f"{hop.id}: {sentence(hop)}")


def _technique(number: str, cell: _Cell) -> dict[str, Any]:
    more = [f"and {cell.hops - len(cell.named)} more"] if cell.hops > len(cell.named) else []
    return {
        "techniqueID": number,
        "score": cell.score,
        "comment": "\n".join([*cell.named, *more]),
        "enabled": True,
        "showSubtechniques": True,
        "metadata": [{"name": "hops", "value": str(cell.hops)}, {"name": "alerts", "value": str(cell.alerts)}],
    }
