"""Named errors: each says in one sentence what is wrong and where."""

from __future__ import annotations


class HopwatchError(Exception):
    """Say what is wrong, with the file, line and value it was found in."""

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        where = "" if file is None else f"{file}:{line}: " if line is not None else f"{file}: "
        super().__init__(where + message)
        self.file = file
        self.line = line


class InputError(HopwatchError):
    """Say that an input path or option cannot be used."""


class RuleError(HopwatchError):
    """Say that a rule file cannot be used."""


class StoreError(HopwatchError):
    """Say that the machine has not enough memory or disk for what is asked."""


class QueryError(HopwatchError):
    """Say what is wrong with a query: where (line and column, from 1), what was found, and what was expected."""

    def __init__(
        self, message: str, *, line: int | None = None, column: int | None = None, file: str | None = None
    ) -> None:
        where = "" if line is None else f"line {line}, column {column}: "
        super().__init__(where + message, file=file)
        self.text, self.line, self.column = message, line, column
