"""CSV exports of events: the header tells the product, damage costs its own rows, and what is guessed is said."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pytest

from hopwatch.readers import csvevents
from hopwatch.readers.registry import read
from hopwatch.readers.source import bytes_source
from tests.normalise.test_shapes import EXPECTED, MESSAGE, PAYLOAD, PROVIDER, RECORDS, RENDERED, SID
from tests.support.reading import Row, normalise_files, read_bytes

EVTXECMD = {
    "RecordNumber": "7", "EventRecordId": "48215", "TimeCreated": "2026-03-10 09:14:02.1520000", "EventId": "5145",
    "Level": "LogAlways", "Provider": PROVIDER, "Channel": "Security", "ProcessId": "4", "ThreadId": "88",
    "Computer": "SRV01.corp.example", "ChunkNumber": "3", "UserId": SID, "MapDescription": "Access", "UserName": "",
    "RemoteHost": "", "PayloadData1": "Share: ADMIN$", "ExecutableInfo": "", "HiddenRecord": "False",
    "SourceFile": "C:\\case\\Security.evtx", "Keywords": "Audit success", "ExtraDataOffset": "0", "Payload": PAYLOAD,
}  # fmt: skip
VIEWER = {
    "Keywords": "Audit Success", "Date and Time": "10.03.2026 09:14:02", "Source": PROVIDER, "Event ID": "5145",
    "Task Category": "Detailed File Share",
}  # fmt: skip
WINEVENT = {
    "Message": MESSAGE, "Id": "5145", "Version": "0", "Level": "0", "RecordId": "48215", "ProviderName": PROVIDER,
    "LogName": "Security", "ProcessId": "4", "MachineName": "SRV01.corp.example", "UserId": SID,
    "TimeCreated": "10/03/2026 09:14:02", "Properties": "System.Collections.Generic.List`1[System.String]",
}  # fmt: skip
WHEN = "3/10/2026, 9:14:02.152 AM"
SENTINEL = {
    "TenantId": "x", "TimeGenerated [UTC]": WHEN,
    **{k: v for k, v in RECORDS["sentinel"].items() if k not in ("TenantId", "TimeGenerated")},
}  # fmt: skip
DEFENDER = {"TimeGenerated [UTC]": WHEN} | {k: v for k, v in RECORDS["defender"].items() if k != "Timestamp"}
HAYABUSA = RECORDS["hayabusa"] | {
    part: " ¦ ".join(f"{name}: {value}" for name, value in RECORDS["hayabusa"][part].items())
    for part in ("Details", "ExtraFieldInfo")
}
HOST = "the computer's name, which no column has: the events are taken as of 'SRV01', after the file"
ZONE = "the zone of the times, which no column has: they are taken as UTC where they name none"


def table(*rows: Mapping[str, Any], separator: str = ",", quote: Any = csv.QUOTE_MINIMAL, more: str = "") -> bytes:
    """The CSV of rows; `more` is a last cell that the header does not name."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quote)
    writer.writerow(rows[0])
    writer.writerows([*row.values(), *([more] if more else [])] for row in rows)
    return out.getvalue().encode()


def rows_of(content: bytes, name: str = "logs/SRV01.csv") -> tuple[list[Row], Counter[str]]:
    reports: Counter[str] = Counter()
    texts = [text for batch in read(bytes_source(name, content), lambda r: reports.update([r])) for text in batch]
    rows, summary = normalise_files({"sample": texts})  # type: ignore[dict-item]
    reports.update({reason: n for (_, reason), n in summary.skipped.items()})
    return rows, reports


def times(row: Mapping[str, Any], texts: Iterable[str]) -> list[Row]:
    return [dict(row) | {"Date and Time": text} for text in texts]


BARE = {
    "provider": None, "user_sid": None, "process_id": None,
    "AccessList": "%%4417 WriteData (or AddFile)", "event_data": None,
}  # fmt: skip
VIEWED = {"process_id": None, "user_sid": None, "record_id": None, "computer": "SRV01"} | RENDERED
FILES: list[tuple[str, bytes, Row, set[str]]] = [
    *((f"EvtxECmd, {s!r}", table(EVTXECMD, separator=s), {}, set[str]()) for s in ",;\t"),
    ("Event Viewer", table(VIEWER, more=MESSAGE.replace("\n", "\r\n")), VIEWED,
     {HOST, ZONE, "the order of day and month, which no date of the file shows: taken as day before month"}),
    ("Get-WinEvent", b"#TYPE System.Diagnostics.Reader.EventLogRecord\r\n" + table(WINEVENT, quote=csv.QUOTE_ALL),
     RENDERED, {ZONE, "the order of day and month, which no date of the file shows: taken as day before month"}),
    ("Get-WinEvent in UTF-16", table(WINEVENT | {"TimeCreated": "2026-03-10 09:14:02"}).decode().encode("utf-16"),
     RENDERED, {ZONE}),
    ("Sentinel's portal", table(SENTINEL), {}, set()),
    ("Hayabusa", table(HAYABUSA, quote=csv.QUOTE_ALL), BARE, set()),
    ("with a byte order mark", b"\xef\xbb\xbf" + table(EVTXECMD), {}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("content", "different", "reports"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_csv_export_gives_the_event_its_row(content: bytes, different: Row, reports: set[str]) -> None:
    (row,), said = rows_of(content)
    expected = EXPECTED | different
    if "computer" in different:
        expected["host"] = "srv01"
    assert {key: row[key] for key in expected} == expected
    assert row["time"].replace(microsecond=0) == datetime(2026, 3, 10, 9, 14, 2)
    assert set(said) == reports


def test_a_csv_of_defenders_rows_is_translated() -> None:
    (row,), said = rows_of(table(DEFENDER))
    assert (row["event_id"], row["LogonType"], row["ip"], row["port"]) == (4624, "3", "10.20.1.11", 50211)
    assert row["time"] == datetime(2026, 3, 10, 9, 14, 2, 152_000)
    assert not said


@pytest.mark.parametrize(
    ("written", "days"),
    [
        (["3/9/2026 9:14:02 AM", "3/10/2026 9:14:02 PM"], ["2026-03-09T09:14:02", "2026-03-10T21:14:02"]),
        (["09/03/2026 09:14:02", "25/03/2026 09:14:02"], ["2026-03-09T09:14:02", "2026-03-25T09:14:02"]),
        (["3/9/2026 12:00:00 AM", "3/25/2026 12:00:00 PM"], ["2026-03-09T00:00:00", "2026-03-25T12:00:00"]),
        (["25/3/2026 9:14:02 am", "1/3/2026 9:14:02 pm"], ["2026-03-01T21:14:02", "2026-03-25T09:14:02"]),
        (["09-03-2026 09:14:02"], ["2026-03-09T09:14:02"]),
        (["09.03.2026 9:14"], ["2026-03-09T09:14:00"]),
        (["2026-03-09 09:14:02"], ["2026-03-09T09:14:02"]),
    ],
)
def test_dates_are_read_as_the_file_shows_that_they_are_written(written: list[str], days: list[str]) -> None:
    rows, _ = rows_of(table(*times(VIEWER, written), more="A\n\tB: c"))
    assert [row["time"].isoformat() for row in rows] == days


GOOD = table(EVTXECMD).decode().splitlines(keepends=True)[1]
DAMAGE: list[tuple[str, str, int, dict[str, int]]] = [
    ("a row with a cell too many", GOOD.rstrip() + ",x\r\n", 2, {csvevents.UNEVEN: 1}),
    ("a row with cells too few", "1,2,3\r\n", 2, {csvevents.UNEVEN: 1}),
    ("empty lines", "\r\n\r\n", 2, {}),
    ("a NUL", GOOD.replace("Audit", "Au\x00dit"), 3, {"NUL characters in a line of a CSV file, which are left out": 1}),
    ("a quote that does not close", GOOD.replace('""\r\n', "\r\n")[:-3] + "\r\n", 2, {csvevents.TORN: 1}),
]


@pytest.mark.parametrize(("damage", "count", "reports"), [d[1:] for d in DAMAGE], ids=[d[0] for d in DAMAGE])
def test_damage_costs_its_own_row(damage: str, count: int, reports: dict[str, int]) -> None:
    others = [table(EVTXECMD | {"EventRecordId": str(n)}).decode().splitlines(keepends=True) for n in (1, 2)]
    records, said = read_bytes((others[0][0] + others[0][1] + damage + others[1][1]).encode())
    assert len(records) == count
    assert said == reports


def test_a_torn_message_does_not_turn_the_rest_of_the_file_inside_out() -> None:
    rows = table(*[VIEWER | {"Event ID": str(n)} for n in range(9)], more=MESSAGE).decode()
    torn = rows.replace(f'2,Detailed File Share,"{MESSAGE}"', f'2,Detailed File Share,"{MESSAGE}', 1)
    assert torn != rows
    records, said = read_bytes(torn.encode())
    assert [record["Event ID"] for record in records if "Message" in record][-6:] == ["3", "4", "5", "6", "7", "8"]
    assert said[csvevents.TORN] == 1


def test_a_quote_that_never_closes_costs_one_row_and_little_memory() -> None:
    content = table(*[EVTXECMD] * 3).decode()
    records, said = read_bytes((content + GOOD.replace('"{', "{", 1) + GOOD * 2000).encode())
    assert len(records) >= 2002
    assert csvevents.TORN in said or csvevents.UNEVEN in said


def test_a_line_of_more_than_the_limit_is_passed_over() -> None:
    long = "x" * (3 * csvevents.RECORD_LIMIT) + "\r\n"
    records, said = read_bytes(table(EVTXECMD) + long.encode() + GOOD.encode())
    assert len(records) == 2
    assert said == {csvevents.LINE_TOO_LONG: 1}


@pytest.mark.parametrize("text", ["a,b,c\n1,2,3\n", "Computer,EventID\nx,1\n", "host,ip\nWS01,10.20.1.11\n"])
def test_a_csv_of_something_else_is_not_claimed(text: str) -> None:
    assert not csvevents.claims(text.encode())
