"""What the lab writes in each format is what the products write."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import orjson
import pytest

from hopwatch.lab.event import Flow
from hopwatch.lab.formats import suricata, zeek
from hopwatch.lab.forms import table
from hopwatch.lab.tools import dcom, psexec, rdp, services, tasks, winrm, wmi
from hopwatch.lab.tools.job import Job, mount, sockaddr
from tests.lab.stage import Stage

JOB = Job("cmd.exe /c whoami /all", program="tool.exe")
TOOLS = {
    "psexec": psexec.psexec, "sc": services.sc, "scshell": services.scshell, "schtasks": tasks.schtasks,
    "atexec": tasks.atexec, "wmiexec": wmi.wmiexec, "mmc20": dcom.mmc20, "winrm": winrm.invoke_command,
}  # fmt: skip


def flows_of(tool, **about):
    stage = Stage()
    TOOLS[tool](stage.scene, stage.move(**about), JOB)
    flows = [flow for flow in stage.seen_flows() if flow.target is stage.target]
    for i, flow in enumerate(flows):
        flow.uids, flow.lost = {"core": f"C{i}"}, {}
    return flows


def eve(flows):
    return [orjson.loads(line) for found in suricata.lines(flows).values() for line in found]


@pytest.mark.parametrize("tool", TOOLS)
def test_suricata_names_interfaces_in_the_bind_and_operations_by_number_in_requests(tool):
    bound = {}
    for record in eve(flows_of(tool)):
        call = record.get("dcerpc") or record.get("smb", {}).get("dcerpc")
        if call is None:
            continue
        over_smb = record["event_type"] == "smb"
        assert not {"endpoint", "operation"} & set(call)
        if call["request"] == "BIND":
            assert call["response"] == "BINDACK"
            keys = {"uuid", "version", "ack_result"} | ({"ack_reason"} if over_smb else set())
            assert all(set(interface) == keys for interface in call["interfaces"])
            assert all(
                re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", i["uuid"]) for i in call["interfaces"]
            )
            bound[record["flow_id"]] = True
        else:
            assert bound[record["flow_id"]]
            assert isinstance(call["opnum"] if over_smb else call["req"]["opnum"], int)
            assert {"frag_cnt", "stub_data_size"} <= set(call["req"])
    assert bound or tool == "winrm"


def test_the_numbers_of_operations_agree_with_those_that_hopwatch_reads_by():
    text = (files("hopwatch.normalise") / "network/rpc.toml").read_text(encoding="utf-8")
    known = {(i["endpoint"], i["uuid"]): i for i in tomllib.loads(text)["interface"]}
    compared = 0
    for endpoint, ours in table("rpc").items():
        if endpoint in {name for name, _ in known}:
            same = known[endpoint, ours["uuid"]]
            theirs = {name: int(number) for number, name in same["operations"].items()}
            both = theirs.keys() & ours["operations"].keys()
            assert {name: theirs[name] for name in both} == {name: ours["operations"][name] for name in both}
            compared += len(both)
    assert compared > 20


def test_suricata_smb_says_who_set_the_session_up():
    about = {"package": "NTLM", "workstation": "WS99"}
    [setup] = [
        r["smb"] for r in eve(flows_of("psexec", **about)) if r.get("smb", {}).get("command", "").endswith("SETUP")
    ]
    assert setup["ntlmssp"]["host"] == "WS99"
    [setup] = [r["smb"] for r in eve(flows_of("psexec")) if r.get("smb", {}).get("command", "").endswith("SETUP")]
    assert setup["kerberos"]["snames"][0] == "cifs"


def test_suricata_counts_whole_packets_and_zeek_payload():
    flow = flows_of("psexec")[0]
    about = next(r for r in eve([flow]) if r["event_type"] == "flow")["flow"]
    assert about["bytes_toserver"] - 54 * about["pkts_toserver"] == flow.sent
    conn = dict(zeek.rows(flow))["conn"]
    assert conn["orig_bytes"] == flow.sent


@pytest.mark.parametrize(("lost", "silent"), [("orig", "pkts_toclient"), ("resp", "pkts_toclient")])
def test_suricata_counts_nothing_of_the_direction_that_it_lost(lost, silent):
    flow = flows_of("psexec")[0]
    flow.lost = {"core": lost}
    [record] = eve([flow])
    assert record["flow"][silent] == 0
    assert record["flow"]["state"] == "new"
    assert (record["src_port"] == 445) == (lost == "orig")


def test_without_the_clients_packets_zeek_turns_the_sides_or_takes_the_server_for_the_client():
    rows = []
    for port in range(50000, 50010):
        flow = flows_of("psexec")[0]
        flow.orig = (flow.orig[0], port)
        [(_, row)] = zeek.half(flow, "orig")
        swapped = row["id.orig_p"] == 445
        assert row["conn_state"] == ("OTH" if swapped else "SHR")
        assert row["resp_bytes" if swapped else "orig_bytes"] == 0
        assert row["orig_bytes" if swapped else "resp_bytes"] == flow.received
        rows.append(swapped)
    assert {True, False} == set(rows)


def test_winrm_is_read_as_http_requests_with_its_path_and_agent():
    for _ in range(3):
        rows = [row for flow in flows_of("winrm") for row in zeek.rows(flow) if row[0] == "http"]
        if rows:
            assert {row["uri"] for _, row in rows} == {"/wsman?PSVersion=5.1.17763.1"}
            assert {row["method"] for _, row in rows} == {"POST"}
            return
    pytest.skip("the sensor did not recognise the protocol in these runs")


def test_a_lease_is_written_without_the_ends_of_a_connection():
    assert zeek.head("dhcp").decode().splitlines()[5].startswith("#fields\tts\tuids\tclient_addr\tserver_addr\tmac")


@pytest.fixture
def desk():
    stage = Stage()
    found = rdp.open_desk(stage.scene, stage.move())
    stage.desk = found
    return stage


def kinds(stage, host):
    return [event.form.kind for event in stage.on(host)]


def test_remote_desktop_is_told_by_the_connection_the_authentication_and_the_session(desk):
    own = ("rdpcore.131", "rcm.1149", "lsm.21", "lsm.22")
    assert [kind for kind in kinds(desk, desk.target) if kind in own] == list(own)
    first = next(e for e in desk.on(desk.target) if e.form.kind == "rdpcore.131")
    [flow] = [f for f in desk.seen_flows() if f.resp[1] == 3389]
    assert first.fields["ClientIP"] == f"{flow.orig[0]}:{flow.orig[1]}"


def test_a_desktop_that_is_taken_up_again_is_a_new_connection_and_not_a_new_logon(desk):
    desk.scene.seen = []
    desk.scene.time = desk.desk.until + 600
    rdp.reconnect(desk.scene, desk.move(), desk.desk)
    found = kinds(desk, desk.target)
    assert {"rdpcore.131", "rcm.1149", "security.4778", "lsm.25"} <= set(found)
    assert "lsm.21" not in found
    assert all(isinstance(item, Flow) or item.fields.get("LogonType") != "10" for item in desk.scene.seen)


def test_a_desktop_that_is_signed_out_of_is_told_by_its_session_and_its_end(desk):
    desk.scene.seen = []
    rdp.sign_out(desk.scene.later(60), desk.desk)
    assert {"security.4647", "lsm.23", "security.4634"} <= set(kinds(desk, desk.target))


def test_a_server_that_audits_smb_says_whether_a_session_is_signed():
    stage = Stage()
    link = mount(stage.scene, stage.move())
    [event] = [e for e in stage.on(stage.target) if e.form.kind == "smbconnectivity.4000"]
    assert event.fields["SigningUsed"] == "false"
    assert event.fields["ClientAddress"] == sockaddr(*link.flow.orig)


def test_an_address_is_written_as_windows_does():
    assert sockaddr("10.20.1.11", 49700) == "0200C2240A14010B0000000000000000"
