"""Reads and writes a baseline's file: Apache Parquet with one table of plain values, and a version."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hopwatch.baseline.rows import SCHEMA
from hopwatch.model.baseline import PARTS, Baseline
from hopwatch.model.errors import InputError

MARK, VERSION = b"hopwatch.baseline", 1
MOST_BYTES, MOST_ROWS, MOST_TEXT = 200_000_000, 10_000_000, 1_000_000_000  # of file, rows, and columns once unpacked
NAMED = ("source", "target", "account", "what", "id")
LONGEST = 400  # characters of a name


def write(baseline: Baseline, path: Path) -> None:
    """Write a baseline; the file is there as a whole or not at all. Raises InputError where it cannot be written."""
    table = baseline.rows.replace_schema_metadata({MARK: str(VERSION).encode()})
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        pq.write_table(table, name, compression="zstd", compression_level=9, write_page_checksum=True)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        Path(name).unlink(missing_ok=True)


def read(path: Path) -> Baseline:
    """Read a baseline. Raises InputError, in one sentence, for a file that is none, is newer, damaged or too large."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(f"{path} is not a file with a baseline")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if size > MOST_BYTES:
        raise InputError(f"{path} is too large for a baseline: {size:,} bytes, at most {MOST_BYTES:,}")
    try:
        return Baseline(_checked(_table(path), path))
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(f"{path} is not a baseline, or is damaged: {_first_line(error)}") from error


def _table(path: Path) -> pa.Table:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        _check_version((file.schema_arrow.metadata or {}).get(MARK), path)
        if not file.schema_arrow.equals(SCHEMA):
            raise InputError(f"{path} is not a baseline: its columns are not a baseline's")
        about = file.metadata
        unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        if about.num_rows > MOST_ROWS or unpacked > MOST_TEXT:
            raise InputError(f"{path} is too large for a baseline: {about.num_rows:,} rows, {unpacked:,} bytes")
        return file.read().replace_schema_metadata(None)


def _check_version(text: bytes | None, path: Path) -> None:
    if text is None or not text.isdigit() or len(text) > 6:
        raise InputError(f"{path} is not a baseline that hopwatch wrote")
    if int(text) > VERSION:
        raise InputError(f"{path} has version {int(text)} of a baseline; this hopwatch knows {VERSION}")


def _checked(table: pa.Table, path: Path) -> pa.Table:
    """See to it that the values are such as hopwatch writes."""
    odd = set(pc.unique(table["part"]).to_pylist()) - set(PARTS)
    if odd:
        raise InputError(f"{path} is not a baseline: it has rows of the unknown kind {str(min(map(str, odd)))[:40]!r}")
    if table["target"].null_count or table["hours"].null_count:
        raise InputError(f"{path} is not a baseline: it has rows without a target or without hours")
    longest = max((pc.max(pc.utf8_length(table[name])).as_py() or 0 for name in NAMED), default=0)
    if longest > LONGEST:
        raise InputError(f"{path} is not a baseline: a name in it is {longest:,} characters long")
    hours = pc.min_max(table["hours"]).as_py()
    if table.num_rows and not (hours["min"] >= 0 and hours["max"] < 1 << 24):
        raise InputError(f"{path} is not a baseline: its hours are not those of a day")
    return table


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
