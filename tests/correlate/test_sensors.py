"""Host logs and network sensors together: clocks that differ, flows seen twice, addresses that change hands."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from hopwatch.model.hop import Hop, LegState
from hopwatch.pipeline.scan import hops_of
from tests.support import worlds as w
from tests.support.hops import OPTIONS, RULES, numbered, store_of

EPOCH = 1767610200.0  # worlds.BEGIN, 2026-01-05 10:50 UTC
SRV02 = w.ADDRESS["srv02"]


def conn(t: float, ends: tuple[str, int, str, int], uid: str, **more: Any) -> dict[str, Any]:
    """A connection as Zeek writes it in JSON."""
    row = {
        "_path": "conn",
        "ts": EPOCH + t,
        "uid": uid,
        "id.orig_h": ends[0],
        "id.orig_p": ends[1],
        "id.resp_h": ends[2],
        "id.resp_p": ends[3],
        "proto": "tcp",
        "duration": 2.0,
        "orig_bytes": 5000,
        "resp_bytes": 3000,
        "conn_state": "SF",
        "history": "ShADadFf",
    }
    return row | more


def ticket(t: float, client: str, service: str, ip: str) -> dict[str, Any]:
    """A service ticket as Zeek writes it in JSON."""
    ends = {"id.orig_h": ip, "id.orig_p": 50123, "id.resp_h": w.ADDRESS["dc01"], "id.resp_p": 88}
    request = {"request_type": "TGS", "client": client, "service": service, "success": True}
    return {"_path": "kerberos", "ts": EPOCH + t, "uid": f"K{t}"} | request | ends


def scan(events: list[dict[str, Any]], *sensors: list[dict[str, Any]]) -> list[Hop]:
    """The hops of host events and of sensors' rows."""
    assert orjson.dumps(events)
    return hops_of(store_of(numbered(events), *sensors), RULES, OPTIONS)


def psexec(t: float, ip: str, logon_id: int = 0x5001) -> list[dict[str, Any]]:
    """PsExec as its target sees it; the client's port follows from the logon id."""
    return [
        w.logon("srv02", t, "alice", ip, logon_id),
        w.share("srv02", t + 1, "alice", ip, logon_id, "ADMIN$", "PSEXESVC.exe"),
        w.service("srv02", t + 2, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe", w.sid("alice")),
    ]


def port(logon_id: int = 0x5001) -> int:
    """The client's port of such a logon."""
    return 50000 + logon_id % 9000


def test_a_sensor_confirms_the_hop_of_its_pair():
    (hop,) = scan(psexec(0, w.STRANGERS[0]), [conn(0, (w.STRANGERS[0], port(), SRV02, 445), "C1")])
    assert (hop.legs["network"], hop.target.host) == (LegState.SEEN, "SRV02.corp.example")


def test_a_sensor_whose_clock_is_ninety_seconds_off_still_confirms_by_the_logons_own_port():
    for off in (-90, 90):
        hops = scan(psexec(0, w.STRANGERS[0]), [conn(off, (w.STRANGERS[0], port(), SRV02, 445), "C1")])
        assert [hop.legs["network"] for hop in hops] == [LegState.SEEN]


def test_a_flow_that_two_sensors_saw_is_one_piece_of_evidence():
    ends = (w.STRANGERS[0], port(), SRV02, 445)
    (hop,) = scan(psexec(0, w.STRANGERS[0]), [conn(0, ends, "C1")], [conn(0.4, ends, "D9")])
    assert [e.leg for e in hop.evidence].count("network") == 1


def test_a_connection_that_was_refused_is_no_hop():
    assert (
        scan(
            [],
            [
                conn(
                    0,
                    (w.STRANGERS[0], 50000, SRV02, 5985),
                    "C1",
                    conn_state="REJ",
                    history="Sr",
                    orig_bytes=0,
                    resp_bytes=0,
                )
            ],
        )
        == []
    )


def test_a_sensor_that_loses_one_direction_still_confirms():
    lost = conn(0, (w.STRANGERS[0], port(), SRV02, 445), "C1", conn_state="SHR", history="^hadf", orig_bytes=0)
    (hop,) = scan(psexec(0, w.STRANGERS[0]), [lost])
    assert hop.legs["network"] is LegState.SEEN


def test_a_sensor_alone_gives_the_pair_and_the_tickets_holder_but_no_alert():
    rows = [ticket(0, "bob/CORP.EXAMPLE", "HTTP/srv02.corp.example", w.STRANGERS[0])]
    flows = [conn(1, (w.STRANGERS[0], 50001, SRV02, 5985), "C1", orig_bytes=90_000)]
    names = [w.logon("srv03", -60, "SRV02$", SRV02, 0x9001, 3, "Kerberos")]
    hop = next(hop for hop in scan(names, rows, flows) if hop.technique == "winrm_exec")
    assert (hop.account.name, hop.source.ip, hop.target.host, hop.alert) == ("bob", w.STRANGERS[0], "SRV02", False)
    assert hop.legs["execution"] is LegState.NOT_COLLECTED


def test_what_everybody_asks_of_a_directory_is_no_hop():
    dc = w.ADDRESS["dc01"]
    rows = [ticket(0, "bob/CORP.EXAMPLE", "cifs/dc01.corp.example", w.STRANGERS[0])]
    assert scan([], rows, [conn(1, (w.STRANGERS[0], 50001, dc, 445), "C1", orig_bytes=900_000)]) == []


def test_event_forwarding_is_told_by_its_shape():
    collector = "10.20.0.90"
    flows = [conn(i, (f"10.20.7.{i}", 50000 + i, collector, 5985), f"C{i}") for i in range(12)]
    admin = [conn(i, ("10.20.0.80", 51000 + i, f"10.20.7.{i}", 5985), f"D{i}") for i in range(3)]
    targets = {hop.target.ip for hop in scan([], flows, admin)}
    assert targets == {"10.20.7.0", "10.20.7.1", "10.20.7.2"}


def test_an_address_that_changed_hands_is_the_host_of_that_time():
    day = 86_400 * 2
    names = [
        w.logon("dc01", -300, "WS01$", "10.20.5.5", 0x9001, 3, "Kerberos"),
        w.logon("dc01", day - 300, "WS09$", "10.20.5.5", 0x9002, 3, "Kerberos"),
    ]
    hops = scan([*names, *psexec(0, "10.20.5.5"), *psexec(day, "10.20.5.5", 0x5002)])
    assert [hop.source.host for hop in hops if hop.alert] == ["WS01", "WS09"]


def test_hosts_behind_one_translated_address_are_not_merged_by_what_they_say_of_themselves():
    first, second = psexec(0, "10.20.6.6"), psexec(60, "10.20.6.6", 0x5002)
    first[0]["Event"]["EventData"]["WorkstationName"] = "LAPTOP-A"
    second[0]["Event"]["EventData"]["WorkstationName"] = "LAPTOP-B"
    (hop,) = [hop for hop in scan([*first, *second]) if hop.alert]
    assert (hop.source.ip, hop.source.host) == ("10.20.6.6", None)


@pytest.mark.parametrize(("package", "source"), [("Kerberos", w.STRANGERS[0]), ("NTLM", None)])
def test_a_ticket_tells_where_a_kerberos_logon_came_from_and_never_an_ntlm_one(package: str, source: str | None):
    shell = ("C:\\Windows\\System32\\whoami.exe", "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe", "whoami")
    events = [
        w.logon("srv02", 0, "alice", "-", 0x5001, 3, package),
        w.process("srv02", 1, *shell, (200, 4), "CORP\\alice", 0x5001),
    ]
    asked = [ticket(-600, "alice/CORP.EXAMPLE", "cifs/srv02.corp.example", w.STRANGERS[0])]
    hops = scan(events, asked)
    assert [hop.source.ip for hop in hops] == [source]


def called(t: float, ip: str, endpoint: str, operation: str) -> dict[str, Any]:
    """A remote procedure call as Zeek writes it in JSON."""
    ends = {"id.orig_h": ip, "id.orig_p": 50002, "id.resp_h": SRV02, "id.resp_p": 61077}
    about = {"named_pipe": "61077", "endpoint": endpoint, "operation": operation, "rtt": 0.001}
    return {"_path": "dce_rpc", "ts": EPOCH + t, "uid": "C2"} | about | ends


def test_a_sensor_alone_tells_of_a_com_object_that_is_made_to_do_something():
    flows = [conn(0, (w.STRANGERS[0], 50001, SRV02, 135), "C1"), conn(1, (w.STRANGERS[0], 50002, SRV02, 61077), "C2")]
    calls = [called(1, w.STRANGERS[0], "IDispatch", name) for name in ("GetTypeInfo", "Invoke")]
    (hop,) = scan([], flows, calls)
    assert (hop.technique, hop.alert, hop.source.ip) == ("dcom_exec", True, w.STRANGERS[0])


def service_made(source: str, user: str, client: str) -> list[list[dict[str, Any]]]:
    """What a sensor sees of a service that is made on a host after a logon with NTLM: a file for each log."""
    ends = {"id.orig_h": source, "id.orig_p": 50002, "id.resp_h": SRV02, "id.resp_p": 445}
    who = {"username": user, "hostname": client, "domainname": "CORP", "success": True}
    ntlm = {"_path": "ntlm", "ts": EPOCH + 90, "uid": "C2"} | who | ends
    call = {"_path": "dce_rpc", "ts": EPOCH + 91, "uid": "C2", "named_pipe": "\\pipe\\ntsvcs", "rtt": 0.001}
    call |= {"endpoint": "svcctl", "operation": "CreateServiceW"} | ends
    return [[conn(90, (source, 50002, SRV02, 445), "C2")], [ntlm], [call]]


@pytest.mark.parametrize(("client", "flags"), [("WS01", ("relay",)), ("NAS", ()), ("", ())])
def test_a_logon_passed_on_to_a_host_without_logs_is_a_relay_by_what_a_sensor_saw(client: str, flags: tuple[str, ...]):
    rogue, ws01 = w.STRANGERS[0], w.ADDRESS["ws01"]
    home = [w.logon("srv03", 0, "WS01$", ws01, 0x901, 3, "Kerberos")]
    hops = scan(home, *service_made(rogue, "alice", client))
    assert [hop.auth.flags for hop in hops if hop.source.ip == rogue] == [flags]
    assert {hop.auth.package for hop in hops if hop.source.ip == rogue} == {"NTLM"}


@pytest.mark.parametrize(
    ("client", "user", "flags"),
    [
        (w.STRANGERS[1], "alice", ("ntlm_fallback",)),  # the account has a ticket for that host
        (w.STRANGERS[0], "dora", ("ntlm_fallback",)),  # this client has one
        (w.STRANGERS[1], "dora", ()),
    ],
)
def test_ntlm_to_a_host_without_logs_is_a_fallback_where_tickets_show_that_kerberos_is_usual(
    client: str, user: str, flags: tuple[str, ...]
):
    asked = [ticket(-7200, "alice/CORP.EXAMPLE", "cifs/srv02.corp.example", w.STRANGERS[0])]
    named = [w.logon("srv03", 0, "SRV02$", SRV02, 0x901, 3, "Kerberos")]
    hops = scan(named, asked, *service_made(client, user, "?"))
    assert [hop.auth.flags for hop in hops if hop.alert] == [flags]


@pytest.mark.parametrize(("taken", "flags"), [("alice", ("pass_the_hash",)), ("dora", ())])
def test_credentials_that_were_taken_on_for_a_host_without_logs_are_pass_the_hash(taken: str, flags: tuple[str, ...]):
    ws01 = w.ADDRESS["ws01"]
    fields = {"LogonProcessName": "seclogo", "TargetOutboundUserName": taken, "TargetOutboundDomainName": "CORP"}
    overlay = w.logon("ws01", 60, "bob", "::1", 0x7001, 9, "Negotiate", "0x354")
    overlay["Event"]["EventData"].update(fields)
    home = [w.logon("srv03", 0, "WS01$", ws01, 0x901, 3, "Kerberos"), overlay]
    hops = scan(home, *service_made(ws01, "alice", "WS01"))
    assert [hop.auth.flags for hop in hops if hop.alert] == [flags]


@pytest.mark.parametrize(("sent", "found"), [(5_000_000, {"winrm_exec", "smb_access"}), (900, {"winrm_exec"})])
def test_a_shell_and_files_that_only_a_sensor_saw_are_two_movements_where_each_tells_of_one(sent: int, found: set[str]):
    source, target = w.STRANGERS
    files = conn(120, (source, 50002, target, 445), "C2") | {"orig_bytes": sent, "resp_bytes": 3000}
    hops = scan([], [conn(0, (source, 50001, target, 5985), "C1"), files])
    assert {hop.technique for hop in hops} == found
