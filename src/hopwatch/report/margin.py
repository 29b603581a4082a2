"""Lines with a label in the margin: what a table would lay out, at a tenth of its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

LEAST = 7  # columns of the margin
NARROWEST = 10  # columns beside it, on however narrow a terminal


@dataclass(frozen=True)
class Margin:
    """Rows of a label, set to the right in a margin, and a text beside it that is folded to the terminal's width.

    The margin is as wide as the longest label, and at least `least` columns.
    """

    rows: list[tuple[Text, Text]]
    least: int = LEAST

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay the rows out for rich."""
        yield Text("\n", no_wrap=True, overflow="ignore").join(self._lines(console, options.max_width))

    def plain(self, console: Console) -> list[str]:
        """Give the lines without colours."""
        return [line.plain for line in self._lines(console, console.width)]

    def _lines(self, console: Console, most: int) -> list[Text]:
        margin = max([self.least, *(label.cell_len for label, _ in self.rows)])
        width = max(most - margin - 1, NARROWEST)
        return [line for label, text in self.rows for line in _row(label, text, margin, width, console)]


def _row(label: Text, text: Text, margin: int, width: int, console: Console) -> list[Text]:
    parts = [text] if text.cell_len <= width else list(text.wrap(console, width, overflow="fold"))
    first = Text.assemble(" " * (margin - label.cell_len), label, " ", parts[0] if parts else "")
    return [first, *(Text.assemble(" " * (margin + 1), part) for part in parts[1:])]
