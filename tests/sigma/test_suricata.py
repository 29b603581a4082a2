"""Rules for Suricata's own events, under Suricata's own names."""

import json

import pytest
import yaml

from hopwatch.model.detection import State
from hopwatch.pipeline.logs import LogOptions
from hopwatch.pipeline.rules import run
from hopwatch.report.matches import rows
from tests.sigma.world import loaded, one

ENDS = {"src_ip": "10.20.1.3", "src_port": 50001, "dest_ip": "10.20.2.2", "dest_port": 445, "proto": "TCP"}
COUNTS = {"pkts_toserver": 5, "pkts_toclient": 5, "bytes_toserver": 500, "bytes_toclient": 500, "age": 1}
SMB = {"id": 1, "dialect": "3.1.1", "session_id": 1, "tree_id": 1, "status": "STATUS_SUCCESS"}
CALL = {"uuid": "367abb81-9844-35f1-ad32-98f038001003", "version": "2.0", "ack_result": 0}
EVE = [
    ("alert", {}, {"signature": "Remote service made", "signature_id": 9, "severity": 1, "category": "Lateral"}),
    ("flow", {"app_proto": "smb"}, {"start": "2026-01-05T10:00:02.000000+0000", "state": "closed", **COUNTS}),
    ("dns", {"dest_port": 53}, {"type": "query", "rrname": "SRV01.corp.example", "rrtype": "A"}),
    ("http", {"dest_port": 80}, {"hostname": "srv01", "url": "/a.exe", "http_method": "GET", "status": 200}),
    ("smb", {}, SMB | {"command": "SMB2_COMMAND_CREATE", "filename": "a.exe", "share": "\\\\SRV01\\ADMIN$"}),
    ("smb", {}, SMB | {"command": "SMB2_COMMAND_SESSION_SETUP", "ntlmssp": {"user": "alice", "host": "WS01"}}),
    ("dcerpc", {"dest_port": 49700}, {"request": "REQUEST", "call_id": 2, "req": {"opnum": 12}, "interfaces": [CALL]}),
    ("krb5", {"dest_port": 88}, {"msg_type": "KRB_TGS_REP", "sname": "cifs/srv01", "encryption": "rc4-hmac"}),
]
CASES = [
    ({"service": "alert"}, {"alert.signature|contains": "service", "alert.severity": 1}, {"suricata_alert"}),
    ({"category": "ids"}, {"alert.signature_id": 9, "src_ip|cidr": "10.20.1.0/24"}, {"suricata_alert"}),
    ({"category": "alert"}, {"alert.severity|gte": 2}, set()),
    ({}, {"event_type": "alert", "dest_port": 445}, {"suricata_alert"}),
    ({}, {"dest_ip": "10.20.2.2", "dest_port": 445}, {"suricata_alert", "suricata_flow", "suricata_smb"}),
    ({"service": "flow"}, {"app_proto": "smb", "dest_port": 445, "proto": "tcp"}, {"suricata_flow"}),
    ({"category": "network_connection"}, {"dst_port": 445, "flow.pkts_toserver|gte": 5}, {"suricata_flow"}),
    ({"service": "flow"}, {"dest_port": 80}, set()),
    ({"service": "dns"}, {"dns.rrname|endswith": ".corp.example", "dns.rrtype": "A"}, {"suricata_dns"}),
    ({"service": "http"}, {"http.url|endswith": ".exe", "http.http_method": "GET"}, {"suricata_http"}),
    ({"service": "smb"}, {"smb.filename|endswith": ".exe", "smb.share|contains": "admin$"}, {"suricata_smb"}),
    ({"service": "smb"}, {"smb.ntlmssp.user": "alice", "smb.ntlmssp.host": "ws01"}, {"suricata_smb"}),
    ({"service": "smb"}, {"smb.ntlmssp.user": "bob"}, set()),
    ({"service": "dcerpc"}, {"dcerpc.req.opnum": 12, "dcerpc.request": "REQUEST"}, {"suricata_dcerpc"}),
    ({"service": "krb5"}, {"krb5.sname|startswith": "cifs/", "krb5.encryption|contains": "rc4"}, {"suricata_krb5"}),
    ({"service": "krb5"}, {"krb5.msg_type": "KRB_AS_REP"}, set()),
]  # fmt: skip


def text(source, detection):
    logsource = {"product": "suricata"} | source
    return yaml.safe_dump(
        {"title": "x", "logsource": logsource, "detection": {"s": detection, "condition": "s"}, "level": "low"}
    )


def matched(rules, folder):
    done = run(rules, [folder], LogOptions())
    assert done.failed == {}
    return [row for _, _, row in rows(done.con, done.rules)]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suricata")
    lines = [
        {"timestamp": f"2026-01-05T10:00:0{i}.000000+0000", "flow_id": i, "event_type": kind}
        | ENDS
        | more
        | {kind: own}
        for i, (kind, more, own) in enumerate(EVE, 1)
    ]
    (folder / "eve.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "conn.log").write_text(
        '{"_path":"conn","ts":1767610800.5,"uid":"C1","id.orig_h":"10.20.1.1","id.orig_p":50000,"id.resp_h":"10.20.2.2",'
        '"id.resp_p":445,"proto":"tcp","service":"smb","conn_state":"SF","duration":1.5,"orig_bytes":10,"resp_bytes":20}\n'
    )
    return folder


@pytest.mark.parametrize(("source", "detection", "expected"), CASES)
def test_a_rule_for_suricata_matches_its_own_events_and_no_other_sensors(logs, source, detection, expected):
    rules = loaded(text(source, detection))
    assert (rules.entries[0].state, rules.entries[0].problems) == (State.READY, ())
    assert {row["channel"] for row in matched(rules, logs)} == expected


@pytest.mark.parametrize("name", ["tls", "ssh", "fileinfo", "rdp"])
def test_an_event_type_that_is_not_stored_is_known(name):
    assert one(text({"service": name}, {"src_ip": "10.20.1.3"})).state == State.NOT_STORED


def test_an_event_type_that_does_not_exist_is_said_with_the_nearest():
    [problem] = one(text({"service": "alrt"}, {"src_ip": "10.20.1.3"})).problems
    assert (problem.fatal, problem.mend) == (True, "did you mean alert?")


def test_a_field_that_no_table_has_is_said_once():
    problems = one(text({"service": "smb"}, {"smb.wrong": "x"})).problems
    assert [problem.text for problem in problems] == [
        "Suricata's smb as hopwatch stores it has no field smb.wrong: it is always absent"
    ]


def test_a_rule_on_names_asked_of_any_server_reads_both_sensors(logs, tmp_path):
    source = {"category": "dns"}
    rule = yaml.safe_dump(
        {"title": "x", "logsource": source, "detection": {"s": {"query|endswith": ".example"}, "condition": "s"}}
    )
    (tmp_path / "eve.json").write_text((logs / "eve.json").read_text())
    (tmp_path / "dns.log").write_text(
        '{"_path":"dns","ts":1767610800.5,"uid":"C2","id.orig_h":"10.20.1.1","id.orig_p":50000,"id.resp_h":"10.20.2.2",'
        '"id.resp_p":53,"proto":"udp","query":"ws01.corp.example","qtype_name":"A"}\n'
    )
    assert {row["channel"] for row in matched(loaded(rule), tmp_path)} == {"zeek_dns", "suricata_dns"}


def test_cases_of_a_rule_for_suricata_are_lines_of_eve(tmp_path):
    from typer.testing import CliRunner

    from hopwatch.cli.main import application

    raw = yaml.safe_load(text({"service": "alert"}, {"alert.severity": 1})) | {
        "cases": [
            {"name": "grave", "hit": {"alert.signature": "A", "alert.severity": 1}},
            {"name": "slight", "miss": {"alert.signature": "A", "alert.severity": 3}},
        ]
    }
    (tmp_path / "rule.yml").write_text(yaml.safe_dump(raw))
    done = CliRunner().invoke(application(), ["rules", "test", str(tmp_path)])
    assert (done.exit_code, "2 cases" in done.output) == (0, True), done.output
