"""What is passed over before it is parsed could not have mattered."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

import json

import pytest

from hopwatch.normalise.wanted import Asked, Grade, Wanted
from tests.support.reading import normalise_files

SYSMON, WINRM = "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-WinRM/Operational"
ASKED = Asked(
    {SYSMON: {7, 13}, WINRM: {13}, "Security": {4624}},
    {(SYSMON, 13): [("imagepath", "services"), ("\\\\", "services")], (SYSMON, 7): [("taskschd.dll",)]},
    frozenset({13}),
)


def record(channel: str, event_id: object, text: str = "", minute: int = 0) -> dict[str, object]:
    return {
        "@timestamp": f"2026-03-10T09:{minute:02}:00Z", "computer_name": "SRV01", "log_name": channel, "event_id": event_id,
        "event_data": {"TargetObject": text}, "record_number": minute,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "grade"),
    [
        pytest.param(record("Security", 4624), Grade.ALL, id="an event without words is needed whole"),
        pytest.param(record("Security", 4625), Grade.NOTHING, id="one that nobody asks for is not"),
        pytest.param(record(SYSMON, 7, "C:\\TASKSCHD.dll"), Grade.ALL, id="one with the word is, whatever its case"),
        pytest.param(record(SYSMON, 7, "other.dll"), Grade.NOTHING, id="one without the word is not"),
        pytest.param(record(SYSMON, 13, "Services\\x\\ImagePath"), Grade.ALL, id="all words are there"),
        pytest.param(record(SYSMON, 13, "Services\\\\x"), Grade.ALL, id="two backslashes are four in JSON"),
        pytest.param(record(SYSMON, 13, "Services\\x"), Grade.PRESENCE, id="one is two"),
        pytest.param(record(SYSMON, 13, "Services\\x\\Start"), Grade.PRESENCE, id="of a kind that shows a leg, presence counts"),
        pytest.param(record(WINRM, 13), Grade.ALL, id="the words are those of the record's channel"),
        pytest.param(record("another", 13), Grade.ALL, id="without a known channel nothing is presumed"),
        pytest.param({"EventId": 4625}, Grade.NOTHING, id="the id may be written as EvtxECmd does"),
        pytest.param({"EventCode": "4625"}, Grade.NOTHING, id="or as Splunk does"),
        pytest.param({"no": "id"}, Grade.ALL, id="without an event id nothing is presumed"),
    ],
)  # fmt: skip
def test_a_record_is_graded_by_its_text(given: dict[str, object], grade: Grade) -> None:
    assert Wanted(ASKED).grade(json.dumps(given).encode()) is grade


def test_of_events_whose_presence_counts_one_in_five_minutes_is_kept() -> None:
    rows, _ = normalise_files({"x": [record(SYSMON, 13, "other", minute) for minute in range(12)]}, ASKED)
    assert [row["record_id"] for row in rows] == [0, 5, 10]
