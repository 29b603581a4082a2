"""Measures how long a scan takes and how much memory: `make bench`. It prints figures and asserts nothing.

`bench.py [startup] [speed] [network] [--logs FOLDER]`: all three where none is named. FOLDER holds the logs of which
the large ones are made; each copy of a record has a time and an id of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import data
from measure import ROOT, Run, run

SAMPLES = ROOT / "samples"
SMALL = SAMPLES / "psexec-target.evtx"
DENSE = SAMPLES / "wmi-winlogbeat.ndjson"
TIMES = 5
COPIES = 2000  # of the dense sample's records, each copy an hour after the one before
RECORDS = 300_000
FLOWS = 5_000_000
# How many records keep their event id in a log of everyday events: the rest get ids that no rule asks for.
MIXES = {"attack evidence": 1, "everyday events, 1 in 16 of attack evidence": 16}
SCAN = ("-m", "hopwatch", "scan", "--no-progress", "--quiet", "--out", os.devnull)
BARE = {
    "evtx": "from evtx import PyEvtxParser\nn=0\nfor r in PyEvtxParser({!r}).records_json(): n+=1\nprint(n)",
    "json": "import orjson\nn=0\nfor l in open({!r},'rb'): orjson.loads(l); n+=1\nprint(n)",
}


def main() -> None:
    """Run the parts that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"one of {', '.join(PARTS)}")
    parser.add_argument("--logs", type=Path, default=SAMPLES, metavar="FOLDER", help="the logs that are copied")
    given = parser.parse_args()
    parts, logs = given.parts or list(PARTS), given.logs
    with tempfile.TemporaryDirectory() as folder:
        for part in parts:
            PARTS[part](Path(folder), logs)


def startup(folder: Path, logs: Path) -> None:
    """Measure small scans, process start included: the median of several runs, and how it compares."""
    cache = folder / "cache"
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    python = median(environment, "-c", "pass")
    duckdb = median(environment, "-c", "import duckdb")
    cold = median(environment, *SCAN, str(SMALL), before=lambda: shutil.rmtree(cache, ignore_errors=True))
    warm = median(environment, *SCAN, str(SMALL))
    show("python -c pass", python, python)
    show('python -c "import duckdb"', duckdb, python)
    show(f"scan of {SMALL.name}, rules not yet compiled", cold, python)
    show(f"scan of {SMALL.name}", warm, python)


def speed(folder: Path, logs: Path) -> None:
    """Measure whole scans beside the bare decoding of the same records, and memory at one and four times the size.

    Logs that are made of samples of attacks hold far more evidence than a host's own: so there is a second mix.
    """
    makers: dict[str, Callable[[Path, Path, int, int], int]] = {"evtx": data.write_evtx, "json": data.write_json}
    file = folder / "large"
    for (kind, write), (mix, every), times in product(makers.items(), MIXES.items(), (1, 4)):
        if not write(logs, file, RECORDS * times, every):
            print(f"{logs} holds no {kind} to make large logs of")
            continue
        bare = run("-c", BARE[kind].format(str(file)))
        name = f"{kind} x{times}, {mix}"
        compare(name, int(bare.output), file.stat().st_size, run(*SCAN, str(file)), bare)
        file.unlink()
    file = folder / "dense.ndjson"
    count = write_dense(file)
    whole = run(*SCAN, str(file))
    print(f"json, a movement every 30 records: {count:,} records, {count / whole.seconds:,.0f}/s, {whole.memory} MB")


def compare(name: str, count: int, size: int, whole: Run, bare: Run) -> None:
    if whole.failed:
        print(f"{name}: the scan failed after {whole.seconds:.0f} s with {whole.memory} MB")
        return
    print(
        f"{name}: {count:,} records, {size / 1e6:,.0f} MB: scan {count / whole.seconds:,.0f}/s with {whole.memory} MB, "
        f"bare decoding {count / bare.seconds:,.0f}/s; ratio {bare.seconds / whole.seconds:.2f}"
    )


def network(folder: Path, logs: Path) -> None:
    """Measure connections beside host events of the same organisation, at one and four times the days."""
    for times in (1, 4):
        lab = folder / f"lab{times}"
        size = ("--workstations", "60", "--servers", "20", "--days", str(6 * times))
        run("-m", "hopwatch", "lab", "simulate", "--out", str(lab), *size)
        found = b"".join(file.read_bytes()[:4_000_000] for file in sorted((lab / "zeek").rglob("conn*")))
        addresses = sorted({a.decode() for a in re.findall(rb"\t(10\.\d+\.\d+\.\d+)\t", found)})
        begin = datetime.fromisoformat(
            json.loads((lab / "lab.json").read_text("utf-8"))["start"] + "+00:00"
        ).timestamp()
        data.write_conn(lab / "zeek" / "more-conn.log", FLOWS * times, addresses, begin, 6 * times)
        whole = run("bench/stages.py", str(lab / "windows"), str(lab / "zeek"))
        shutil.rmtree(lab)
        if whole.failed:
            print(f"network x{times}: failed after {whole.seconds:.0f} s with {whole.memory} MB")
            continue
        figures = json.loads(whole.output)
        print(
            f"network x{times}: {figures['records']:,} records, {figures['kept']:,} kept, {figures['hops']:,} hops: "
            f"reading {figures['reading']:.1f} s ({figures['records'] / figures['reading']:,.0f}/s), "
            f"correlation {figures['correlation']:.1f} s, {whole.memory} MB"
        )


def write_dense(file: Path) -> int:
    """Write the dense sample again and again, each time an hour later and with record ids of its own."""
    records = [json.loads(line) for line in DENSE.read_text("utf-8").splitlines()]
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
        begin = time.perf_counter()
        subprocess.run([sys.executable, *command], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds[1:])


def show(what: str, seconds: float, python: float) -> None:
    print(f"{what:<52} {seconds * 1000:6.0f} ms  {seconds / python:5.1f} x python")


PARTS = {"startup": startup, "speed": speed, "network": network}

if __name__ == "__main__":
    main()
