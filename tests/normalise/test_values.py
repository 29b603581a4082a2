"""Values are written one way, on the way in: addresses, ids, names, codes."""

from __future__ import annotations

from typing import Any

import pytest

from hopwatch.normalise.address import canonical
from hopwatch.normalise.fields import flatten, text_of
from tests.support.reading import Row, normalise


def row(event_id: int = 4624, channel: str = "Security", **fields: Any) -> Row:
    return normalise(
        {
            "Event": {
                "System": {
                    "EventID": event_id, "Channel": channel, "Computer": fields.pop("Computer", "SRV01.corp.example"),
                    "EventRecordID": 1, "TimeCreated": {"#attributes": {"SystemTime": "2026-03-10T12:00:00Z"}},
                },
                "EventData": fields,
            }
        }
    )[0]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("10.20.1.11", "10.20.1.11"),
        ("::ffff:10.20.1.11", "10.20.1.11"),
        ("::FFFF:10.20.1.11", "10.20.1.11"),
        (" [fe80::1%12] ", "fe80::1"),
        ("fe80:0:0:0:0:0:0:1", "fe80::1"),
        ("::1", "::1"),
        ("LOCAL", "127.0.0.1"),
        ("-", None),
        ("", None),
        ("WS01", None),
        ("10.20.1.999", None),
        (None, None),
    ],
)
def test_an_address_is_written_one_way(written: str | None, address: str | None) -> None:
    assert canonical(written) == address
    assert row(IpAddress=written)["ip"] == address
    assert row(3, "Microsoft-Windows-Sysmon/Operational", SourceIp=written)["SourceIp"] == address


@pytest.mark.parametrize(
    ("event_id", "fields", "logon_id"),
    [
        (4624, {"SubjectLogonId": "0x3e7", "TargetLogonId": "0x3c51f2"}, 0x3C51F2),
        (4624, {"SubjectLogonId": "0x5", "TargetLogonId": "0x3e7"}, None),
        (4634, {"TargetLogonId": "0x3C51F2"}, 0x3C51F2),
        (4672, {"SubjectLogonId": "0x3c51f2"}, 0x3C51F2),
        (4688, {"SubjectLogonId": "0x3e4", "TargetLogonId": "0x8f21c4"}, 0x8F21C4),
        (4688, {"SubjectLogonId": "0x3c51f2", "TargetLogonId": "0x0"}, 0x3C51F2),
        (4688, {"SubjectLogonId": "0x3e7", "TargetLogonId": "0x0"}, None),
        (4778, {"LogonID": "0x77"}, 0x77),
        (5145, {"SubjectLogonId": "0x3c51f2"}, 0x3C51F2),
        (5145, {"SubjectLogonId": "3953138"}, 0x3C51F2),
        (5145, {"SubjectLogonId": "-"}, None),
        (5145, {"SubjectLogonId": "0xffffffffffffffff"}, 2**64 - 1),
    ],
)
def test_an_event_belongs_to_its_session_and_never_to_the_machines_own(
    event_id: int, fields: dict[str, str], logon_id: int | None
) -> None:
    assert row(event_id, **fields)["logon_id"] == logon_id


@pytest.mark.parametrize(
    ("written", "share"),
    [("\\\\*\\ADMIN$", "ADMIN$"), ("\\\\*\\c$", "C$"), ("\\\\SRV01\\Files", "FILES"), ("IPC$", "IPC$"), (None, None)],
)
def test_a_share_is_known_by_its_name(written: str | None, share: str | None) -> None:
    assert row(5140, ShareName=written)["share"] == share


@pytest.mark.parametrize(
    ("fields", "image", "parent"),
    [
        ({"NewProcessName": "C:\\PSEXESVC.exe", "ParentProcessName": "C:\\x\\Cmd.EXE"}, "psexesvc.exe", "cmd.exe"),
        ({"Image": "C:\\Windows\\System32\\cmd.exe", "ParentImage": "C:/a/b.exe"}, "cmd.exe", "b.exe"),
        ({"Application": "\\device\\harddiskvolume4\\windows\\system32\\svchost.exe"}, "svchost.exe", None),
        ({"Image": "System"}, "system", None),
        ({"ProcessName": "-"}, None, None),
        ({"NewProcessName": "C:\\a.exe", "ParentProcessName": "-"}, "a.exe", None),
    ],
)  # fmt: skip
def test_a_program_is_known_by_the_end_of_its_path(
    fields: dict[str, str], image: str | None, parent: str | None
) -> None:
    got = row(4688, **fields)
    assert (got["image_name"], got["parent_name"]) == (image, parent)


@pytest.mark.parametrize(
    ("name", "host"),
    [("SRV01.corp.example", "srv01"), ("SRV01", "srv01"), ("10.20.2.21", "10.20.2.21")],
)
def test_a_host_is_known_by_its_short_name(name: str, host: str) -> None:
    assert row(Computer=name)["host"] == host


@pytest.mark.parametrize(
    ("written", "channel"),
    [
        ("security", "Security"),
        ("SECURITY", "Security"),
        ("microsoft-windows-sysmon/operational", "Microsoft-Windows-Sysmon/Operational"),
        ("Corp-App/Admin", "Corp-App/Admin"),
    ],
)
def test_a_channel_that_is_known_is_written_as_windows_writes_it(written: str, channel: str) -> None:
    assert row(channel=written)["channel"] == channel


@pytest.mark.parametrize(
    ("field", "code", "text"),
    [
        ("AccessList", "%%1538\r\n\t%%4417", "%%1538 READ_CONTROL\r\n\t%%4417 WriteData (or AddFile)"),
        ("AccessList", "%%1537", "%%1537 DELETE"),
        ("AccessList", "%%9999", "%%9999"),
        ("AccessList", "WriteData", "WriteData"),
        ("ElevatedToken", "%%1842", "%%1842 Yes"),
        ("ElevatedToken", "%%1843", "%%1843 No"),
        ("Direction", "%%14592", "%%14592 Inbound"),
        ("Direction", "%%14593", "%%14593 Outbound"),
    ],
)  # fmt: skip
def test_windows_codes_are_kept_and_their_words_stand_beside(field: str, code: str, text: str) -> None:
    assert row(5145, **{field: code})[field] == text


def test_a_created_processs_ids_are_numbers() -> None:
    got = row(4688, NewProcessId="0x1250", ProcessId="0x26c")
    assert (got["pid"], got["parent_pid"]) == (0x1250, 0x26C)
    got = row(1, "Microsoft-Windows-Sysmon/Operational", ProcessId=4688, ParentProcessId="620")
    assert (got["pid"], got["parent_pid"]) == (4688, 620)


@pytest.mark.parametrize("value", ["99999999999999999999", "18446744073709551615", "0xffffffffffffffff", "-5", "x", ""])
def test_a_number_that_no_column_holds_is_null_and_keeps_its_text(value: str) -> None:
    got = row(4688, NewProcessId=value, ProcessId=value, IpPort=value, AccessMask=value)
    assert (got["pid"], got["parent_pid"], got["port"], got["access_mask"]) == (None, None, None, None)
    assert got["NewProcessId"] == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("x", "x"),
        (True, "true"),
        (3, "3"),
        (10**20, "100000000000000000000"),
        ({"#text": "x", "#attributes": {"Name": "y"}}, "x"),
        ({"#text": ["a", 2, None]}, "a\n2"),
        ({"#attributes": {"Name": "y"}}, None),
        ({}, None),
        ([], ""),
        (["a", ["b", 1]], 'a\n["b",1]'),
        ([{"#text": "a"}, {"b": 1}], 'a\n{"b":1}'),
        ({"a": "\ud800"}, '{"a": "\\ud800"}'),
    ],
)
def test_any_value_is_text(value: Any, text: str | None) -> None:
    assert text_of(value) == text


def nested(depth: int, end: Any, *, lists: bool = False) -> Any:
    for _ in range(depth):
        end = [end] if lists else {"a": end}
    return end


@pytest.mark.parametrize("depth", [1, 7, 9, 300, 5_000])
@pytest.mark.parametrize("lists", [True, False], ids=["lists", "objects"])
def test_values_may_nest_as_deep_as_they_like(depth: int, lists: bool) -> None:
    out: dict[str, str | None] = {}
    flatten({"top": nested(depth, "x", lists=lists)}, frozenset(), out)
    assert len(out) == 1
    if depth < 9:
        assert out.popitem()[1] in ("x", "[" * (depth - 1) + '"x"' + "]" * (depth - 1))


def test_half_of_a_surrogate_pair_costs_one_character_and_not_the_event() -> None:
    (got,) = normalise(
        b'{"TimeCreated": "2026-03-10T12:00:00Z", "Hostname": "SRV01", "Channel": "Security", "EventID": 5145,'
        b' "RelativeTargetName": "a\\ud800.exe", "Odd\\udfff": "b\\ud800"}'
    )
    assert (got["RelativeTargetName"], got["event_data"]) == ("a?.exe", '{"Odd?":"b?"}')


def test_a_nul_inside_a_value_is_kept_and_harms_nothing() -> None:
    assert row(ServiceName="a\x00b", Odd="c\x00d")["ServiceName"] == "a\x00b"


def test_xml_in_a_field_is_read_in_linear_time_and_no_entity_is_resolved() -> None:
    record = {"TimeGenerated": "2026-03-10T12:00:00Z", "Computer": "SRV01", "Channel": "System", "EventID": 7045}
    xml = '<!DOCTYPE x [<!ENTITY e "boom">]><EventData><Data Name="ServiceName">&e;&lt;a&gt;</Data>'
    (got,) = normalise({**record, "EventData": xml + '<Data Name="x">' * 100_000})
    assert got["ServiceName"] == "&e;<a>"
