"""What readers hand on: batches of JSON texts, and a report of what they had to leave."""

from __future__ import annotations

from collections.abc import Callable

Batch = list[bytes]
Report = Callable[[str], None]
