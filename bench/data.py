"""Makes large logs of given ones: every copy of a record has a time and a record id of its own."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import count as countup
from itertools import islice
from pathlib import Path
from random import Random
from zlib import crc32

from hopwatch.readers import evtx, jsonlines
from hopwatch.readers.inputs import sources
from hopwatch.readers.source import Source

CHUNK, HEADER = evtx.CHUNK, evtx.HEADER
RECORD = b"**\x00\x00"
APART = 10  # days between two copies, the later ones earlier: a time in the future no log could have
IDS = 10_000_000  # between the record ids of two copies
CONN = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state"
    " missed_bytes history orig_pkts resp_pkts"
)
PORTS = (443, 443, 80, 53, 445, 8080, 443, 53, 389, 443, 88, 135, 443, 80)  # of a network's everyday work
ID, TIME = 0x0A, 0x11  # the types of the values that are to change: unsigned number, FILETIME
TICKS = 864_000_000_000  # of a FILETIME in a day
EVENT_ID_PLACE, NUMBERED = 3, 0x06  # the event id is the fourth value, an unsigned number of two bytes
# Events of a busy host that no rule asks for: handles, objects, sockets, audits of privileges that are in use.
ORDINARY = (4656, 4658, 4690, 4663, 5158, 4703, 4673, 4985)
EVENT_ID = re.compile(rb'("(?:EventID|event_id)"\s*:\s*(?:\{.{0,80}?"#text"\s*:\s*)?"?)(\d{1,9})')
DAY = re.compile(rb"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?=[T ])")
NUMBER = re.compile(rb'("(?:RecordNumber|EventRecordID|record_id|record_number|EventRecordId)"\s*:\s*"?)(\d+)')


def write_json(folder: Path, out: Path, count: int, every: int = 1) -> int:
    """Write so many JSON lines; give how many there are, none where the folder has none.

    Only one in `every` keeps its event id: the others get one of those that no rule asks for.
    """
    with out.open("wb") as stream:
        written = 0
        for text in islice(_copies(folder), count):
            if written % every:
                text = EVENT_ID.sub(rb"\g<1>%d" % _ordinary(written), text, 1)
            stream.write(text + b"\n")
            written += 1
    return written


def _copies(folder: Path) -> Iterator[bytes]:
    for copy in countup():
        some = False
        for text in _json_texts(folder):
            some = True
            yield _shifted(text, copy)
        if not some:
            return


def _json_texts(folder: Path) -> Iterator[bytes]:
    for source in _sources(folder):
        if jsonlines.claims(source.head()):
            for batch in jsonlines.read(source, lambda reason: None):
                yield from (text for text in batch if b"EventID" in text or b"event_id" in text)  # type: ignore[union-attr]


def _sources(folder: Path) -> Iterator[Source]:
    return sources([folder], lambda file, reason: None)


def _shifted(text: bytes, copy: int) -> bytes:
    if not copy:
        return text
    text = DAY.sub(lambda found: _day(found[0], copy), text)
    return NUMBER.sub(lambda found: found[1] + str(int(found[2]) + copy * IDS).encode(), text)


@lru_cache(maxsize=4096)
def _day(day: bytes, copy: int) -> bytes:
    return (date.fromisoformat(day.decode()) - timedelta(days=copy * APART)).isoformat().encode()


def _ordinary(number: int) -> int:
    return ORDINARY[number % len(ORDINARY)]


def write_evtx(folder: Path, out: Path, least: int, every: int = 1) -> int:
    """Write an EVTX file of the chunks of given ones until it has at least so many records; give how many.

    Only one record in `every` keeps its event id.
    """
    chunks = [chunk for source in _sources(folder) if evtx.claims(source.head()) for chunk in _chunks(source)]
    count = copy = written = 0
    with out.open("wb") as stream:
        stream.write(bytes(HEADER))
        while chunks and count < least:
            for place, chunk in enumerate(chunks):
                records, content = _copied(chunk, copy, copy * IDS + place * 10_000, every)
                stream.write(content)
                count += records
                written += 1
            copy += 1
        stream.seek(0)
        stream.write(_header(written))
    return count


def _chunks(source: Source) -> Iterator[bytes]:
    with source.open() as stream:
        stream.read(HEADER)
        while len(chunk := stream.read(CHUNK)) == CHUNK:
            if chunk.startswith(evtx.CHUNK_MAGIC):
                yield chunk


def _copied(chunk: bytes, copy: int, first: int, every: int) -> tuple[int, bytes]:
    """A chunk whose records have ids from `first` on and times a little earlier with every copy; and how many."""
    content = bytearray(chunk)
    place, count = 512, 0
    used = min(struct.unpack_from("<I", chunk, 48)[0], CHUNK)  # what stands behind it was overwritten in part
    while place < used and content.startswith(RECORD, place):
        size, _, time = struct.unpack_from("<IQQ", content, place + 4)
        if not 24 < size <= used - place:
            break
        struct.pack_into("<QQ", content, place + 8, first + count, _earlier(time, copy))
        values = list(_values(content, place + 24))
        at = dict(reversed([(kind, at) for at, kind in values]))  # the first of each type
        if ID in at:
            struct.pack_into("<Q", content, at[ID], first + count)
        if TIME in at:
            struct.pack_into("<Q", content, at[TIME], _earlier(struct.unpack_from("<Q", content, at[TIME])[0], copy))
        numbered, kind = values[EVENT_ID_PLACE] if len(values) > EVENT_ID_PLACE else (0, 0)
        if kind == NUMBERED and (first + count) % every:
            struct.pack_into("<H", content, numbered, _ordinary(count))
        place, count = place + size, count + 1
    struct.pack_into("<QQQQ", content, 8, first, first + max(count, 1) - 1, first, first + max(count, 1) - 1)
    struct.pack_into("<I", content, 52, crc32(content[512 : struct.unpack_from("<I", content, 48)[0]]))
    struct.pack_into("<I", content, 124, crc32(content[:120] + content[128:512]))
    return count, bytes(content)


def _earlier(time: int, copy: int) -> int:
    return max(time - copy * APART * TICKS, 0)


def _values(content: bytearray, at: int) -> Iterator[tuple[int, int]]:
    """Where the values of a record of one template are, and of which type each is."""
    if content[at : at + 5] != b"\x0f\x01\x01\x00\x0c":
        return
    definition = struct.unpack_from("<I", content, at + 10)[0]
    at += 14
    if definition == at:  # the template stands here, before its first use
        at += 24 + struct.unpack_from("<I", content, at + 20)[0]
    (values,) = struct.unpack_from("<I", content, at)
    place = at + 4 + 4 * values
    for number in range(values if values < 1000 else 0):
        size, kind = struct.unpack_from("<HB", content, at + 4 + 4 * number)
        yield place, kind if size == (2 if kind == NUMBERED else 8) else 0
        place += size


def write_conn(out: Path, count: int, addresses: list[str], begin: float, days: float) -> None:
    """Write so many connections between given addresses as a Zeek log, in order of time."""
    random = Random(1)
    with out.open("w", encoding="ascii") as stream:
        stream.write("#separator \\x09\n#path\tconn\n#fields\t" + "\t".join(CONN.split()) + "\n")
        for number in range(count):
            time = begin + days * 86400 * number / count
            orig, resp = random.choices(addresses, k=2)
            ends = f"{orig}\t{49152 + number % 16000}\t{resp}\t{PORTS[number % len(PORTS)]}"
            stream.write(
                f"{time:.6f}\tC{number:x}\t{ends}\ttcp\t-\t1.5\t{number % 9000}\t4000\tSF\t0\tShADdaFf\t12\t11\n"
            )


def _header(chunks: int) -> bytes:
    head = struct.pack("<8sQQQIHHHH", evtx.MAGIC, 0, max(chunks - 1, 0), 1, 128, 1, 3, HEADER, min(chunks, 0xFFFF))
    head = head.ljust(120, b"\x00")
    return (head + struct.pack("<II", 0, crc32(head))).ljust(HEADER, b"\x00")
