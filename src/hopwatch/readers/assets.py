"""Lists of assets, CSV or JSON: hosts with their addresses and roles."""

from __future__ import annotations

import csv
import io
import ipaddress
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from hopwatch.model.asset import Asset
from hopwatch.model.errors import InputError
from hopwatch.readers.batch import Batch, Report, batches
from hopwatch.readers.source import Source, end, shown

SIZE_LIMIT = 256 * 2**20
NAMES = {"hostname": "host", "name": "host", "ip_address": "ip", "address": "ip", "mac_address": "mac", "roles": "role"}
BOM = "\ufeff"
SEPARATORS = ",;\t"
Row = dict[str, Any]


def claims(head: bytes) -> bool:
    """Whether the content begins with a CSV header that names hosts and addresses."""
    return _header(head.decode("utf-8", "replace")) is not None


def read(source: Source, report: Report) -> Iterator[Batch]:
    """Give a CSV list's rows as JSON records in batches; a row that is none is reported, never raised."""
    with source.open() as stream:
        content = stream.read(SIZE_LIMIT + 1)
        if len(content) > SIZE_LIMIT:
            report(f"a list of assets of more than {SIZE_LIMIT // 2**20} MiB")
            return
        yield from batches(_texts(content.decode("utf-8", "replace"), report))
        end(stream)


def read_assets(path: Path) -> list[Asset]:
    """Read a list of assets that the user gave, CSV or JSON (an array, an object with `assets`, or lines).

    Raises InputError with file, line and value for what cannot be read and for a row without host or address.
    """
    name = shown(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=name) from error
    rows = _json_rows(text, name) if text.lstrip().startswith(("{", "[")) else _csv_rows(text, name)
    return [asset for line, row in rows for asset in _assets(row, name, line)]


def _assets(row: Row, file: str, line: int) -> Iterator[Asset]:
    """The assets of one row, one an address."""
    row = {NAMES.get(str(key).strip().lower(), str(key).strip().lower()): value for key, value in row.items()}
    host = _text(row.get("host"))
    if not host:
        raise InputError("an asset without a host", file=file, line=line)
    addresses = row.get("ip")
    for text in addresses if isinstance(addresses, list) else str(addresses or "").replace(";", " ").split():
        ip = _address(text, file, line)
        yield Asset(host, ip, _text(row.get("role")), _text(row.get("mac")), _text(row.get("owner")), line)
    if not addresses:
        raise InputError(f"asset {host!r} has no ip", file=file, line=line)


def _address(value: object, file: str, line: int) -> str:
    try:
        return str(ipaddress.ip_address(str(value).strip()))
    except ValueError:
        raise InputError(f"{str(value)[:80]!r} is no IP address", file=file, line=line) from None


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return str(value).strip() or None if value is not None else None


def _csv_rows(text: str, file: str) -> Iterator[tuple[int, Row]]:
    found = _header(text)
    if found is None:
        first = text.partition("\n")[0][:80]
        raise InputError(f"no line of names with host and ip among them, but {first!r}", file=file, line=1)
    try:
        for line, cells, names in _cells(text, found):
            if len(cells) > len(names):
                reason = f"{len(cells)} values for {len(names)} columns, from {cells[0][:80]!r} on"
                raise InputError(reason, file=file, line=line)
            yield line, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", file=file) from error


def _json_rows(text: str, file: str) -> Iterator[tuple[int, Row]]:
    try:
        value = json.loads(text)
    except RecursionError:
        raise InputError("JSON that nests too deeply", file=file) from None
    except ValueError:
        yield from _json_lines(text, file)
        return
    if isinstance(value, dict):
        value = value.get("assets", [value])
    if not isinstance(value, list):
        raise InputError("`assets` is no list", file=file)
    for number, row in enumerate(value, 1):
        if not isinstance(row, dict):
            raise InputError(f"asset {number} is no object but {str(row)[:80]!r}", file=file)
        yield number, row


def _json_lines(text: str, file: str) -> Iterator[tuple[int, Row]]:
    for line, part in enumerate(text.splitlines(), 1):
        if not part.strip():
            continue
        try:
            row = json.loads(part)
        except (ValueError, RecursionError) as error:
            raise InputError(f"not JSON: {error}", file=file, line=line) from error
        if not isinstance(row, dict):
            raise InputError(f"no object but {part[:80]!r}", file=file, line=line)
        yield line, row


def _header(text: str) -> tuple[str, list[str]] | None:
    """The separator and the names of a CSV header, None where the first line is none."""
    first = text.removeprefix(BOM).partition("\n")[0].strip()
    for separator in SEPARATORS:
        names = [part.strip().strip('"').lower() for part in first.split(separator)]
        names = [NAMES.get(name, name) for name in names]
        if "host" in names and "ip" in names:
            return separator, names
    return None


def _cells(text: str, header: tuple[str, list[str]]) -> Iterator[tuple[int, list[str], list[str]]]:
    """The rows below the header, with their lines; raises csv.Error."""
    separator, names = header
    reader = csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=separator)
    next(reader, None)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells, names


def _texts(text: str, report: Report) -> Iterator[bytes]:
    header = _header(text)
    if header is None:
        return
    rows = _cells(text, header)
    while True:
        try:
            found = next(rows, None)
        except csv.Error:
            report("a damaged line of a CSV list")
            continue
        if found is None:
            return
        _, cells, names = found
        if len(cells) > len(names):
            report("a line of a CSV list with more values than columns")
            continue
        yield from _records({k: v.strip() for k, v in zip(names, cells, strict=False)}, report)


def _records(row: dict[str, str], report: Report) -> Iterable[bytes]:
    addresses = row.get("ip", "").replace(";", " ").split()
    if not addresses or not row.get("host"):
        report("a line of a CSV list without host or address")
    return [orjson.dumps({**row, "ip": ip}) for ip in addresses if row.get("host")]
