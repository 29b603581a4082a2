"""One JSON object a line: the hop contract, for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import orjson

from hopwatch.report.safe import json_text

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop


def lines(hops: Iterable[Hop]) -> Iterator[str]:
    """Give one line for each hop, in the order given."""
    for hop in hops:
        yield json_text(orjson.dumps(hop.to_dict()).decode()) + "\n"
