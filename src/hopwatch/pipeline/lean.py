"""Keeps libraries out of a process of hopwatch's own that nothing in it uses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

UNUSED = ("numpy", "pandas")


class _NotHere:
    """Says of some modules that they are not installed."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        if name in UNUSED:
            raise ModuleNotFoundError(f"hopwatch uses no {name}", name=name)


def keep_out() -> None:
    """Have numpy and pandas taken for not installed, unless they are loaded.

    pyarrow loads both where they are installed, which takes as long as a small scan. Not for a process of others, which
    may use them: call it where a program begins.
    """
    sys.meta_path.insert(0, _NotHere)
