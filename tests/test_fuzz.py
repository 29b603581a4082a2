"""No bytes whatever make a reader or the normalisation raise, hang or eat memory: damaged files of every format.

`HOPWATCH_FUZZ_CASES` is the number of cases of all formats together (`make fuzz` raises it). A case is its format and
number, which a failure names.
"""

from __future__ import annotations

import faulthandler
import gzip
import io
import json
import os
import resource
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import duckdb
import pytest

from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.readers.inputs import sources
from hopwatch.readers.registry import read
from hopwatch.store.database import connect
from tests.normalise.test_shapes import RECORDS
from tests.support.event_xml import Style, event_xml, flat_xml
from tests.support.evtx_writer import write
from tests.support.mutate import mutate

CASES = int(os.environ.get("HOPWATCH_FUZZ_CASES", "2100"))
FLUSH = 300  # cases between two writes to the store: most of the time goes there
SLOW = 5.0  # seconds of work that no case may take
HUNG = 120 + CASES // 10  # seconds after which the run is stopped and shows where it was
MEMORY = 700 * 2**20  # bytes that all cases of a format may add

EVENTS = [RECORDS["evtx"]] * 12
LINES = b"".join(json.dumps(record).encode() + b"\n" for record in RECORDS.values())
Content = Callable[[Random], bytes]


def packed(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


EVTX = write(EVENTS)
LONG_EVTX = write(EVENTS * 8)
GZIP = gzip.compress(LINES, mtime=0)
ZIP = packed({"a.json": LINES, "b.json.gz": GZIP, "__MACOSX/._a.json": b"x"})
XML = "\n".join(
    event_xml(RECORDS["evtx"], Style(quote, space=space)) for quote in "'\"" for space in ("", "\n ")
).encode()
NXLOG_XML = (flat_xml({k: v for k, v in RECORDS["nxlog"].items() if k != "@timestamp"}) + "\n").encode() * 3
XML_IN_JSON = b"".join(json.dumps({"result": {"_raw": line}}).encode() + b"\n" for line in XML.decode().splitlines())
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
    "gzip": lambda random: random.choice((mutate(GZIP, random), gzip.compress(mutate(LINES, random), 1))),
    "zip": lambda random: random.choice((mutate(ZIP, random), packed({"a": mutate(EVTX, random)}))),
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
                for batch in read(source, lambda reason, name=name: ingest.summary.skip(name, reason)):  # type: ignore[misc]
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
