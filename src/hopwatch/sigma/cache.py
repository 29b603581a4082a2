"""Keeps what rules compiled to from one run to the next, by hash."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

MOST = 50_000  # entries; beyond that all are forgotten


def folder() -> Path:
    """Where this user's caches are."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base) / "hopwatch"


def recall(name: str, keys: Iterable[str]) -> dict[str, bytes]:
    """Give what the cache of a name holds under the keys; nothing where it cannot be read."""
    path = folder() / f"{name}.sqlite"
    if not path.exists():
        return {}
    try:
        con = sqlite3.connect(path, timeout=2)
        try:
            found = (con.execute("SELECT key, value FROM entry WHERE key = ?", (key,)).fetchone() for key in keys)
            return {row[0]: row[1] for row in found if row is not None}
        finally:
            con.close()
    except sqlite3.Error:
        return {}


def remember(name: str, values: Mapping[str, bytes]) -> None:
    """Put values into the cache of a name; one that cannot be written only costs time."""
    path = folder() / f"{name}.sqlite"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, values)
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)  # damaged: begun anew the next time
    except OSError:
        pass


def _write(path: Path, values: Mapping[str, bytes]) -> None:
    con = sqlite3.connect(path, timeout=2)
    try:
        con.execute("CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        (held,) = con.execute("SELECT count(*) FROM entry").fetchone()
        if held > MOST:
            con.execute("DELETE FROM entry")
        con.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", list(values.items()))
        con.commit()
    finally:
        con.close()
