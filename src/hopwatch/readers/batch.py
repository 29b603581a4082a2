"""What readers hand on: batches of JSON texts or runs of separated lines, and a report of what they had to leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hopwatch.model.decoded import Decoded
from hopwatch.model.lines import PassedOver, SeparatedLines
from hopwatch.readers.source import UNREADABLE

Batch = list[bytes] | SeparatedLines | PassedOver | Decoded
Report = Callable[[str], None]
RECORDS = 2000
BYTES = 16 * 2**20


def batches(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Give texts in batches of bounded count and size; those before an error are given before it is raised."""
    batch: list[bytes] = []
    size = 0
    try:
        for text in texts:
            batch.append(text)
            size += len(text)
            if len(batch) >= RECORDS or size >= BYTES:
                yield batch
                batch, size = [], 0
    except UNREADABLE:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
