"""Measures how long a scan takes, process start included: `make bench`. It prints figures and asserts nothing."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
SMALL = SAMPLES / "psexec-target.evtx"
LARGE = SAMPLES / "wmi-winlogbeat.ndjson"
TIMES = 5
COPIES = 2000  # of the large sample's records, each copy an hour after the one before
SCAN = ("-m", "hopwatch", "scan")


def main() -> None:
    """Print one line for each measure: the median of several runs and how it compares."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
        python = median(environment, "-c", "pass")
        duckdb = median(environment, "-c", "import duckdb")
        cold = median(environment, *SCAN, str(SMALL), before=lambda: shutil.rmtree(cache, ignore_errors=True))
        warm = median(environment, *SCAN, str(SMALL))
        show("python -c pass", python, python)
        show('python -c "import duckdb"', duckdb, python)
        show(f"scan of {SMALL.name}, rules not yet compiled", cold, python)
        show(f"scan of {SMALL.name}", warm, python)
        large(Path(folder) / "large.ndjson", environment)


def large(file: Path, environment: dict[str, str]) -> None:
    """Measure a scan of many records, alike but for their hour."""
    records = write_copies(file)
    size = file.stat().st_size
    seconds = once(environment, *SCAN, str(file), "--format", "jsonl", "--out", os.devnull)
    print(f"scan of {records:,} records, {size / 1e6:.0f} MB: {seconds:.1f} s, {records / seconds:,.0f} records/s")


def write_copies(file: Path) -> int:
    """Write the large sample again and again, each time an hour later and with record ids of its own."""
    records = [json.loads(line) for line in LARGE.read_text("utf-8").splitlines()]
    times = [datetime.fromisoformat(record["@timestamp"]) for record in records]
    with file.open("w", encoding="utf-8") as stream:
        for copy in range(COPIES):
            for record, moment in zip(records, times, strict=True):
                record["@timestamp"] = (moment + timedelta(hours=copy)).isoformat().replace("+00:00", "Z")
                record["winlog"]["record_id"] = int(record["winlog"]["record_id"]) + len(records)
                stream.write(json.dumps(record) + "\n")
    return COPIES * len(records)


def median(environment: dict[str, str], *command: str, before: Callable[[], None] = lambda: None) -> float:
    """The median time of a few runs in seconds; one more runs first and does not count."""
    seconds = []
    for _ in range(TIMES + 1):
        before()
        seconds.append(once(environment, *command))
    return statistics.median(seconds[1:])


def once(environment: dict[str, str], *command: str) -> float:
    """The time of one run of this Python with a command, in seconds."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *command], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def show(what: str, seconds: float, python: float) -> None:
    print(f"{what:<52} {seconds * 1000:6.0f} ms  {seconds / python:5.1f} x python")


if __name__ == "__main__":
    main()
