"""Times: each shape's best one is taken, wrong clocks are mended, and the row says where its time came from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.reading import normalise, normalise_files

SYSMON = "Microsoft-Windows-Sysmon/Operational"
NOON = datetime(2026, 3, 10, 12, 0, 0)


def nxlog(event_id: int = 4624, channel: str = "Security", **fields: Any) -> dict[str, Any]:
    return {"Hostname": "WS03.corp.example", "Channel": channel, "EventID": event_id, "RecordNumber": 7, **fields}


def text(time: datetime, zone: float = 0) -> str:
    return (time + timedelta(hours=zone)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize("zone", [-8, -4, 0, 1, 5.5, 5.75, 13])
@pytest.mark.parametrize("late", [1, 149])
def test_the_two_receipt_times_of_a_collector_give_its_zone(zone: float, late: int) -> None:
    received = NOON + timedelta(seconds=late)
    times = {"EventTime": text(NOON, zone), "EventReceivedTime": text(received, zone), "@timestamp": f"{received}Z"}
    (row,) = normalise(nxlog(**times))
    assert (row["time"], row["time_source"]) == (NOON, "EventTime+zone")


@pytest.mark.parametrize(
    ("times", "time", "source"),
    [
        ({"EventTime": text(NOON), "@timestamp": text(NOON + timedelta(seconds=9)) + "Z"}, 9, "received"),
        ({"EventTime": text(NOON)}, 0, "unverified"),
        ({"EventTime": text(NOON), "EventReceivedTime": text(NOON)}, 0, "unverified"),
        ({"EventTime": "broken", "@timestamp": text(NOON) + "Z", "EventReceivedTime": text(NOON, 1)}, 0, "received"),
    ],
    ids=["no local receipt", "no receipt", "no receipt in UTC", "no readable time"],
)
def test_without_both_receipt_times_the_next_best_time_is_taken(times: dict[str, str], time: int, source: str) -> None:
    (row,) = normalise(nxlog(**times))
    assert (row["time"], row["time_source"]) == (NOON + timedelta(seconds=time), source)


@pytest.mark.parametrize("written", ["2026-03-10T13:00:00.000+01:00", "2026-03-10T07:00:00-0500", "2026-03-10T12:00Z"])
def test_a_local_time_that_names_its_zone_needs_no_collector(written: str) -> None:
    received = {"EventReceivedTime": text(NOON, 1), "@timestamp": text(NOON) + "Z"}
    (row,) = normalise(nxlog(EventTime=written, **received))
    assert row["time"] == NOON


def test_sysmons_own_time_is_better_than_the_collectors() -> None:
    late = {"EventTime": text(NOON + timedelta(seconds=40)), "@timestamp": text(NOON + timedelta(seconds=50)) + "Z"}
    (row,) = normalise(nxlog(1, SYSMON, UtcTime="2026-03-10 12:00:00.123", **late))
    assert (row["time"], row["time_source"]) == (NOON + timedelta(milliseconds=123), "UtcTime")


def test_sysmons_own_time_of_a_connection_is_not_trusted() -> None:
    days = text(NOON - timedelta(days=3)) + ".123"
    (row,) = normalise(
        nxlog(3, SYSMON, UtcTime=days, EventTime=text(NOON), EventReceivedTime=text(NOON), **{"@timestamp": text(NOON)})
    )
    assert (row["time"], row["time_source"]) == (NOON, "EventTime+zone")


def test_where_the_logs_own_time_is_sure_sysmons_is_not_asked() -> None:
    (row,) = normalise(
        {
            "@timestamp": "2026-03-10T12:00:00.500Z",
            "winlog": {
                "channel": SYSMON, "event_id": 1, "computer_name": "SRV02", "record_id": 1,
                "event_data": {"UtcTime": "2026-03-09 01:02:03.000"},
            },
        }
    )  # fmt: skip
    assert (row["time"], row["time_source"]) == (NOON + timedelta(milliseconds=500), "SystemTime")


def flat(time: str, event_id: int = 4624, channel: str = "security", **fields: Any) -> dict[str, Any]:
    times = {"TimeCreated": time, "@timestamp": time}
    return {**times, "Hostname": "SRV05", "Channel": channel, "EventID": event_id, **fields}


def clock12(time: datetime, zone: int) -> str:
    """Local time on a 12-hour clock, marked as UTC."""
    local = time + timedelta(hours=zone)
    return local.strftime("%Y-%m-%dT") + f"{(local.hour - 1) % 12 + 1:02d}" + local.strftime(":%M:%S.000Z")


@pytest.mark.parametrize("zone", [-4, 1, 9])
@pytest.mark.parametrize("hour", [0, 5, 11, 12, 17, 23])
def test_local_time_on_a_12_hour_clock_marked_as_utc_is_mended_by_sysmon(zone: int, hour: int) -> None:
    true = datetime(2026, 3, 10, hour, 20)
    process = flat(clock12(true, zone), 1, SYSMON, UtcTime=text(true), Image="C:\\a.exe")
    logon = flat(clock12(true + timedelta(minutes=2), zone), TargetUserName="m.huber")
    flow = flat(clock12(true + timedelta(minutes=3), zone), 3, SYSMON, UtcTime="2026-01-01 00:00:00.000")
    rows, summary = normalise_files({"flat.json": [logon, process, flow]})
    assert [row["time"] - true for row in rows] == [timedelta(minutes=m) for m in (0, 2, 3)]
    right = clock12(true, zone) == true.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert [row["time_source"] for row in rows] == ["UtcTime"] + ["unverified" if right else "corrected"] * 2
    assert len(summary.corrected) == (0 if right else 1)


def test_an_hour_without_sysmon_takes_the_error_of_the_files_other_hours() -> None:
    process = flat(text(NOON, 2) + "Z", 1, SYSMON, UtcTime=text(NOON))
    logon = flat(text(NOON + timedelta(hours=3), 2) + "Z", TargetUserName="m.huber")
    rows = normalise(process, logon)
    assert [row["time"] for row in rows] == [NOON, NOON + timedelta(hours=3)]


def test_one_hosts_wrong_clock_is_not_anothers() -> None:
    process = flat(text(NOON, 2) + "Z", 1, SYSMON, UtcTime=text(NOON))
    other = {**flat(text(NOON) + "Z", TargetUserName="m.huber"), "Hostname": "DC01"}
    rows = normalise(process, other)
    assert {row["host"]: row["time"] for row in rows} == {"srv05": NOON, "dc01": NOON}


def test_a_right_clock_is_left_alone() -> None:
    process = flat(text(NOON) + "Z", 1, SYSMON, UtcTime=text(NOON - timedelta(seconds=2)))
    logon = flat(text(NOON) + "Z", TargetUserName="m.huber")
    rows, summary = normalise_files({"flat.json": [process, logon]})
    assert [row["time_source"] for row in rows] == ["UtcTime", "unverified"]
    assert summary.corrected == []


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-03-10T12:00:00.123456Z", NOON.replace(microsecond=123456)),
        ("2026-03-10T12:00:00.123456700Z", NOON.replace(microsecond=123456)),
        ("2026-03-10T12:00:00.1234567Z", NOON.replace(microsecond=123456)),
        ("2026-03-10 12:00:00", NOON),
        ("2026-03-10T14:00:00+02:00", NOON),
        ("2026-03-10T12:00:00 UTC", NOON),
    ],
)
def test_a_time_is_read_however_precisely_it_is_written(written: str, time: datetime) -> None:
    (row,) = normalise(flat(written))
    assert row["time"] == time


@pytest.mark.parametrize(
    "written", ["", "now", "infinity", "-infinity", "epoch", "1601-01-01T00:00:00Z", "9999-12-31T00:00Z", "290309-1-2"]
)
def test_what_is_no_time_of_an_event_log_is_no_time(written: str) -> None:
    rows, summary = normalise_files({"flat.json": [flat(written)]})
    assert rows == []
    assert [s.reason for s in summary.skips] == ["a record without a time or a computer"]


LATE = NOON + timedelta(seconds=40)
BEAT = {"@timestamp": f"{NOON}Z", "winlog": {"channel": "Security", "event_id": 4624, "computer_name": "SRV02"}}
OPENWEC = {
    "System": {
        "TimeCreated": f"{NOON}Z", "Computer": "SRV02", "Channel": "Security", "EventID": 4624, "EventRecordID": 1,
    },
    "EventData": {},
}  # fmt: skip
SENTINEL = {"TimeGenerated": f"{NOON}Z", "Computer": "SRV02", "Channel": "Security", "EventID": 4624, "EventData": ""}
SPLUNK = {"_time": f"{NOON}Z", "ComputerName": "SRV02", "EventCode": "4624", "LogName": "Security", "Message": "x"}
FLUENT = {
    "TimeCreated": f"{NOON} +0000", "ProviderName": "P", "EventRecordID": 1, "Channel": "Security", "EventID": 4624,
    "Computer": "SRV02",
}  # fmt: skip
GELF = {"_EventID": 4624, "_Channel": "Security", "host": "SRV02", "timestamp": NOON.replace(tzinfo=UTC).timestamp()}
GRAYLOG = {
    "timestamp": f"{NOON}Z", "winlogbeat_winlog_channel": "Security", "winlogbeat_winlog_event_id": 4624,
    "winlogbeat_winlog_computer_name": "SRV02",
}  # fmt: skip


@pytest.mark.parametrize(
    "record",
    [
        BEAT | {"event": {"created": f"{LATE}Z"}},
        BEAT | {"event": {"created": f"{NOON}Z", "ingested": f"{LATE}Z"}},
        BEAT | {"event": {"created": f"{LATE + timedelta(hours=1)}+01:00"}},
        {"@timestamp": f"{NOON}Z", "winlog.channel": "Security", "winlog.event_id": 4624,
         "winlog.computer_name": "SRV02", "event.created": [f"{LATE}Z"]},
        nxlog(EventTime=text(NOON, 2), EventReceivedTime=text(LATE, 2), **{"@timestamp": f"{LATE}Z"}),
        nxlog(EventTime=text(NOON, 2), EventReceivedTime=text(LATE, 2)),
        nxlog(EventTime=f"{NOON}Z", EventReceivedTime=f"{LATE + timedelta(hours=2)}+02:00"),
        GELF | {"_EventTime": text(NOON, 2), "_EventReceivedTime": text(LATE, 2)},
        GRAYLOG | {"gl2_receive_timestamp": f"{LATE}Z"},
        OPENWEC | {"OpenWEC": {"TimeReceived": f"{LATE}Z"}},
        SENTINEL | {"TimeCollected": f"{LATE}Z"},
        SENTINEL | {"TimeCollected": f"{NOON}Z", "ingestion_time": f"{LATE}Z"},
        SPLUNK | {"_indextime": str(int(LATE.replace(tzinfo=UTC).timestamp()))},
        FLUENT | {"date": LATE.replace(tzinfo=UTC).timestamp()},
    ],
    ids=[
        "Winlogbeat", "Elasticsearch", "a zone", "dotted keys", "NXLog by Logstash", "NXLog", "NXLog with zones",
        "GELF", "Graylog", "OpenWEC", "Sentinel", "Sentinel's query", "Splunk", "Fluent Bit",
    ],
)  # fmt: skip
def test_the_time_of_receipt_is_kept_beside_the_events_own(record: dict[str, Any]) -> None:
    (row,) = normalise(record)
    assert row["received"] - row["time"] == timedelta(seconds=40)


@pytest.mark.parametrize(
    "record",
    [BEAT, OPENWEC | {"OpenWEC": {}}, SENTINEL, SPLUNK, FLUENT, BEAT | {"event": {"created": "no time"}},
     nxlog(EventTime=text(NOON)), nxlog(EventTime="broken", **{"@timestamp": text(NOON) + "Z"})],
)  # fmt: skip
def test_where_nothing_tells_the_receipt_there_is_none(record: dict[str, Any]) -> None:
    (row,) = normalise(record)
    assert row["received"] is None


def test_a_clock_that_is_mended_leaves_the_delay_as_it_was() -> None:
    process = nxlog(
        1, SYSMON, UtcTime=text(NOON) + ".000", EventTime=text(NOON, 2), EventReceivedTime=text(LATE, 2), RecordNumber=1
    )
    logon = nxlog(EventTime=text(NOON, 2), EventReceivedTime=text(LATE, 2), TargetUserName="m.huber")
    rows, _ = normalise_files({"nxlog.json": [process, logon]})
    assert {row["time_source"] for row in rows} == {"UtcTime", "corrected"}
    assert [row["received"] - row["time"] for row in rows] == [timedelta(seconds=40)] * 2
