"""Where in a query something stands, also after parts of its text were rewritten."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from hopwatch.model.errors import QueryError

FOUND = 40  # characters of a query that a message quotes


def wrong(text: str, at: int, expected: str, found: str | None = None) -> QueryError:
    """Make the error that names what stands at an offset of a query, and what was expected there."""
    line, column = line_of(text, at)
    if found is None:
        rest = text[at:].split("\n")[0][:FOUND].strip()
        found = repr(rest) if rest else "the end of the query" if not text[at:].strip() else "the end of the line"
    return QueryError(f"found {found}, expected {expected}", line=line, column=column)


def line_of(text: str, at: int) -> tuple[int, int]:
    """The line and the column, from 1, of an offset."""
    before = text[: max(0, min(at, len(text)))]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a line (from 1) and a column (from 0)."""
    lines = text.split("\n")
    return min(sum(len(each) + 1 for each in lines[: line - 1]) + column, len(text))


@dataclass
class Rewritten:
    """A text put together from pieces of another, which knows for each offset where it was."""

    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    origins: list[tuple[int, bool]] = field(default_factory=list)  # where a piece was, and whether it is unchanged
    length: int = 0

    def add(self, text: str, origin: int, same: bool = False) -> None:
        """Add a piece that stands for what is at `origin`; `same`: it is that text itself."""
        if text:
            self.pieces.append(text)
            self.starts.append(self.length)
            self.origins.append((origin, same))
            self.length += len(text)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)

    def origin(self, at: int) -> int:
        """Where in the other text an offset of this one comes from."""
        i = bisect_right(self.starts, at) - 1
        if i < 0:
            return 0
        origin, same = self.origins[i]
        return origin + (at - self.starts[i]) if same else origin
