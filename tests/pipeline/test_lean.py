"""What hopwatch does not use is not loaded, however large."""

from __future__ import annotations

import subprocess
import sys

import pytest

SAMPLE = "samples/psexec-target.evtx"
LOADED = "import sys; print(sorted(name for name in ('numpy', 'pandas') if sys.modules.get(name)))"
SCAN = f"""
import os, sys
sys.argv = ["hopwatch", "scan", "--quiet", "--out", os.devnull, {SAMPLE!r}]
from hopwatch import __main__
os._exit = lambda code: None
__main__.main()
{LOADED}
"""
LIBRARY = f"""
import pandas
import hopwatch
assert hopwatch.scan([{SAMPLE!r}]).hops
{LOADED}
"""


def printed(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_the_command_line_loads_neither_numpy_nor_pandas() -> None:
    assert printed(SCAN) == "[]"


def test_a_program_that_uses_pandas_keeps_it() -> None:
    pytest.importorskip("pandas")
    assert printed(LIBRARY) == "['numpy', 'pandas']"
