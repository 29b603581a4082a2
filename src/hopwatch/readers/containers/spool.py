"""Temporary files for what can be read once only (pipes), or must be read out of order (archives in archives)."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import BinaryIO

from hopwatch.readers.containers.limits import TOO_LARGE, TooLarge
from hopwatch.readers.source import UNREADABLE

CHUNK = 2**20


def spooled(stream: BinaryIO, limit: int) -> tuple[Path, Exception | None]:
    """Write a stream to a temporary file, and give the error that ended it early, if any."""
    with tempfile.NamedTemporaryFile(dir=_folder(), delete=False) as file:
        try:
            while data := stream.read(CHUNK):
                limit -= len(data)
                if limit < 0:
                    return Path(file.name), TooLarge(TOO_LARGE)
                file.write(data)
            stream.read(1)
        except UNREADABLE as error:
            return Path(file.name), error
    return Path(file.name), None


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hopwatch-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def clear() -> None:
    """Remove the temporary files of this process: no source that leans on them can be opened after that."""
    if _folder.cache_info().currsize:
        shutil.rmtree(_folder(), ignore_errors=True)
        _folder.cache_clear()
