"""Suricata's events of versions 5 to 8 give the rows that Zeek's logs give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.network.reading import jsonl, load

HEAD = {
    "timestamp": "2026-03-10T09:14:02.125000+0000", "flow_id": 1804289383219451, "in_iface": "eth1",
    "src_ip": "10.20.1.11", "src_port": 50211, "dest_ip": "10.20.1.21", "dest_port": 445, "proto": "TCP",
    "host": "sensor-a",
}  # fmt: skip
FLOW = {
    "pkts_toserver": 12, "pkts_toclient": 11, "bytes_toserver": 4648, "bytes_toclient": 2275, "age": 10,
    "start": "2026-03-10T09:14:02.125000+0000", "end": "2026-03-10T09:14:12.625000+0000", "state": "closed",
}  # fmt: skip
TCP = {"tcp_flags": "1f", "tcp_flags_ts": "1e", "tcp_flags_tc": "1a", "syn": True, "ack": True, "state": "closed"}


def event(kind: str, fields: dict[str, Any] | None = None, **head: Any) -> dict[str, Any]:
    """One event, its own part under its own name."""
    return {**HEAD, "event_type": kind, **({kind: fields} if fields is not None else {}), **head}


def flow(**head: Any) -> dict[str, Any]:
    """A flow event, logged when the flow ended."""
    ended = {"timestamp": "2026-03-10T09:15:13.000000+0000", "app_proto": "smb", "tcp": TCP}
    return event("flow", FLOW, **{**ended, **head})


def test_a_flow_is_a_connection_from_its_start() -> None:
    row = load(jsonl(flow()), "eve.json").row("connection")
    expected = {
        "time": datetime(2026, 3, 10, 9, 14, 2, 125000), "sensor": "suricata", "sensor_name": "sensor-a",
        "uid": "1804289383219451", "orig_ip": "10.20.1.11", "orig_port": 50211, "resp_ip": "10.20.1.21",
        "resp_port": 445, "proto": "tcp", "service": "smb", "answered": True, "one_way": False, "swapped": False,
        "duration": 10.0, "orig_bytes": 4000, "resp_bytes": 1681, "orig_packets": 12, "channel": "suricata_flow",
        "event_id": None,
    }  # fmt: skip
    assert {key: row[key] for key in expected} == expected


def test_times_of_any_zone_are_utc_and_addresses_in_one_form() -> None:
    there = {**FLOW, "start": "2026-03-10T11:14:02.125000+0200"}
    full = "fd00:0000:0000:0000:0000:0000:0000:0021"
    row = load(jsonl(flow(flow=there, dest_ip=full))).row("connection")
    assert row["time"] == datetime(2026, 3, 10, 9, 14, 2, 125000)
    assert row["resp_ip"] == "fd00::21"


@pytest.mark.parametrize(
    ("state", "flags", "answered"),
    [("closed", "1a", True), ("established", "12", True), ("new", "00", False), ("closed", "14", False)],
    ids=["whole", "open", "no answer", "refused"],
)
def test_a_flow_is_answered_when_the_server_took_it(state: str, flags: str, answered: bool) -> None:
    record = flow(flow={**FLOW, "state": state}, tcp={**TCP, "tcp_flags_tc": flags})
    assert load(jsonl(record)).row("connection")["answered"] is answered


def test_two_directions_of_netflow_are_one_connection() -> None:
    sent = {"pkts": 12, "bytes": 4648, "start": HEAD["timestamp"], "age": 10}
    there = event("netflow", sent, tcp={"tcp_flags": "1a"})
    back = {**there, "src_ip": "10.20.1.21", "src_port": 445, "dest_ip": "10.20.1.11", "dest_port": 50211}
    back["netflow"] = {"pkts": 11, "bytes": 2275, "start": "2026-03-10T09:14:02.130000+0000", "age": 10}
    row = load(jsonl(back, there)).row("connection")
    assert (row["orig_ip"], row["resp_port"], row["orig_bytes"], row["resp_bytes"]) == ("10.20.1.11", 445, 4000, 1681)
    assert row["swapped"] is row["one_way"] is False
    assert load(jsonl(there, back, flow())).row("connection")["copies"] == 3


ANSWER = {"rrname": "srv01.corp.example", "rrtype": "A", "ttl": 1200, "rdata": "10.20.1.21"}
DNS: dict[str, dict[str, Any]] = {
    "version 1": {"type": "answer", "id": 7, "rcode": "NOERROR", **ANSWER},
    "version 2": {"version": 2, "type": "answer", "id": 7, "rrname": "srv01.corp.example", "rrtype": "A",
                  "rcode": "NOERROR", "answers": [ANSWER], "grouped": {"A": ["10.20.1.21"]}},
    "version 2, grouped only": {"version": 2, "type": "answer", "rrname": "srv01.corp.example", "rrtype": "A",
                                "rcode": "NOERROR", "grouped": {"A": ["10.20.1.21"]}},
    "version 3": {"version": 3, "type": "response", "tx_id": 1, "rcode": "NOERROR", "answers": [ANSWER],
                  "queries": [{"rrname": "SRV01.corp.example.", "rrtype": "A"}]},
}  # fmt: skip


@pytest.mark.parametrize("turned", [False, True], ids=["the flow's direction", "the answer's direction"])
@pytest.mark.parametrize("version", DNS)
def test_dns_answers_of_every_version_are_one_row(version: str, turned: bool) -> None:
    sides = {"src_port": 50211, "dest_port": 53}
    if turned:
        sides = {"src_ip": "10.20.1.21", "src_port": 53, "dest_ip": "10.20.1.11", "dest_port": 50211}
    row = load(jsonl(event("dns", DNS[version], **sides))).row("dns")
    expected = {
        "client_ip": "10.20.1.11", "client_port": 50211, "server_ip": "10.20.1.21", "server_port": 53,
        "query": "srv01.corp.example", "qtype": "A", "answers": ["10.20.1.21"], "rcode": "NOERROR",
    }  # fmt: skip
    assert {key: row[key] for key in expected} == expected


@pytest.mark.parametrize(
    "query",
    [{"type": "query", "id": 7, "rrname": "a.example", "rrtype": "A", "tx_id": 0},
     {"version": 3, "type": "request", "queries": [{"rrname": "a.example", "rrtype": "A"}]}],
    ids=["version 2", "version 3"],
)  # fmt: skip
def test_dns_queries_are_rows_without_answers(query: dict[str, Any]) -> None:
    row = load(jsonl(event("dns", query, dest_port=53))).row("dns")
    assert (row["query"], row["answers"]) == ("a.example", None)


def smb(command: str, **fields: Any) -> dict[str, Any]:
    """One SMB command."""
    return event("smb", {"id": 1, "dialect": "3.11", "command": command, "status": "STATUS_SUCCESS", **fields})


def test_a_tree_connect_is_a_mapping() -> None:
    record = smb("SMB2_COMMAND_TREE_CONNECT", share="\\\\SRV01\\ADMIN$", share_type="FILE")
    row = load(jsonl(record)).row("smb_activity")
    assert (row["kind"], row["action"], row["share"], row["server"]) == ("mapping", "map", "ADMIN$", "srv01")


@pytest.mark.parametrize(
    ("command", "fields", "action", "new"),
    [
        ("SMB2_COMMAND_CREATE", {"disposition": "FILE_OVERWRITE_IF"}, "open", True),
        ("SMB2_COMMAND_CREATE", {"disposition": "FILE_OPEN"}, "open", False),
        ("SMB1_COMMAND_NT_CREATE_ANDX", {"disposition": "FILE_CREATE"}, "open", True),
        ("SMB2_COMMAND_WRITE", {}, "write", None),
        ("SMB2_COMMAND_SET_INFO", {"rename": {"from": "a.tmp", "to": "tool.exe"}}, "rename", None),
    ],
)
def test_an_act_on_a_file_says_what_it_does(
    command: str, fields: dict[str, Any], action: str, new: bool | None
) -> None:
    row = load(jsonl(smb(command, filename="tool.exe", share="\\\\SRV01\\C$", **fields))).row("smb_activity")
    assert (row["kind"], row["action"], row["file_name"], row["is_new"]) == ("file", action, "tool.exe", new)


def test_session_setup_says_who_by_ntlm_or_kerberos() -> None:
    ntlm = smb("SMB2_COMMAND_SESSION_SETUP", ntlmssp={"domain": "CORP", "user": "Adm.Keller", "host": "WS01"})
    ticket = smb("SMB2_COMMAND_SESSION_SETUP", kerberos={"realm": "CORP.EXAMPLE", "snames": ["cifs", "SRV01"]})
    loaded = load(jsonl(ntlm, ticket))
    assert loaded.counts == {"ntlm_activity": 1, "kerberos_activity": 1}
    who = loaded.row("ntlm_activity")
    assert (who["user_name"], who["client_name"], who["success"]) == ("adm.keller", "ws01", True)
    ticket = loaded.row("kerberos_activity")
    assert (ticket["service"], ticket["service_class"], ticket["service_host"]) == ("cifs/SRV01", "cifs", "srv01")


SVCCTL = {"uuid": "367abb81-9844-35f1-ad32-98f038001003", "version": "2.0"}
BIND = {"request": "BIND", "interfaces": [SVCCTL], "call_id": 1}


@pytest.mark.parametrize("wire", ["over a pipe", "over TCP"])
def test_the_flow_joins_an_operations_number_to_its_interface(wire: str) -> None:
    later = {"timestamp": "2026-03-10T09:14:02.500000+0000"}
    if wire == "over TCP":
        calls = [event("dcerpc", BIND, dest_port=49670),
                 event("dcerpc", {"request": "REQUEST", "req": {"opnum": 12}}, dest_port=49670, **later)]  # fmt: skip
    else:
        request = {"request": "REQUEST", "opnum": 12, "req": {"frag_cnt": 1}, "call_id": 2}
        calls = [smb("SMB2_COMMAND_IOCTL", dcerpc=BIND, filename="svcctl"),
                 {**smb("SMB2_COMMAND_IOCTL", dcerpc=request, filename="svcctl"), **later}]  # fmt: skip
    other = {**calls[1], "flow_id": 7, "src_port": 50212}  # without a bind: no name
    rows = load(jsonl(*calls, other)).rows("dce_rpc")
    found = {(row["uid"], row["call"], row["endpoint"], row["operation"]) for row in rows}
    assert found == {
        ("1804289383219451", "bind", "svcctl", None), ("1804289383219451", "request", "svcctl", "CreateServiceW"),
        ("7", "request", None, None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("uuid", "number", "name"),
    [
        ("12345678-1234-abcd-ef00-0123456789ab", 65, ("spoolss", "RpcRemoteFindFirstPrinterChangeNotificationEx")),
        ("c681d488-d850-11d0-8c52-00c04fd90f7e", 0, ("efsrpc", "EfsRpcOpenFileRaw")),
        ("df1941c5-fe89-4e79-bf10-463657acf44d", 4, ("efsrpc", "EfsRpcEncryptFileSrv")),
        ("4fc742e0-4a10-11cf-8273-00aa004ae673", 13, ("netdfs", "NetrDfsRemoveStdRoot")),
        ("a8e0653c-2744-4389-a61d-7373df8b2292", 9, ("fssagentrpc", "IsPathShadowCopied")),
        ("00020400-0000-0000-c000-000000000046", 6, ("IDispatch", "Invoke")),
    ],
)
def test_calls_that_coerce_or_automate_have_their_names(uuid: str, number: int, name: tuple[str, str]) -> None:
    bind = {"request": "BIND", "interfaces": [{"uuid": uuid, "version": "1.0"}], "call_id": 1}
    call = event("dcerpc", {"request": "REQUEST", "req": {"opnum": number}}, dest_port=49670,
                 timestamp="2026-03-10T09:14:02.500000+0000")  # fmt: skip
    rows = load(jsonl(event("dcerpc", bind, dest_port=49670), call)).rows("dce_rpc")
    assert [(row["endpoint"], row["operation"]) for row in rows if row["call"] == "request"] == [name]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"msg_type": "KRB_TGS_REP", "sname": "cifs/srv01"}, ("TGS", True, "srv01")),
        ({"msg_type": "KRB_AS_REP", "sname": "krbtgt/CORP.EXAMPLE"}, ("AS", True, None)),
        ({"msg_type": "KRB_ERROR", "failed_request": "KRB_TGS_REQ", "error_code": "KDC_ERR_S_PRINCIPAL_UNKNOWN"},
         ("TGS", False, None)),
    ],
)  # fmt: skip
def test_a_ticket_is_given_or_refused(fields: dict[str, str], expected: tuple[str, bool, str | None]) -> None:
    who = {"cname": "Adm.Keller", "realm": "CORP.EXAMPLE", "encryption": "aes256"}
    row = load(jsonl(event("krb5", {**who, **fields}, dest_port=88))).row("kerberos_activity")
    assert (row["request_type"], row["success"], row["service_host"]) == expected
    assert (row["client"], row["client_realm"]) == ("adm.keller", "CORP.EXAMPLE")


def test_dhcp_acknowledgements_are_leases() -> None:
    ack = {"type": "reply", "dhcp_type": "ack", "client_mac": "00:1a:2b:3c:4d:5e", "assigned_ip": "10.20.1.11",
           "client_ip": "0.0.0.0", "lease_time": 3600, "next_server_ip": "0.0.0.0", "hostname": "WS01"}  # fmt: skip
    discover = {"type": "request", "dhcp_type": "discover", "client_mac": "00:1a:2b:3c:4d:5e", "assigned_ip": "0.0.0.0"}
    row = load(jsonl(event("dhcp", ack), event("dhcp", discover))).row("dhcp_lease")
    assert (row["ip"], row["mac"], row["host_name"], row["server_ip"]) == ("10.20.1.11", "001a2b3c4d5e", "ws01", None)


def test_winrm_requests_and_alerts_are_kept() -> None:
    wsman = {"hostname": "srv01", "url": "/wsman", "http_user_agent": "x", "http_method": "POST", "status": 200}
    alert = {"signature": "PsExec service created", "signature_id": 2010781, "severity": 2, "category": "Misc"}
    other = event("http", {"url": "/"}, dest_port=80)
    loaded = load(jsonl(event("http", wsman, dest_port=8080), event("alert", alert), other))
    assert loaded.row("http_activity")["uri"] == "/wsman"
    assert loaded.row("sensor_alert")["name"] == "PsExec service created"
    assert loaded.summary.unused == {"suricata http, not needed": 1}


def test_other_events_are_counted_whatever_they_call_themselves() -> None:
    loaded = load(jsonl(event("stats", {"uptime": 1}), event("tls", {}), event("x" * 90, {}), event("y" * 90, {})))
    assert loaded.counts == loaded.reasons == {}
    assert loaded.summary.unused == {"suricata stats": 1, "suricata tls": 1, "suricata other": 2}
