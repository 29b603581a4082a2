"""Rows that a query gave: as a table for a reader, as JSON lines, or as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from rich.table import Table
from rich.text import Text

from hopwatch.report.safe import cell, json_text, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

Row = Sequence[Any]
POINTERS = ("_record", "_record1")
# What a reader wants to see first of a row with many columns.
FIRST = (
    "TimeGenerated", "Timestamp", "ts", "timestamp", "Computer", "DeviceName", "source_host", "target_host", "EventID",
    "EventID1", "TargetUserName", "AccountName", "Account", "account", "IpAddress", "RemoteIP", "SourceIp", "LogonType",
    "TimeGenerated1", "ProcessName1", "ProcessName", "FileName", "CommandLine1", "CommandLine", "ProcessCommandLine",
    "SubjectUserName", "ServiceName", "ImagePath", "ServiceFileName", "TaskName", "ShareName", "RelativeTargetName",
    "id_orig_h", "id_resp_h", "id_resp_p", "src_ip", "dest_ip", "dest_port", "ActionType", "technique", "severity",
    "score",
    "alert", "WorkstationName", "Channel",
)  # fmt: skip
FEW = 12  # columns that all are shown
LEAST = 2  # columns that are shown however long they are
WIDTH = 150  # characters of a line
WIDEST = 60  # characters of a value
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def lines(columns: list[str], rows: Iterable[Row]) -> Iterator[str]:
    """Give each row as one line of JSON; what is null is left out."""
    for row in rows:
        kept = {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        yield json_text(orjson.dumps(kept).decode()) + "\n"


def sheet(columns: list[str], rows: Iterable[Row]) -> Iterator[str]:
    """Give the rows as CSV with a header, safe to open as a spreadsheet."""
    yield _csv([cell(name) for name in columns])
    for row in rows:
        yield _csv(["" if value is None else cell(_plain(value)) for value in row])


def _csv(values: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue()


def table(columns: list[str], rows: list[Row]) -> Iterator[RenderableType]:
    """Render rows as a table, each with the records that it is of below it.

    Of many columns those are shown that a reader wants first and that fit; below it says how many more there are.
    """
    chosen, left = _chosen(columns, rows)
    widths = {i: max(len(shown(columns[i])), *(len(_short(row[i])) for row in rows)) for i in chosen} if rows else {}
    if left or sum(widths.values()) + 2 * len(widths) > WIDTH:
        chosen, left = _fitting(chosen, widths, left)
    if rows:
        yield Text("  ".join(shown(columns[i]).ljust(widths[i]) for i in chosen).rstrip(), "bold")
    pointers = [i for i, name in enumerate(columns) if name in POINTERS]
    for row in rows:
        yield Text("  ".join(_aligned(row[i], widths[i]) for i in chosen).rstrip())
        for pointer in dict.fromkeys(row[i] for i in pointers if row[i]):
            yield Text(f"    {shown(pointer)}", "dim")
    count = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    more = (
        f"; {left:,} more column{'' if left == 1 else 's'} with values (--format jsonl or csv gives all)"
        if left
        else ""
    )
    yield Text(f"{count}{more}", "dim")


def _chosen(columns: list[str], rows: list[Row]) -> tuple[list[int], int]:
    """The places of the columns to show, best first where there are many, and how many others have a value anywhere."""
    own = [i for i in range(len(columns)) if columns[i] not in POINTERS]
    if len(own) <= FEW:
        return own, 0
    filled = [i for i in own if any(row[i] not in (None, "", "-") for row in rows)]
    by_name = {columns[i]: i for i in filled}
    wanted = [by_name[name] for name in FIRST if name in by_name][:FEW]
    if len(wanted) < FEW // 2:  # a table of another kind: as its columns stand
        wanted = sorted({*wanted, *filled[: FEW - len(wanted)]})
    return wanted, len(filled) - len(wanted)


def _fitting(chosen: list[int], widths: dict[int, int], left: int) -> tuple[list[int], int]:
    """The columns that fit into a line, at least two."""
    kept: list[int] = []
    width = 0
    for i in chosen:
        if width + widths.get(i, 0) <= WIDTH or len(kept) < LEAST:
            kept.append(i)
            width += widths.get(i, 0) + 2
    return kept, left + len(chosen) - len(kept)


def _aligned(value: Any, width: int) -> str:
    text = _short(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return text.rjust(width) if number else text.ljust(width)


def _short(value: Any) -> str:
    """A value in a table: times to the second, long texts cut."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    text = shown(_plain(value))
    if TIME.fullmatch(text):
        return f"{text[:10]} {text[11:19]}"
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)


def explained(plan: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Render what a query became, what in it is likely not meant, and its tightened form."""
    yield Text(f"language: {shown(plan['language'])}", "bold")
    if plan["kql"]:
        yield from _block("as Kusto's language has it", plan["kql"])
    yield from _block("SQL", plan["sql"])
    warnings = [*plan["notes"], *plan.get("warnings", ())]
    yield Text(f"\n{'What is likely not meant' if warnings else 'Nothing looks as if it were not meant'}", "bold")
    for warning in warnings:
        yield Text(f"* {shown(warning)}", "yellow")
    if plan.get("tightened"):
        yield from _block("Tightened", plan["tightened"])


def _block(title: str, text: str) -> Iterator[Text]:
    yield Text(f"\n{title}", "bold")
    for line in text.split("\n"):
        yield Text("  " + shown(line))


def listed(queries: Iterable[tuple[str, str, str]]) -> Iterator[RenderableType]:
    """Render the library: of each query its name, its title and ATT&CK's names for it."""
    grid = Table("query", "what it finds", "ATT&CK", box=None, header_style="bold", pad_edge=False)
    for row in queries:
        grid.add_row(*(Text(shown(value)) for value in row))
    yield grid


def tables(found: Mapping[str, Mapping[str, str]], only: str | None) -> Iterator[RenderableType]:
    """Render the tables that can be asked, each with its columns; of one also their types."""
    for name, columns in sorted(found.items(), key=lambda item: item[0].lower()):
        if only is None:
            names = ", ".join(column for column in list(columns)[:12])
            more = f" … ({len(columns)} columns)" if len(columns) > 12 else ""
            yield Text.assemble((f"{shown(name)}  ", "bold"), f"{shown(names)}{more}")
        elif name.lower() == only.lower():
            for column, kind in columns.items():
                yield Text(f"{shown(column):<36} {shown(kind).lower()}")
