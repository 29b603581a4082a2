"""No bytes whatever make a reader or the normalisation raise, hang or eat memory: damaged files of every format.

`HOPWATCH_FUZZ_CASES` is the number of cases of all formats together (`make fuzz` raises it). A case is its format and
number, which a failure names.
"""

from __future__ import annotations

import faulthandler
import gzip
import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import duckdb
import pytest

from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.readers.evtxtemplates import Templates
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from hopwatch.store.database import connect
from tests.normalise.test_shapes import MESSAGE, RECORDS
from tests.readers import test_csv as csv
from tests.readers.test_csv import table
from tests.support.event_xml import Style, event_xml, flat_xml
from tests.support.evtx_writer import write
from tests.support.mutate import mutate
from tests.support.packing import PACKERS, tarred, zipped
from tests.support.seven_writer import write_seven

CASES = int(os.environ.get("HOPWATCH_FUZZ_CASES", "2200"))
FLUSH = 300  # cases between two writes to the store: most of the time goes there
SLOW = 5.0  # seconds of work that no case may take
HUNG = 120 + CASES // 10  # seconds after which the run is stopped and shows where it was
MEMORY = 700 * 2**20  # bytes that all cases of a format may add

EVENTS = [RECORDS["evtx"]] * 12
LINES = b"".join(json.dumps(record).encode() + b"\n" for record in RECORDS.values())
PRETTY = b"".join(b"Record 1\n" + json.dumps(record, indent=2).encode() + b"\n" for record in RECORDS.values())
EVTXECMD = table(*[csv.EVTXECMD] * 6)
VIEWER = table(*[csv.VIEWER] * 6, more=MESSAGE)
Content = Callable[[Random], bytes]


EVTX = write(EVENTS)
LONG_EVTX = write(EVENTS * 8)
GZIP = gzip.compress(LINES, mtime=0)
XML = "\n".join(
    event_xml(RECORDS["evtx"], Style(quote, space=space)) for quote in "'\"" for space in ("", "\n ")
).encode()
NXLOG_XML = (flat_xml({k: v for k, v in RECORDS["nxlog"].items() if k != "@timestamp"}) + "\n").encode() * 3
XML_IN_JSON = b"".join(json.dumps({"result": {"_raw": line}}).encode() + b"\n" for line in XML.decode().splitlines())
MEMBERS = {"a.json": LINES, "b.json.gz": GZIP, "__MACOSX/._a.json": b"x"}
ZIP = zipped(MEMBERS)
TAR = tarred(MEMBERS)
STREAMS = {kind: pack(LINES) for kind, pack in PACKERS.items() if kind != "gz"}
UTF16 = LINES.decode().encode("utf-16")
USED = 4096 + 512 + 6000  # where an EVTX file's few records are

FORMATS: dict[str, Content] = {
    "evtx": lambda random: mutate(EVTX[:USED], random) + EVTX[USED:],
    "evtx, whole file": lambda random: mutate(LONG_EVTX, random),
    "json lines": lambda random: mutate(LINES, random),
    "json line": lambda random: mutate(json.dumps(random.choice(list(RECORDS.values()))).encode(), random),
    "json array": lambda random: mutate(json.dumps(list(RECORDS.values())).encode(), random),
    "XML events": lambda random: mutate(XML, random),
    "NXLog XML": lambda random: mutate(NXLOG_XML, random),
    "XML in JSON": lambda random: mutate(XML_IN_JSON, random),
    "pretty json": lambda random: mutate(PRETTY, random),
    "csv, EvtxECmd": lambda random: mutate(EVTXECMD, random),
    "csv, Event Viewer": lambda random: mutate(VIEWER, random),
    "gzip": lambda random: random.choice((mutate(GZIP, random), gzip.compress(mutate(LINES, random), 1))),
    "zip": lambda random: random.choice((mutate(ZIP, random), zipped({"a": mutate(EVTX, random)}))),
    "tar.gz": lambda random: random.choice((mutate(TAR, random), gzip.compress(mutate(TAR, random), 1))),
    "other streams": lambda random: mutate(STREAMS[random.choice(list(STREAMS))], random),
    "7z": lambda random: random.choice(
        (
            mutate(write_seven(MEMBERS), random),
            write_seven(MEMBERS, lambda header: mutate(header, random)),
            write_seven({"a.json": mutate(LINES, random)}),
        )
    ),
    "utf-16": lambda random: mutate(UTF16, random),
}


@contextmanager
def watched(kind: str, number: int) -> Iterator[None]:
    """Name the case that fails, and fail one that is slow."""
    begin = time.process_time()
    try:
        yield
    except BaseException as error:
        error.add_note(f"case {number} of {kind!r}")
        raise
    assert time.process_time() - begin < SLOW, f"case {number} of {kind!r} is slow"


def run(kind: str, cases: int, ingest: Ingest, path: Path) -> None:
    for number in range(cases):
        with watched(kind, number):
            path.write_bytes(FORMATS[kind](Random(f"{kind} {number}")))
            for source in sources([path], ingest.summary.skip):
                name = source.name
                skip = partial(ingest.summary.skip, name)
                for batch in read(source, skip, templates=None if number % 2 else Templates()):
                    ingest.add(batch, name)
            if number % FLUSH == FLUSH - 1:
                finish(ingest)
    with watched(kind, cases):
        finish(ingest)


def finish(ingest: Ingest) -> None:
    """Bring what was read into the store, mend it and let it go, so that a long run stays small."""
    ingest.finish()
    ingest.con.execute("DELETE FROM windows_event")


@pytest.fixture(scope="module")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as con:
        yield con


@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_files_are_read_as_far_as_they_can_be(
    kind: str, tmp_path: Path, store: duckdb.DuckDBPyConnection
) -> None:
    store.execute("DELETE FROM windows_event")
    summary = Summary()
    faulthandler.dump_traceback_later(HUNG, exit=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        run(kind, CASES // len(FORMATS), Ingest(store, None, summary), tmp_path / "damaged")
    finally:
        faulthandler.cancel_dump_traceback_later()
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MEMORY
    assert summary.kept > 0, "the damage is so great that nothing is tested behind the readers"
    assert summary.skips, "the damage is so small that nothing is tested"
