"""Cleans columns of texts, each different text once: addresses in one form, C escapes undone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa

from hopwatch.normalise.address import canonical

ESCAPE = re.compile(rb"\\(\\|x[0-9a-fA-F]{2})")
BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
PLAIN_ADDRESS = re.compile(rf"(?:{BYTE}\.){{3}}{BYTE}")  # in one form already, as nearly all are
Change = Callable[[str | None], str | None]


def is_address(column: str) -> bool:
    """Whether a column holds addresses, by our naming."""
    return column == "ip" or column.endswith("_ip")


def cleaned(table: pa.Table, escapes: bool) -> pa.Table:
    """Give a table of texts with its addresses in one form and, where the log has them, C escapes undone."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.combine_chunks()
        if is_address(name):
            values = changed(values, address)
        elif escapes:
            values = _unescaped(values)
        columns[name] = values
    return pa.table(columns)


def changed(values: pa.Array, change: Change) -> pa.Array:
    """Change each different text of an array once."""
    coded = values.dictionary_encode()
    texts = pa.array([change(text) for text in coded.dictionary.to_pylist()], pa.string())
    return texts.take(coded.indices)


def address(text: str | None) -> str | None:
    """Give an address in one form, null for what is none."""
    return text if text and PLAIN_ADDRESS.fullmatch(text) else canonical(text)


def unescape(text: str | None) -> str | None:
    """Undo C escapes as Zeek writes them: a doubled backslash, and bytes as \\x2c."""
    if text is None or "\\" not in text:
        return text
    return ESCAPE.sub(_byte, text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def _byte(found: re.Match[bytes]) -> bytes:
    return b"\\" if found[1] == b"\\" else bytes.fromhex(found[1][1:].decode())


def _unescaped(values: pa.Array) -> pa.Array:
    import pyarrow.compute as pc  # slow to import, and no Windows log needs it

    if pa.types.is_list(values.type):
        inner = _unescaped(values.flatten())
        return pa.ListArray.from_arrays(values.offsets, inner, mask=pc.is_null(values)) if len(inner) else values
    if not pc.any(pc.match_substring(values, "\\")).as_py():
        return values
    return changed(values, unescape)
