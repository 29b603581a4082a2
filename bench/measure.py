"""Runs a command and measures it: wall-clock seconds, and the peak memory of it and its processes together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
EVERY = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True)
class Run:
    """What one run took; `memory` is in MiB, 0 where the system does not tell. `output` is what it printed."""

    seconds: float
    memory: int
    output: str


def run(*command: str) -> Run:
    """Run this Python with a command."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(EVERY)
    seconds = time.perf_counter() - begin
    output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(seconds, peak // 1024, output)


def _memory(pid: int) -> int:
    """The memory of a process and its children in KiB, what they share counted once."""
    return sum(map(_own, [pid, *_children(pid)]))


def _own(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text("ascii").split())
    except OSError:
        return []
    return found + [deeper for child in found for deeper in _children(child)]
