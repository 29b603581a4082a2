"""A store keeps every event, takes in new days, and opens fast; its tables bear the names that hunters know."""

from __future__ import annotations

import time

import pytest

from hopwatch.hunt.limits import limits
from hopwatch.hunt.run import Question, ask, tables
from hopwatch.model.errors import InputError, QueryError
from hopwatch.pipeline.keep import keep, store_of
from hopwatch.pipeline.logs import LogOptions
from tests.hunt.world import SYSMON, Log, asking, stored


def day(number: int) -> Log:
    log = Log()
    log.records = []
    for i in range(5):
        log.logon("srv01", number * 1440 + i)
        log.add(9999, "srv01", number * 1440 + i, channel="Some-Vendor/Operational", Note="kept")
    return log


def test_a_store_keeps_every_event_also_those_that_no_rule_asks_for(tmp_path):
    asks = asking(stored(day(0), tmp_path), tmp_path)
    assert asks.rows("EventID:9999 AND Note:kept | count") == [{"Count": 5}]


def test_new_days_are_added_and_what_is_there_is_not_doubled(tmp_path):
    out = tmp_path / "s"
    first = keep([day(0).write(tmp_path)], out, LogOptions())
    again = keep([day(0).write(tmp_path)], out, LogOptions())
    second = keep([day(1).write(tmp_path)], out, LogOptions())
    assert [(k.events, k.new) for k in (first, again, second)] == [(10, 10), (10, 0), (20, 10)]
    asks = asking(out, tmp_path)
    assert asks.rows("SecurityEvent | summarize n = count() by d = bin(TimeGenerated, 1d) | project n") == [
        {"n": 5},
        {"n": 5},
    ]
    assert asks.rows("hops | summarize days = dcount(bin(start, 1d))") == [{"days": 2}]


def test_two_days_one_by_one_give_the_hops_of_both_at_once(tmp_path):
    both, one = tmp_path / "both", tmp_path / "one"
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    files = [day(0).write(tmp_path / "a"), day(1).write(tmp_path / "b")]
    keep(files, both, LogOptions())
    for file in files:
        keep([file], one, LogOptions())
    found = [asking(place, tmp_path).rows("hops | sort by start asc, id asc") for place in (both, one)]
    assert found[0] == found[1] != []


def test_a_store_opens_in_under_a_second(tmp_path):
    store = stored(day(0), tmp_path)
    asking(store, tmp_path)
    before = time.process_time()
    asking(store, tmp_path).con.execute("SELECT count(*) FROM windows_event").fetchall()
    assert time.process_time() - before < 1


@pytest.mark.parametrize("content", [b"", b"no store", b"x" * 20_000])
def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(tmp_path, content):
    out = tmp_path / "x.txt"
    out.write_bytes(content)
    if content:
        with pytest.raises(InputError, match="no store"):
            keep([day(0).write(tmp_path)], out, LogOptions())
        assert out.read_bytes() == content
    with pytest.raises(QueryError, match="no store"):
        ask(out, Question("events | count"), limits())


def test_a_store_that_could_not_be_made_leaves_nothing(tmp_path):
    with pytest.raises(InputError):
        keep([tmp_path / "nowhere"], tmp_path / "s", LogOptions())
    with pytest.raises(InputError):
        keep([day(0).write(tmp_path)], tmp_path / "no" / "folder" / "s", LogOptions())
    assert not (tmp_path / "s").exists()


def test_the_findings_are_there_for_a_query_that_speaks_of_them(tmp_path):
    file = day(0).write(tmp_path)
    with store_of([file], LogOptions(), "hops | count") as (place, summary):
        assert list(ask(place, Question("hops | count"), limits()).rows()) == [[1]]
        assert summary.files == 1
    assert not place.exists()


def test_the_tables_have_the_names_and_columns_that_hunters_know(tmp_path):
    found = tables(stored(day(0), tmp_path), limits())
    known = {
        "SecurityEvent": "TimeGenerated Computer EventID Account TargetUserName LogonType IpAddress NewProcessName Process CommandLine",  # noqa: E501
        "Event": "TimeGenerated Computer EventLog Source EventID EventLevelName RenderedDescription EventData",
        "WindowsEvent": "TimeGenerated Computer Channel Provider EventID EventData",
        "DeviceProcessEvents": "Timestamp DeviceName FileName FolderPath ProcessCommandLine AccountName InitiatingProcessFileName",  # noqa: E501
        "DeviceLogonEvents": "Timestamp DeviceName ActionType LogonType AccountName RemoteIP RemoteDeviceName",
        "DeviceNetworkEvents": "Timestamp DeviceName LocalIP RemoteIP RemotePort InitiatingProcessFileName",
        "zeek_conn": "ts uid id_orig_h id_resp_h id_resp_p service conn_state",
        "zeek_dce_rpc": "endpoint operation named_pipe",
        "suricata_flow": "timestamp src_ip dest_ip dest_port app_proto",
        "hops": "source_host target_host technique score severity _record",
        "paths": "origin_host hosts accounts", "sessions": "SessionId Account LogonType", "identity": "host ip source",
        "baseline": "source target account state", "context": "about name role told why",
    }  # fmt: skip
    for table, columns in known.items():
        assert set(columns.split()) <= set(found[table]), table


def test_defenders_tables_read_processes_of_both_sensors_alike(tmp_path):
    log = Log()
    log.process(
        "srv01",
        0,
        r"C:\Windows\System32\cmd.exe",
        ParentProcessName=r"C:\Windows\explorer.exe",
        SubjectDomainName="CORP",
    )
    log.add(
        1,
        "srv02",
        0,
        channel=SYSMON,
        Image=r"C:\Windows\System32\cmd.exe",
        ParentImage=r"C:\Windows\explorer.exe",
        User=r"CORP\adm.keller",
    )
    rows = asking(stored(log, tmp_path), tmp_path).rows('DeviceProcessEvents | where FileName == "cmd.exe"')
    wanted = ("FileName", "FolderPath", "AccountName", "AccountDomain", "InitiatingProcessFileName")
    assert {tuple(row[name] for name in wanted) for row in rows} == {
        ("cmd.exe", r"C:\Windows\System32", "adm.keller", "CORP", "explorer.exe")
    }
    assert len(rows) == 2


def test_sentinels_event_table_has_the_data_as_xml_and_windows_event_as_json(tmp_path):
    log = Log()
    log.add(7045, "srv01", 0, channel="System", ServiceName="a<b", ImagePath="x.exe")
    asks = asking(stored(log, tmp_path), tmp_path)
    assert '<Data Name="ServiceName">a&lt;b</Data>' in asks.rows('Event | where EventLog == "System"')[0]["EventData"]
    assert asks.rows('WindowsEvent | where EventData.ServiceName == "a<b" | count') == [{"Count": 1}]


def test_sessions_hold_what_carried_their_id(tmp_path):
    log = Log()
    log.logon("srv01", 0)
    log.process("srv01", 1, "cmd.exe")
    log.add(4672, "srv01", 0.1, SubjectLogonId="0x51000")
    row = asking(stored(log, tmp_path), tmp_path).rows("sessions")[0]
    assert (row["Account"], row["SourceIp"], row["Events"], row["Processes"], row["Elevated"]) == (
        "adm.keller",
        "10.20.1.11",
        3,
        1,
        True,
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('ipv4_is_private("10.1.2.3")', True), ('ipv4_is_private("172.31.0.1")', True), ('ipv4_is_private("172.32.0.1")', False),  # noqa: E501
        ('ipv4_is_private("192.168.0.1")', True), ('ipv4_is_private("8.8.8.8")', False), ('ipv4_is_private("-")', False),  # noqa: E501
        ('ipv4_is_in_range("10.20.1.5", "10.20.0.0/16")', True), ('ipv4_is_in_range("10.21.1.5", "10.20.0.0/16")', False),  # noqa: E501
        ('ipv4_is_in_range("10.20.1.5", "10.20.1.5")', True), ('ipv4_is_in_range("1.2.3.4", "0.0.0.0/0")', True),
        ('ipv4_is_in_any_range("10.20.1.5", "1.1.1.1", "10.20.0.0/16")', True), ('ipv4_compare("10.0.0.1", "10.0.0.2")', -1),  # noqa: E501
        ('datetime_diff("minute", datetime(2026-03-10T08:01:00), datetime(2026-03-10T08:00:59))', 1),
        ('datetime_diff("minute", datetime(2026-03-10T08:00:59), datetime(2026-03-10T08:00:00))', 0),
        ('datetime_diff("minute", datetime(2026-03-10T08:00:00), datetime(2026-03-10T08:05:01))', -5),
        ('datetime_diff("day", datetime(2026-03-11T00:00:00), datetime(2026-03-10T23:59:59))', 1),
    ],
)  # fmt: skip
def test_functions_give_what_kusto_gives(tmp_path_factory, expression, value):
    assert shared(tmp_path_factory).rows(f"print x = {expression}") == [{"x": value}]


SHARED: list = []


def shared(factory):
    if not SHARED:
        folder = factory.mktemp("shared")
        SHARED.append(asking(stored(day(0), folder), folder))
    return SHARED[0]


def test_project_reorder_puts_the_named_columns_first(tmp_path_factory):
    asks = shared(tmp_path_factory)
    made = asks.plan("DeviceLogonEvents | project-reorder AccountName, Remote* desc | take 1")
    assert list(made.columns)[:4] == ["AccountName", "RemotePort", "RemoteIP", "RemoteDeviceName"]
    assert set(made.columns) == set(asks.tables.columns["DeviceLogonEvents"])
