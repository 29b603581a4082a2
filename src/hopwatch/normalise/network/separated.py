"""Parses runs of separated lines to columns of texts."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from pyarrow import csv

from hopwatch.model.lines import SeparatedLines

Bad = Callable[[int], None]
UNIT = b"\x1f"  # stands for a separator of several bytes


def parse(lines: SeparatedLines, wanted: frozenset[str], bad: Bad) -> pa.Table:
    """Give the wanted fields of lines as columns of text; `bad(n)` hears of lines that have other than all fields."""
    names = _unique(lines.fields)
    picked = [name for name in names if name in wanted]
    content, separator = _plain(lines)
    skipped: list[object] = []

    def skip(row: object) -> str:
        skipped.append(None)
        return "skip"

    try:
        table = csv.read_csv(
            pa.BufferReader(content),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(content) + 1),
            csv.ParseOptions(delimiter=separator.decode(), quote_char=False, invalid_row_handler=skip),
            _converted(picked, lines.nulls),
        )
    except (pa.ArrowInvalid, ValueError):  # a stray carriage return, nothing but blank lines
        return _parse_slowly(content, separator, names, _converted(picked, lines.nulls), bad)
    if skipped:
        bad(len(skipped))
    return table


def _converted(names: list[str], nulls: tuple[str, ...]) -> csv.ConvertOptions:
    return csv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        include_columns=names,
        null_values=[*nulls, ""],
        strings_can_be_null=True,
    )


def _plain(lines: SeparatedLines) -> tuple[bytes, bytes]:
    """The content as UTF-8 whatever it was, and its separator as one byte of ASCII."""
    content, separator = lines.lines, lines.separator
    if len(separator) != 1 or not separator.isascii() or separator in b"\r\n":
        content, separator = content.replace(separator, UNIT), UNIT
    return content if content.isascii() else content.decode("utf-8", "replace").encode(), separator


def _parse_slowly(
    content: bytes, separator: bytes, names: list[str], options: csv.ConvertOptions, bad: Bad
) -> pa.Table:
    """The same, line by line, for content that the fast parser refuses."""
    rows = []
    for line in content.split(b"\n"):
        cells = line.rstrip(b"\r").decode().split(separator.decode())
        if len(cells) == len(names) and line.strip():
            rows.append([None if cell in options.null_values else cell for cell in cells])
        elif line.strip():
            bad(1)
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(columns[names.index(name)], pa.string()) for name in options.include_columns})


def _unique(fields: tuple[str, ...]) -> list[str]:
    """Names that differ, whatever a damaged header repeats."""
    return [name if name not in fields[:i] else f"{name}#{i}" for i, name in enumerate(fields)]
