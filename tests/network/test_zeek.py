"""Zeek logs give the same rows in whatever form they were written."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hopwatch.normalise.network.shape import log_of_file
from tests.network.reading import CONN, CONNECTION, FLOW, Loaded, jsonl, load, zeek, zeek_of
from tests.support.reading import read_paths

WHEN = datetime(2026, 3, 10, 9, 14, 2, 125000)
UNDERSCORED = {key.replace(".", "_"): value for key, value in CONNECTION.items()}
NESTED = {k: v for k, v in CONNECTION.items() if "." not in k} | {
    "id": {"orig_h": "10.20.1.11", "orig_p": 50211, "resp_h": "10.20.1.21", "resp_p": 445}
}
ROW = [CONNECTION[name] for name in CONN.split()]

FORMS: dict[str, tuple[str, bytes]] = {
    "separated": ("conn.log", zeek("conn", CONN, ROW)),
    "separated by commas": ("conn.log", zeek("conn", CONN, [str(c).replace(",", "\\x2c") for c in ROW], separator=",")),
    "separated by bars": ("x", zeek("conn", CONN, ROW, separator="|")),
    "without a last line's end": ("conn.log", zeek("conn", CONN, ROW).split(b"#close")[0].rstrip(b"\n")),
    "Windows line ends": ("conn.log", zeek("conn", CONN, ROW).replace(b"\n", b"\r\n")),
    "a path of another name": ("x", zeek("conn_corp", CONN, ROW)),
    "no path": ("x", zeek("-", CONN, ROW)),
    "fields with underscores": ("x", zeek("conn", CONN.replace("id.", "id_"), ROW)),
    "a field that nobody knows": ("x", zeek("conn", "colour " + CONN, ["red", *ROW])),
    "a byte order mark": ("x", b"\xef\xbb\xbf" + zeek("conn", CONN, ROW)),
    "JSON": ("conn.log", jsonl(CONNECTION)),
    "JSON of an unknown name": ("x.json", jsonl(CONNECTION)),
    "JSON with a lying name": ("dns.log", jsonl(CONNECTION)),
    "JSON with underscores": ("conn.log", jsonl(UNDERSCORED)),
    "JSON that nests": ("conn.log", jsonl(NESTED)),
    "JSON with an ISO time": ("conn.log", jsonl({**CONNECTION, "ts": "2026-03-10T09:14:02.125000Z"})),
    "JSON with a zone": ("conn.log", jsonl({**CONNECTION, "ts": "2026-03-10T10:14:02.125000+0100"})),
    "JSON with milliseconds": ("conn.log", jsonl({**CONNECTION, "ts": 1773134042125})),
    "JSON with numbers as text": ("conn.log", jsonl({k: str(v) for k, v in CONNECTION.items()})),
    "JSON with _path": ("all.json", jsonl({"_path": "conn", **CONNECTION})),
    "JSON with @stream": ("all.json", jsonl({"@stream": "conn", "@system": None, **UNDERSCORED})),
    "Corelight's reduced log": ("all.json", jsonl({"_path": "conn_red", **CONNECTION})),
    "a JSON array": ("conn.json", json.dumps([CONNECTION]).encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_connection_is_the_same_row_in_every_form(form: str) -> None:
    name, content = FORMS[form]
    loaded = load(content, name)
    row = loaded.row("connection")
    assert loaded.reasons == {}
    assert {key: row[key] for key in EXPECTED} == EXPECTED
    assert row["event_id"] is row["host"] is None


EXPECTED = {
    "time": WHEN, "sensor": "zeek", "uid": "CaaaBBBccc1", "orig_ip": "10.20.1.11", "orig_port": 50211,
    "resp_ip": "10.20.1.21", "resp_port": 445, "proto": "tcp", "service": "gssapi,smb,krb", "conn_state": "RSTO",
    "answered": True, "one_way": False, "swapped": False, "copies": 1, "duration": 10.5, "orig_bytes": 4020,
    "resp_bytes": 1681, "orig_packets": 12, "resp_packets": 11, "history": "ShADdaR", "channel": "zeek_conn",
}  # fmt: skip

ID = " ".join(FLOW)
ADDRESSES = [FLOW[name] for name in FLOW]
LOGS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("dns", "dns",
     {"id.resp_p": 53, "proto": "udp", "trans_id": 7, "query": "SRV01.corp.example", "qtype": 1, "qtype_name": "A",
      "rcode": 0, "rcode_name": "NOERROR", "answers": ["srv01.b.example", "10.20.1.21"], "rejected": False},
     {"client_ip": "10.20.1.11", "client_port": 50211, "server_ip": "10.20.1.21", "server_port": 53,
      "query": "srv01.corp.example", "qtype": "A", "rcode": "NOERROR", "answers": ["srv01.b.example", "10.20.1.21"]}),
    ("smb_mapping", "smb_activity", {"path": "\\\\SRV01.corp.example\\admin$", "share_type": "DISK"},
     {"kind": "mapping", "action": "map", "share": "ADMIN$", "share_type": "disk", "server": "srv01.corp.example",
      "path": "\\\\SRV01.corp.example\\admin$"}),
    ("smb_files", "smb_activity",
     {"action": "SMB::FILE_OPEN", "path": "\\\\SRV01\\C$", "name": "ProgramData\\tool.exe", "size": 0,
      "times.modified": 1773134042.0, "times.created": 1773134040.0},
     {"kind": "file", "action": "open", "share": "C$", "server": "srv01", "file_name": "ProgramData\\tool.exe",
      "size": 0, "is_new": True}),
    ("dce_rpc", "dce_rpc",
     {"rtt": 0.5, "named_pipe": "\\pipe\\ntsvcs", "endpoint": "svcctl", "operation": "CreateServiceW"},
     {"named_pipe": "ntsvcs", "endpoint": "svcctl", "operation": "CreateServiceW", "round_trip": 0.5}),
    ("kerberos", "kerberos_activity",
     {"id.resp_p": 88, "request_type": "TGS", "client": "Adm.Keller/CORP.EXAMPLE", "service": "HTTP/SRV01.corp.example",
      "success": True, "cipher": "aes256-cts-hmac-sha1-96", "forwardable": True},
     {"request_type": "TGS", "client": "adm.keller", "client_realm": "CORP.EXAMPLE", "service_class": "http",
      "service_host": "srv01.corp.example", "service": "HTTP/SRV01.corp.example", "success": True}),
    ("ntlm", "ntlm_activity",
     {"username": "Adm.Keller", "hostname": "WS01", "domainname": "CORP", "server_nb_computer_name": "SRV01",
      "server_dns_computer_name": "srv01.corp.example", "server_tree_name": "corp.example", "success": True},
     {"user_name": "adm.keller", "client_name": "ws01", "domain": "CORP", "server_name": "srv01", "success": True}),
    ("http", "http_activity",
     {"id.resp_p": 8080, "trans_depth": 1, "method": "POST", "host": "srv01:8080", "uri": "/wsman?PSVersion=5.1",
      "user_agent": "Microsoft WinRM Client", "status_code": 200, "request_body_len": 10, "response_body_len": 20},
     {"method": "POST", "server": "srv01:8080", "uri": "/wsman?PSVersion=5.1", "status": 200, "request_bytes": 10}),
    ("notice", "sensor_alert",
     {"note": "Scan::Address_Scan", "msg": "10.20.1.11 scanned", "sub": "local", "src": "10.20.1.11"},
     {"name": "Scan::Address_Scan", "text": "10.20.1.11 scanned", "detail": "local", "orig_ip": "10.20.1.11"}),
]  # fmt: skip


def escaped(value: object) -> object:
    """A value as the ASCII writer writes it."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value.replace("\\", "\\\\") if isinstance(value, str) else value


@pytest.mark.parametrize("form", ["separated", "JSON"])
@pytest.mark.parametrize(("log", "table", "fields", "expected"), LOGS, ids=[log for log, *_ in LOGS])
def test_every_log_fills_its_table(
    log: str, table: str, fields: dict[str, Any], expected: dict[str, Any], form: str
) -> None:
    record = {**FLOW, **fields}
    if form == "JSON":
        loaded = load(jsonl(record))  # nothing but its keys says what it is
    else:
        loaded = load(zeek_of(log, {name: escaped(value) for name, value in record.items()}))
    row = loaded.row(table)
    assert loaded.reasons == {}
    assert {key: row[key] for key in expected} == expected
    assert row["time"] == WHEN
    assert row["uid"] == "CaaaBBBccc1"


def test_dhcp_names_the_assigned_address() -> None:
    record = {
        "ts": 1773134042.125, "uids": ["C1", "C2"], "client_addr": "10.20.1.7", "assigned_addr": "10.20.1.11",
        "server_addr": "10.20.0.1", "mac": "00:1A:2b:3c:4d:5e", "host_name": "WS01", "client_fqdn": "WS01.corp.example",
        "lease_time": 3600.0, "msg_types": ["REQUEST", "ACK"],
    }  # fmt: skip
    row = load(jsonl(record)).row("dhcp_lease")
    expected = {
        "ip": "10.20.1.11", "mac": "001a2b3c4d5e", "host_name": "ws01.corp.example", "action": "ack", "uid": "C1",
        "lease_seconds": 3600.0, "server_ip": "10.20.0.1", "zoned": True,
    }  # fmt: skip
    assert {key: row[key] for key in expected} == expected


def test_known_hosts_is_told_by_its_name() -> None:
    loaded = load(jsonl({"ts": 1773134042.125, "host": "10.20.1.11"}), "known_hosts.log")
    assert loaded.row("asset")["ip"] == "10.20.1.11"


def test_a_record_without_telling_keys_is_of_the_log_that_the_file_is_named_after() -> None:
    loaded = load(jsonl(FLOW, {**FLOW, "request_type": "TGS"}), "NASHUA_kerberos.log")
    assert loaded.counts == {"kerberos_activity": 2}


def test_what_was_sent_over_smb_is_a_write_and_what_was_fetched_a_read() -> None:
    sent = {
        "ts": 1773134042.125, "fuid": "F1", "tx_hosts": ["10.20.1.11"], "rx_hosts": ["10.20.1.21"], "conn_uids": ["C1"],
        "source": "SMB", "mime_type": "application/x-dosexec", "filename": "tool.exe", "is_orig": True, "seen_bytes": 9,
    }  # fmt: skip
    fetched = {**sent, "tx_hosts": ["10.20.1.21"], "rx_hosts": ["10.20.1.11"], "is_orig": False, "conn_uids": ["C2"]}
    rows = load(jsonl(sent, fetched, {**sent, "source": "HTTP"})).rows("smb_activity")
    found = {(r["uid"], r["action"], r["orig_ip"], r["resp_ip"], r["file_name"]) for r in rows}
    assert found == {
        ("C1", "write", "10.20.1.11", "10.20.1.21", "tool.exe"), ("C2", "read", "10.20.1.11", "10.20.1.21", "tool.exe"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("cifs/SRV01", ("cifs", "srv01")),
        ("LDAP/DC01.corp.example/corp.example", ("ldap", "dc01.corp.example")),
        ("HTTP/srv01:5985", ("http", "srv01")),
        ("krbtgt/CORP.EXAMPLE", ("krbtgt", None)),
        ("srv01$", (None, "srv01")),
        ("srv01$@CORP.EXAMPLE", (None, "srv01")),
        ("svc-web", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_ticket_names_the_host_that_it_is_for(service: str | None, expected: tuple[str | None, str | None]) -> None:
    row = load(jsonl({**FLOW, "request_type": "TGS", "service": service})).row("kerberos_activity")
    assert (row["service_class"], row["service_host"]) == expected


def test_only_flows_of_movement_are_kept_and_the_rest_is_counted() -> None:
    ports = [22, 53, 80, 135, 139, 389, 443, 445, 1433, 3389, 5985, 5986, 8080, 47001, 49152, 65535]
    flows = [{**CONNECTION, "uid": f"C{port}", "id.resp_p": port, "service": None} for port in ports]
    flows.append({**CONNECTION, "uid": "Codd", "id.resp_p": 4445, "service": "smb"})
    flows.append({**CONNECTION, "uid": "Cudp", "proto": "udp"})
    expected = {"C22", "C135", "C139", "C445", "C1433", "C3389", "C5985", "C5986", "C47001", "C49152", "C65535", "Codd"}
    for content in (jsonl(*flows), zeek("conn", CONN, *([f[name] for name in CONN.split()] for f in flows))):
        loaded = load(content)
        assert {row["uid"] for row in loaded.rows("connection")} == expected
        assert loaded.summary.unused == {"zeek conn, not needed": len(flows) - len(expected)}
        assert loaded.reasons == {}


def test_logs_of_no_use_are_read_and_counted() -> None:
    weird = {"ts": 1773134042.125, "name": "ip_hdr_len_zero", "notice": False, "peer": "zeek"}
    loaded = Loaded({
        "a/weird.log": jsonl(weird), "ssl.log": zeek("ssl", "ts uid", [1, "C1"]),
        "all.json": jsonl({"_path": "x509", **weird}), "x.log": zeek("somebody's own", "ts colour", [1, "red"]),
    })  # fmt: skip
    assert loaded.counts == loaded.reasons == {}
    assert loaded.summary.unused == {"zeek weird": 1, "zeek ssl": 1, "zeek x509": 1, "zeek other": 1}
    assert loaded.summary.records == 4


def test_a_header_may_change_or_come_again_within_a_file() -> None:
    other = zeek_of("dce_rpc", {**FLOW, "endpoint": "svcctl", "operation": "OpenSCManagerW"})
    short = zeek("conn", "ts uid id.orig_h id.resp_h id.resp_p", [1773134050, "C2", "10.20.1.12", "10.20.1.21", 445])
    loaded = load(zeek("conn", CONN, ROW) + other + short + zeek("conn", CONN, ROW))
    assert loaded.counts == {"connection": 2, "dce_rpc": 1}
    assert loaded.reasons == {}


def test_a_combined_log_fills_every_table() -> None:
    lines = [{"_path": log, **FLOW, **fields} for log, _, fields, _ in LOGS]
    loaded = load(jsonl({"_path": "conn", **CONNECTION}, *lines, {"_path": "weird", "ts": 1773134042}))
    tables = {table for _, table, *_ in LOGS}
    assert set(loaded.counts) == {"connection", *tables}


def test_rotated_and_packed_logs_are_read(tmp_path: Path) -> None:
    (tmp_path / "conn.09:00:00-10:00:00.log.gz").write_bytes(gzip.compress(zeek("conn", CONN, ROW)))
    kerberos = {**FLOW, "uid": "C2"}
    (tmp_path / "kerberos_2026-03-10.json.gz").write_bytes(gzip.compress(jsonl(kerberos)))
    from hopwatch import scan

    found = scan([tmp_path]).summary
    assert found.formats == {"zeek conn": 1, "zeek kerberos": 1}
    assert not found.skips


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("logs/conn.log", "conn"),
        ("a.zip!zeek/conn.00:00:00-01:00:00.log.gz", "conn"),
        ("conn_2020-01-01.json", "conn"),
        ("NASHUA_smb_files.log", "smb_files"),
        ("known_hosts.log", "known_hosts"),
        ("connections.json", None),
        ("Security.evtx", None),
        ("dns/security.json", None),
    ],
)
def test_a_file_name_promises_a_log(name: str, log: str | None) -> None:
    assert log_of_file(name) == log


def test_unset_and_empty_markers_are_null_and_escapes_are_undone() -> None:
    fields = f"{ID} action path name prev_name"
    row = [*ADDRESSES, "SMB::FILE_RENAME", "\\\\\\\\SRV01\\\\C$", "caf\\xc3\\xa9\\x09\\\\x41.exe", "(empty)"]
    found = load(zeek("smb_files", fields, row)).row("smb_activity")
    assert found["path"] == "\\\\SRV01\\C$"
    assert found["file_name"] == "café\t\\x41.exe"
    assert found["previous_name"] is None
    own = zeek("smb_files", fields, [*row[:-1], "NIL"]).replace(b"#unset_field\t-", b"#unset_field\tNIL")
    assert load(own).row("smb_activity")["previous_name"] is None


def test_a_set_is_split_before_its_escapes_are_undone() -> None:
    fields = f"{ID} trans_id query answers"
    lines = zeek("dns", fields, [*ADDRESSES, 1, "x.example", "TXT 3 a\\x2cb;10.0.0.9"])
    lines = lines.replace(b"#set_separator\t,", b"#set_separator\t;")
    assert load(lines).row("dns")["answers"] == ["TXT 3 a,b", "10.0.0.9"]


DAMAGED: dict[str, tuple[bytes, dict[str, int]]] = {
    "a torn line": (zeek("conn", CONN, ROW).split(b"#close")[0] + b"1773134042.1\tC9\t10.", {
        "a line with other than all fields": 1}),
    "a line of too many cells": (zeek("conn", CONN, ROW, [*ROW, "x"]), {"a line with other than all fields": 1}),
    "no header": (b"#separator \\x09\n1\t2\t3\n" + zeek("conn", CONN, ROW), {"a Zeek line without a header": 1}),
    "no time": (zeek("conn", CONN, ROW, ["-", *ROW[1:]]), {"a record without its time or an address": 1}),
    "an absurd time": (zeek("conn", CONN, ROW, ["1e300", *ROW[1:]]), {"a record without its time or an address": 1}),
    "no address": (zeek("conn", CONN, ROW, [*ROW[:2], "300.1.1.1", *ROW[3:]]), {
        "a record without its time or an address": 1}),
    "bytes that are no text": (zeek("conn", CONN, ROW) + b"\xff\xfe\x00\xff\n", {
        "a line with other than all fields": 1}),
    "JSON that is torn": (jsonl(CONNECTION) + b'{"ts":1773134042,"uid":"C', {"not JSON": 1}),
    "JSON without a time": (jsonl(CONNECTION, {**CONNECTION, "ts": "soon"}), {
        "a record without its time or an address": 1}),
    "JSON of another kind": (jsonl(CONNECTION, {"colour": "red"}), {"JSON of a shape that hopwatch does not know": 1}),
    "fields of the wrong type": (jsonl(CONNECTION, {**CONNECTION, "id.orig_h": {"a": [1]}, "service": ["x"]}), {
        "a record without its time or an address": 1}),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_is_counted_and_costs_no_other_record(damage: str) -> None:
    content, reasons = DAMAGED[damage]
    loaded = load(content)
    assert loaded.counts == {"connection": 1}
    assert loaded.reasons == reasons


def test_a_log_that_changes_its_header_without_end_is_left() -> None:
    loaded = load(b"".join(b"#fields\tts\tf%d\n1\t2\n" % i for i in range(3000)))
    assert loaded.reasons == {"a Zeek log that changes its header again and again; not read further": 1}


def test_numbers_without_bounds_become_null() -> None:
    wild = {"duration": "inf", "orig_bytes": -5, "resp_bytes": 10**40, "orig_pkts": "nan", "missed_bytes": "x"}
    row = load(jsonl({**CONNECTION, **wild})).row("connection")
    assert {row[name] for name in ("duration", "orig_bytes", "resp_bytes", "orig_packets", "missed_bytes")} == {None}


def test_network_and_windows_records_of_one_file_each_find_their_table() -> None:
    logon = {"Event": {"System": {
        "EventID": 4624, "Channel": "Security", "Computer": "SRV01", "EventRecordID": 1,
        "TimeCreated": {"#attributes": {"SystemTime": "2026-03-10T09:14:02Z"}}},
        "EventData": {"LogonType": 3}}}  # fmt: skip
    for records in ([CONNECTION, logon], [logon, CONNECTION]):
        loaded = load(jsonl(*records))
        assert loaded.counts == {"connection": 1, "windows_event": 1}
        assert loaded.reasons == {}


def test_a_value_that_looks_like_a_key_changes_no_log() -> None:
    record = {**FLOW, "trans_id": 1, "query": '"conn_state":"SF","_path":"conn"', "qtype_name": "A"}
    assert load(jsonl(record)).counts == {"dns": 1}


def test_readers_give_no_json_of_separated_logs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\tb\nc\td\n")
    _, summary = read_paths(tmp_path)
    assert [skip.reason for skip in summary.skips] == ["not a format that hopwatch reads"]
