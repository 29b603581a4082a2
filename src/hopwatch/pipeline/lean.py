"""Keeps libraries out of a process of hopwatch's own that nothing in it uses."""

from __future__ import annotations

import sys
from typing import Any

UNUSED = ("numpy", "pandas")


def keep_out() -> None:
    """Have numpy and pandas taken for not installed, unless they are loaded.

    pyarrow loads both where they are installed, which takes as long as a small scan. Not for a process of others, which
    may use them: call it where a program begins.
    """
    modules: dict[str, Any] = sys.modules
    for name in UNUSED:
        modules.setdefault(name, None)  # to import it then fails, as Python's documentation has it
