"""What only the whole of the events shows: duplicates, and parents that are not named."""

from __future__ import annotations

from typing import Any

from tests.support.reading import Row, normalise, normalise_files


def event(second: int, record: int | None, event_id: int = 4624, host: str = "SRV01.corp", **fields: Any) -> Row:
    return {
        "Event": {
            "System": {
                "EventID": event_id, "Channel": "Security", "Computer": host, "EventRecordID": record,
                "TimeCreated": {"#attributes": {"SystemTime": f"2026-03-10T12:00:{second:02d}Z"}},
            },
            "EventData": fields,
        }
    }  # fmt: skip


def created(second: int, record: int, pid: str, creator: str, name: str, **more: Any) -> Row:
    return event(second, record, 4688, NewProcessId=pid, ProcessId=creator, NewProcessName=name, **more)


def test_a_record_read_from_two_files_counts_once_and_the_least_file_name_stays() -> None:
    rows, summary = normalise_files({"b.evtx": [event(1, 7)], "a.evtx": [event(1, 7)], "c.evtx": [event(1, 7)]})
    assert [row["source_file"] for row in rows] == ["a.evtx"]
    assert (summary.records, summary.kept, summary.duplicates) == (3, 3, 2)


def test_a_record_twice_in_one_file_counts_once() -> None:
    rows, summary = normalise_files({"a.evtx": [event(1, 7), event(2, 8), event(1, 7)]})
    assert ([row["record_id"] for row in rows], summary.duplicates) == ([7, 8], 1)


def test_a_record_that_differs_in_place_is_another() -> None:
    others = [event(1, 8), event(2, 7), event(1, 7, 4625), event(1, 7, host="SRV02"), event(1, 7)]
    assert len(normalise(*others)) == 5


def test_a_host_named_short_and_long_is_one_host() -> None:
    assert len(normalise(event(1, 7), event(1, 7, host="srv01"))) == 1


def test_without_a_record_id_the_content_decides() -> None:
    rows = normalise(*(event(1, None, TargetUserName=name) for name in "aab"))
    assert [row["TargetUserName"] for row in sorted(rows, key=lambda r: str(r["TargetUserName"]))] == ["a", "b"]


def test_a_process_without_its_parents_name_takes_that_of_the_last_process_with_its_creators_id() -> None:
    rows = normalise(
        created(1, 1, "0x100", "0x4", "C:\\Windows\\old.exe"),
        created(2, 2, "0x100", "0x4", "C:\\Windows\\PSEXESVC.exe"),
        created(3, 3, "0x200", "0x100", "C:\\Windows\\System32\\cmd.exe"),
        created(4, 4, "0x100", "0x4", "C:\\Windows\\later.exe"),
    )
    assert (rows[2]["parent_name"], rows[2]["ParentProcessName"]) == ("psexesvc.exe", "C:\\Windows\\PSEXESVC.exe")


def test_a_parent_that_is_named_stays() -> None:
    rows = normalise(
        created(1, 1, "0x100", "0x4", "C:\\Windows\\old.exe"),
        created(2, 2, "0x200", "0x100", "C:\\Windows\\System32\\cmd.exe", ParentProcessName="C:\\right.exe"),
    )
    assert rows[1]["parent_name"] == "right.exe"


def test_a_process_of_another_host_is_no_parent() -> None:
    other = created(1, 1, "0x100", "0x4", "C:\\Windows\\old.exe")
    other["Event"]["System"]["Computer"] = "SRV02.corp.example"
    here = [created(2, 2, "0x200", "0x100", "C:\\cmd.exe"), created(3, 3, "0x300", "0x999", "C:\\x.exe")]
    rows = normalise(other, *here)
    assert [row["parent_name"] for row in rows] == [None, None, None]
