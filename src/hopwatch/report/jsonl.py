"""One JSON object a line: the contracts of hops and paths, for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import orjson

from hopwatch.report.safe import json_text

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Path


def lines(hops: Iterable[Hop], paths: Iterable[Path] = ()) -> Iterator[str]:
    """Give one line for each hop, then one for each path, in the order given."""
    for found in (hop.to_dict() for hop in hops):
        yield json_text(orjson.dumps(found).decode()) + "\n"
    for found in (path.to_dict() for path in paths):
        yield json_text(orjson.dumps(found).decode()) + "\n"
