"""Sides are put right, a flow that two sensors saw is one, and the order of files changes nothing."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.network.reading import CONNECTION, FLOW, Loaded, jsonl, load

SIDES = ("orig_ip", "orig_port", "resp_ip", "resp_port")
RIGHT = ("10.20.1.11", 50211, "10.20.1.21", 445)
TURNED = {
    **CONNECTION, "id.orig_h": "10.20.1.21", "id.orig_p": 445, "id.resp_h": "10.20.1.11", "id.resp_p": 50211,
    "orig_bytes": 1681, "resp_bytes": 0, "conn_state": "OTH",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"history": "^dA"}, True),
        ({"history": "^hda", "conn_state": "SHR"}, True),
        ({"history": "DadA"}, True),
        ({"history": "HadR", "conn_state": "RSTRH"}, True),
        ({"history": None}, True),
        ({"history": "ShADadFf", "conn_state": "SF"}, False),
        ({"id.resp_p": 139}, False),
        ({"id.resp_p": 5985}, False),
    ],
    ids=["guessed", "a lost direction", "seen from the middle", "answer first", "no history", "a seen handshake",
         "between servers", "a server's port both"],
)  # fmt: skip
def test_sides_are_swapped_by_the_servers_port_unless_the_handshake_was_seen(
    changes: dict[str, Any], expected: bool
) -> None:
    row = load(jsonl({**TURNED, **changes})).row("connection")
    assert row["swapped"] is expected
    if expected:
        assert tuple(row[name] for name in SIDES) == RIGHT
        assert (row["orig_bytes"], row["resp_bytes"]) == (0, 1681)


def test_a_dynamic_port_is_no_servers_port() -> None:
    flow = {**TURNED, "id.orig_p": 49670, "id.resp_p": 51000, "history": "^d"}
    assert load(jsonl(flow)).row("connection")["swapped"] is False


def test_what_is_said_of_a_flow_turns_with_it() -> None:
    said = {k: TURNED[k] for k in FLOW} | {"endpoint": "svcctl", "operation": "CreateServiceW"}
    alone = {**said, "uid": "Cunknown", "id.resp_p": 50212}
    believed = {**said, "uid": "Cseen", "id.resp_p": 50213}
    rows = Loaded({
        "conn.log": jsonl({**TURNED, "history": "^d"}, {**TURNED, **believed, "history": "ShADad"}),
        "dce_rpc.log": jsonl(said, alone, believed),
    }).rows("dce_rpc")  # fmt: skip
    turned = {row["uid"]: row["resp_port"] == 445 for row in rows}
    assert turned == {FLOW["uid"]: True, "Cunknown": True, "Cseen": False}


@pytest.mark.parametrize(
    ("state", "history", "sent", "received", "answered", "one_way"),
    [
        ("SF", "ShADadFf", 10, 10, True, False),
        ("S0", "S", 0, 0, False, False),
        ("REJ", "Sr", 0, 0, False, False),
        ("RSTOS0", "SR", 0, 0, False, False),
        ("SHR", "^hdaf", 0, 376, True, True),
        ("RSTRH", "^hdar", 0, 0, True, True),
        ("S0", "SAD", 500, 0, True, True),
        ("OTH", "R", 0, 0, False, False),
        ("OTH", "^dA", 0, 1, True, True),
        ("S1", "ShADda", 500, 700, True, False),
    ],
)
def test_a_connection_says_whether_it_was_answered_and_seen_whole(
    state: str, history: str, sent: int, received: int, answered: bool, one_way: bool
) -> None:
    seen = {"conn_state": state, "history": history, "orig_bytes": sent, "resp_bytes": received}
    row = load(jsonl({**CONNECTION, **seen})).row("connection")
    assert (row["answered"], row["one_way"]) == (answered, one_way)


def second(record: dict[str, Any], seconds: float = 0.4) -> dict[str, Any]:
    """The same as another sensor saw it, a little later by its clock."""
    return {**record, "ts": record["ts"] + seconds, "uid": "ZotherSensor"}


CALL = {**FLOW, "endpoint": "svcctl", "operation": "CreateServiceW", "rtt": 0.001}
AGAIN = {**CALL, "ts": FLOW["ts"] + 0.1, "rtt": 0.002}
MAPPING = {**FLOW, "path": "\\\\SRV01\\IPC$", "share_type": "PIPE"}
ONE = {"a/conn.log": jsonl(CONNECTION), "a/dce_rpc.log": jsonl(CALL, AGAIN), "a/smb_mapping.log": jsonl(MAPPING)}
TWO = {
    "b/conn.log": jsonl(second({**CONNECTION, "orig_bytes": 0, "conn_state": "SHR", "history": "^hda"})),
    "b/dce_rpc.log": jsonl(second(CALL)), "b/smb_mapping.log": jsonl(second(MAPPING)),
    "b/ntlm.log": jsonl(second({**FLOW, "username": "keller", "hostname": "WS01", "domainname": "CORP"})),
}  # fmt: skip


def test_a_flow_that_two_sensors_saw_is_one_with_all_that_either_saw() -> None:
    loaded = Loaded({**ONE, **TWO})
    flow = loaded.row("connection")
    assert (flow["uid"], flow["orig_bytes"], flow["resp_bytes"], flow["copies"]) == (FLOW["uid"], 4020, 1681, 2)
    assert flow["one_way"] is False
    assert [row["uid"] for row in loaded.rows("dce_rpc")] == [FLOW["uid"]] * 2
    assert loaded.row("smb_activity")["uid"] == loaded.row("ntlm_activity")["uid"] == FLOW["uid"]
    assert loaded.summary.duplicates == 3


def test_the_order_of_files_changes_nothing() -> None:
    files = {**ONE, **TWO, "c/conn.log": ONE["a/conn.log"]}
    tables = ("connection", "dce_rpc", "smb_activity", "ntlm_activity")
    orders = list(permutations(files))
    found = [Loaded({name: files[name] for name in order}) for order in orders[:: len(orders) // 5]]
    assert len({str([each.rows(table) for table in tables]) for each in found}) == 1
    whole = Loaded({"all.json": b"".join(files.values())})
    assert [row["key"] for row in whole.rows("dce_rpc")] == [row["key"] for row in found[0].rows("dce_rpc")]


def test_two_sensors_without_a_connection_log_count_once_too() -> None:
    assert load(jsonl(CALL, second(CALL))).counts == {"dce_rpc": 1}


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"ts": FLOW["ts"] + 14}, 1),
        ({"ts": FLOW["ts"] + 16}, 2),
        ({"ts": FLOW["ts"] - 4}, 1),
        ({"id.orig_p": 50212}, 2),
        ({"id.resp_h": "10.20.1.22"}, 2),
    ],
    ids=["while it lived and five seconds", "later", "a clock that is behind", "another port", "another server"],
)
def test_only_the_same_flow_is_one(change: dict[str, Any], count: int) -> None:
    other = {**CONNECTION, "uid": "ZotherSensor", "duration": 0.5, **change}
    assert len(load(jsonl(CONNECTION, other)).rows("connection")) == count


def test_the_same_log_read_twice_counts_once() -> None:
    loaded = Loaded({"a.log": jsonl(CONNECTION, CONNECTION), "b.log": jsonl(CONNECTION)})
    assert loaded.row("connection")["source_file"] == "a.log"
    assert loaded.summary.duplicates == 2


def test_winrm_on_another_port_makes_a_flow_of_its_requests() -> None:
    request = {**FLOW, "id.resp_p": 8080, "trans_depth": 1, "method": "POST", "uri": "/wsman", "status_code": 200,
               "request_body_len": 10, "response_body_len": 20}  # fmt: skip
    later = {**request, "ts": FLOW["ts"] + 3, "request_body_len": 30}
    loaded = load(jsonl(request, later, {**request, "uid": "C2", "uri": "/index"}))
    flow = loaded.row("connection")
    assert (flow["resp_port"], flow["orig_bytes"], flow["resp_bytes"], flow["channel"]) == (8080, 40, 40, "zeek_http")
    kept = {**CONNECTION, "id.resp_p": 5985}
    both = load(jsonl(kept, {**request, "id.resp_p": 5985}))
    assert both.row("connection")["channel"] == "zeek_conn"
