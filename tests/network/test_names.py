"""DHCP audit logs, lists of assets, and DNS queries of Windows logs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hopwatch.model.asset import Asset
from hopwatch.model.errors import InputError
from hopwatch.normalise.network.assets import store_assets
from hopwatch.readers.assets import read_assets
from tests.network.reading import jsonl, load

AUDIT = """\t\tMicrosoft DHCP Service Activity Log


Event ID  Meaning
00\tThe log was started.
10\tA new IP address was leased to a client.
11\tA lease was renewed by a client.

ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID, QResult,Probationtime, CorrelationID
00,03/10/26,00:00:01,Started,,,,,0,6,,
10,03/10/26,09:14:02,Assign,10.20.1.11,WS01.corp.example,001A2B3C4D5E,,3434233,0,,
11,03/10/26,10:14:02,Renew,10.20.1.11,WS01.corp.example,001A2B3C4D5E,,3434234,0,,
12,03/10/26,11:14:02,Release,10.20.1.11,WS01.corp.example,001A2B3C4D5E,,3434235,0,,
24,03/10/26,12:00:00,Database Cleanup Begin,,,,,0,6,,
17,03/11/26,09:14:02,Expired,10.20.1.11,,,,0,6,,
"""


@pytest.mark.parametrize("encoding", ["ascii", "utf-8-sig", "utf-16"])
def test_a_dhcp_audit_log_gives_leases_in_local_time(encoding: str) -> None:
    loaded = load(AUDIT.replace("\n", "\r\n").encode(encoding), "DhcpSrvLog-Tue.log")
    rows = loaded.rows("dhcp_lease")
    assert [row["action"] for row in rows] == ["assign", "renew", "release", "expire"]
    assert rows[0] | {"key": None} == {
        "key": None, "time": datetime(2026, 3, 10, 9, 14, 2), "sensor": "windows", "sensor_name": None, "uid": None,
        "zoned": False, "ip": "10.20.1.11", "mac": "001a2b3c4d5e", "host_name": "ws01.corp.example", "action": "assign",
        "lease_seconds": None, "server_ip": None, "channel": "windows_dhcp_audit", "event_id": None, "record_id": None,
        "source_file": "DhcpSrvLog-Tue.log",
    }  # fmt: skip
    assert loaded.reasons == {}
    assert loaded.summary.unused == {"windows dhcp_audit, not needed": 2}


def test_damage_in_a_dhcp_audit_log_is_counted() -> None:
    torn = AUDIT + "10,03/10/26,09:14\n10,13/45/26,09:14:02,Assign,10.20.1.12,X,001A2B3C4D5E,,,,,\nnonsense\n"
    loaded = load(torn.encode())
    assert len(loaded.rows("dhcp_lease")) == 4
    assert loaded.reasons == {
        "a line of a DHCP audit log that is no event": 2, "a record without its time or an address": 1,
    }  # fmt: skip


def test_a_client_cannot_write_another_clients_address_with_a_comma() -> None:
    line = "10,03/10/26,09:14:02,Assign,10.20.1.13,evil,10.9.9.9,x,001A2B3C4D5E,,1,0,,\n"
    assert "10.9.9.9" not in {row["ip"] for row in load((AUDIT + line).encode()).rows("dhcp_lease")}


CSV = """host,ip,role,owner
SRV01.corp.example,10.20.1.21,file server,team a
DC01,10.20.0.1;fd00::1,domain controller,
"""
ASSETS = [
    Asset("SRV01.corp.example", "10.20.1.21", "file server", None, "team a", 2),
    Asset("DC01", "10.20.0.1", "domain controller", None, None, 3),
    Asset("DC01", "fd00::1", "domain controller", None, None, 3),
]
OBJECTS = [
    {"host": "SRV01.corp.example", "ip": "10.20.1.21", "role": "file server", "owner": "team a"},
    {"hostname": "DC01", "ip": ["10.20.0.1", "fd00::1"], "roles": ["domain controller"]},
]


@pytest.mark.parametrize(
    "text",
    [
        CSV, "\ufeff" + CSV.replace("\n", "\r\n"), CSV.replace(";", " ").replace(",", ";"),
        CSV.replace("host,ip", "Hostname,IP_Address"), '"host","ip","role","owner"\n' + CSV.partition("\n")[2],
        json.dumps(OBJECTS), json.dumps({"assets": OBJECTS}), "\n".join(map(json.dumps, OBJECTS)),
    ],
    ids=["CSV", "Windows' CSV", "semicolons", "other names", "quotes", "a JSON array", "a JSON object", "JSON lines"],
)  # fmt: skip
def test_a_list_of_assets_is_read_in_every_form(text: str, tmp_path: Path) -> None:
    path = tmp_path / "assets"
    path.write_text(text, encoding="utf-8", newline="")
    found = read_assets(path)
    assert [(a.host, a.ip, a.role, a.owner) for a in found] == [(a.host, a.ip, a.role, a.owner) for a in ASSETS]


@pytest.mark.parametrize(
    ("text", "line", "value"),
    [
        ("host,ip\nA,10.0.0.1\nB,10.0.0.300\n", 3, "'10.0.0.300' is no IP address"),
        ("host,ip\n,10.0.0.1\n", 2, "without a host"),
        ("host,ip\nA,\n", 2, "'A' has no ip"),
        ("host,ip\nA,10.0.0.1,x,y\n", 2, "4 values for 2 columns"),
        ("name,colour\nA,red\n", 1, "name,colour"),
        ("", 1, "''"),
        ('{"host": "A", "ip": "10.0.0.1"}\n{"host": "B"', 2, "not JSON"),
        ('[{"host": "A", "ip": "x"}]', 1, "'x' is no IP address"),
        ('{"assets": 5}', None, "no list"),
        ("[5]", None, "asset 1 is no object"),
        ("[" * 100000, None, "nests too deeply"),
    ],
)
def test_a_wrong_list_of_assets_is_refused_with_file_line_and_value(
    text: str, line: int | None, value: str, tmp_path: Path
) -> None:
    path = tmp_path / "assets.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_assets(path)
    assert value in str(error.value)
    assert (error.value.file, error.value.line) == (str(path), line)


def test_a_list_of_assets_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_assets(path)


@pytest.mark.parametrize("content", [CSV.encode(), jsonl(*[{**o, "ip": i} for o in OBJECTS for i in
                                     (o["ip"] if isinstance(o["ip"], list) else [o["ip"]])])])  # fmt: skip
def test_a_list_among_the_logs_is_recognised(content: bytes) -> None:
    loaded = load(content, "assets")
    found = {(row["host"], row["ip"]) for row in loaded.rows("asset")}
    assert found == {("srv01.corp.example", "10.20.1.21"), ("dc01", "10.20.0.1"), ("dc01", "fd00::1")}
    assert loaded.reasons == {}


def test_a_damaged_list_among_the_logs_is_counted() -> None:
    loaded = load(b"host,ip\nA,10.0.0.1\nB,\nC,1,2,3\nD,10.0.0.300\n")
    assert [row["host"] for row in loaded.rows("asset")] == ["a"]
    assert loaded.reasons == {
        "a line of a CSV list without host or address": 1, "a line of a CSV list with more values than columns": 1,
        "a record without its time or an address": 1,
    }  # fmt: skip


def test_a_list_that_the_user_gives_fills_the_same_table() -> None:
    loaded = load(CSV.encode())
    before = [(row["host"], row["ip"], row["role"], row["owner"]) for row in loaded.rows("asset")]
    loaded.con.execute("DELETE FROM asset")
    store_assets(loaded.con, ASSETS, "assets.csv")
    assert [(row["host"], row["ip"], row["role"], row["owner"]) for row in loaded.rows("asset")] == before


def windows(channel: str, event_id: int, fields: dict[str, Any]) -> dict[str, Any]:
    """One Windows event."""
    system = {
        "EventID": event_id, "Channel": channel, "Computer": "WS01.corp.example", "EventRecordID": 7,
        "TimeCreated": {"#attributes": {"SystemTime": "2026-03-10T09:14:02.125Z"}},
    }  # fmt: skip
    return {"Event": {"System": system, "EventData": fields}}


@pytest.mark.parametrize(
    ("channel", "event_id", "fields", "expected"),
    [
        ("Microsoft-Windows-Sysmon/Operational", 22,
         {"QueryName": "SRV01", "QueryStatus": "0", "QueryResults": "type:  5 a.example;::ffff:10.20.1.21;fd00::21;",
          "Image": "C:\\Windows\\explorer.exe", "UtcTime": "2026-03-10 09:14:02.125"},
         {"sensor": "sysmon", "query": "srv01", "answers": ["a.example", "10.20.1.21", "fd00::21"], "rcode": "NOERROR",
          "image_name": "explorer.exe", "host": "ws01"}),
        ("Microsoft-Windows-DNS-Client/Operational", 3008,
         {"QueryName": "srv01.corp.example", "QueryType": "1", "QueryStatus": "9003", "QueryResults": ""},
         {"sensor": "dns_client", "query": "srv01.corp.example", "qtype": "A", "answers": None, "rcode": "NXDOMAIN"}),
        ("Microsoft-Windows-DNSServer/Analytical", 257,
         {"QNAME": "srv01.corp.example.", "QTYPE": "28", "Destination": "10.20.1.11", "RCODE": "0"},
         {"sensor": "dns_server", "query": "srv01.corp.example", "qtype": "AAAA", "client_ip": "10.20.1.11"}),
    ],
)  # fmt: skip
def test_dns_queries_of_windows_logs_stand_beside_those_of_sensors(
    channel: str, event_id: int, fields: dict[str, str], expected: dict[str, Any]
) -> None:
    row = load(jsonl(windows(channel, event_id, fields))).row("dns")
    assert {key: row[key] for key in expected} == expected
    assert (row["channel"], row["event_id"], row["record_id"]) == (channel, event_id, 7)
