"""What the design says of the way from signals to hops, point by point."""

from __future__ import annotations

import pytest

from hopwatch.model.hop import LegState
from tests.support import worlds as w
from tests.support.hops import executed, found

STRANGER = w.STRANGERS[0]
SHELL = ("C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\PSEXESVC.exe", "cmd /c whoami")
WMI = ("C:\\Windows\\System32\\whoami.exe", "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe", "whoami")


def psexec(t: float = 0, user: str = "alice", ip: str = STRANGER, logon_id: int = 0x5001, sid: str | None = None):
    """PsExec as its target sees it."""
    return [
        w.logon("srv02", t, user, ip, logon_id),
        w.share("srv02", t + 1, user, ip, logon_id, "ADMIN$", "PSEXESVC.exe"),
        w.service("srv02", t + 2, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe", sid or w.sid(user)),
        w.process(
            "srv02", t + 3, "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\System32\\services.exe", "PSEXESVC", (200, 4)
        ),
        w.process("srv02", t + 4, *SHELL, (201, 200)),
    ]


# 1. Session


def test_what_carries_a_logon_id_belongs_to_that_session_even_beside_a_nearer_one():
    hops = executed(
        w.logon("srv02", 0, "alice", STRANGER, 0x5001),
        w.logon("srv02", 60, "bob", w.STRANGERS[1], 0x5002),
        w.process("srv02", 61, *WMI, (200, 4), "CORP\\alice", 0x5001),
    )
    assert [(h.account.name, h.source.ip) for h in hops] == [("alice", STRANGER)]


def test_a_logon_id_is_that_of_the_last_logon_before_since_ids_return_after_a_boot():
    hops = executed(
        w.logon("srv02", 0, "alice", STRANGER, 0x5001),
        w.logon("srv02", 4000, "bob", w.STRANGERS[1], 0x5001),
        w.process("srv02", 4001, *WMI, (200, 4), "CORP\\bob", 0x5001),
    )
    assert [h.source.ip for h in hops] == [w.STRANGERS[1]]


def test_a_service_joins_the_session_of_the_account_that_made_it():
    hops = executed(
        w.logon("srv02", 0, "alice", STRANGER, 0x5001),
        w.logon("srv02", 1, "bob", w.STRANGERS[1], 0x5002),
        w.service("srv02", 2, "x", "%COMSPEC% /C start calc", w.sid("alice")),
    )
    assert [(h.account.name, h.source.ip) for h in hops] == [("alice", STRANGER)]


# 2. Artefact


def test_a_process_of_a_service_inherits_the_session_that_wrote_and_installed_it():
    (hop,) = executed(*psexec())
    assert (hop.technique, hop.source.ip, hop.account.name, hop.severity) == ("psexec", STRANGER, "alice", "high")
    assert {e.event_id for e in hop.evidence} == {4624, 5145, 7045, 1}


def test_a_process_of_a_written_file_joins_the_write_however_much_later_within_the_hour():
    hops = executed(
        w.share("srv02", 0, "alice", STRANGER, 0x5001, "ADMIN$", "PSEXESVC.exe"),
        w.process(
            "srv02", 900, "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\System32\\services.exe", "PSEXESVC", (200, 4)
        ),
    )
    assert [(h.source.ip, len(h.evidence)) for h in hops] == [(STRANGER, 2)]


# 3. Time


def test_what_is_free_attaches_to_one_anchor_only_and_to_the_nearest():
    hops = executed(
        w.logon("srv02", 0, "alice", STRANGER, 0x5001),
        w.logon("srv02", 100, "alice", w.STRANGERS[1], 0x5002),
        w.process("srv02", 101, *WMI, (200, 4), "CORP\\alice", 0x3E7),
    )
    assert [h.source.ip for h in hops] == [w.STRANGERS[1]]


def test_what_comes_after_the_window_is_not_tied_to_the_logon():
    hops = executed(
        w.logon("srv02", 0, "alice", STRANGER, 0x5001), w.process("srv02", 400, *WMI, (200, 4), logon_id=0x3E7)
    )
    assert [(h.source.ip, h.alert) for h in hops] == [(None, False)]


def test_a_service_made_by_the_machine_never_attaches_by_time():
    hops = executed(
        w.logon("srv02", 0, "alice", STRANGER, 0x5001),
        w.service("srv02", 5, "x", "%COMSPEC% /C start calc", "S-1-5-18"),
    )
    assert [(h.source.ip, h.alert) for h in hops] == [(None, False)]


# 4. Network leg


def test_a_connection_of_the_pair_confirms_the_hop():
    (hop,) = executed(
        *psexec(ip=w.ADDRESS["ws01"]), w.flow("srv02", 0, (w.ADDRESS["ws01"], 50500, w.ADDRESS["srv02"], 445), False)
    )
    assert hop.legs == dict.fromkeys(("logon", "execution", "network"), LegState.SEEN)


def test_one_flow_that_both_hosts_logged_belongs_to_one_hop():
    ends = (w.ADDRESS["ws01"], 50500, w.ADDRESS["srv02"], 445)
    hops = found(*psexec(ip=w.ADDRESS["ws01"]), w.flow("ws01", 0, ends, True), w.flow("srv02", 0, ends, False))
    assert [(h.source.host, h.target.host) for h in hops] == [("WS01.corp.example", "SRV02.corp.example")]


def test_a_dynamic_port_counts_only_beside_the_endpoint_mapper():
    ends = (w.ADDRESS["ws01"], 50500, w.ADDRESS["srv02"])
    alone = found(w.flow("ws01", 0, (*ends, 49700), True))
    beside = found(w.flow("ws01", 0, (*ends, 135), True), w.flow("ws01", 1, (*ends, 49700), True))
    assert (len(alone), [h.evidence_total for h in beside]) == (0, [2])


def test_a_network_leg_that_nobody_could_have_seen_is_not_called_absent():
    (hop,) = executed(*psexec())
    assert hop.legs["network"] is LegState.NOT_COLLECTED
    (hop,) = executed(*psexec(), w.flow("srv02", 9, ("10.20.0.77", 50500, w.ADDRESS["srv02"], 3389), False))
    assert hop.legs["network"] is LegState.ABSENT


# 5. Source


def test_a_pipe_names_the_source_where_no_address_does():
    hop = executed(w.share("srv02", 0, "alice", "-", 0x5001, "IPC$", "PSEXESVC-WS01-7-stdin"))[0]
    assert (hop.source.host, hop.source.known_by) == ("WS01", "pipe_name")


def test_a_winrm_logon_takes_its_source_from_the_only_connection():
    shell = ("C:\\Windows\\System32\\whoami.exe", "C:\\Windows\\System32\\wsmprovhost.exe", "whoami")
    (hop,) = executed(
        w.logon("srv02", 1, "alice", "-", 0x5001, 3, "Kerberos"),
        w.process("srv02", 2, *shell, (200, 4), "CORP\\alice", 0x5001),
        w.flow("ws01", 0, (w.ADDRESS["ws01"], 50500, w.ADDRESS["srv02"], 5985), True, "C:\\x\\powershell.exe"),
        w.flow("srv02", 0, (w.ADDRESS["ws01"], 50500, w.ADDRESS["srv02"], 5985), False),
    )
    assert (hop.source.host, hop.technique, hop.legs["network"]) == ("WS01.corp.example", "winrm_exec", LegState.SEEN)


def test_two_possible_sources_are_both_listed_and_neither_is_chosen():
    shell = ("C:\\Windows\\System32\\whoami.exe", "C:\\Windows\\System32\\wsmprovhost.exe", "whoami")
    flows = [w.flow("srv02", 0, (w.ADDRESS[h], 50500, w.ADDRESS["srv02"], 5985), False) for h in ("ws01", "srv03")]
    (hop,) = executed(
        w.logon("srv02", 1, "alice", "-", 0x5001, 3, "Kerberos"),
        w.process("srv02", 2, *shell, (200, 4), "CORP\\alice", 0x5001),
        *flows,
    )
    assert (hop.source.host, hop.source.ip) == (None, None)
    assert hop.source.candidates == (w.ADDRESS["ws01"], w.ADDRESS["srv03"])


def test_a_client_cannot_name_itself_another_host():
    spoofed = w.logon("srv02", 0, "alice", STRANGER, 0x5001)
    spoofed["Event"]["EventData"]["WorkstationName"] = "DC01"
    known = w.logon("srv02", 0, "SRV02$", w.ADDRESS["dc01"], 0x5009, 3, "Kerberos")
    hop = next(
        h
        for h in found(spoofed, known, w.flow("dc01", 0, (w.ADDRESS["dc01"], 1, "10.20.0.99", 443), True))
        if h.account.name == "alice"
    )
    assert (hop.source.ip, hop.source.host) == (STRANGER, None)


# 6. Local is not lateral


def test_movement_from_an_own_address_is_no_hop():
    own = w.flow("srv02", 0, (w.ADDRESS["srv02"], 50500, "10.20.0.200", 443), True)
    assert executed(*psexec(ip=w.ADDRESS["srv02"]), own) == []


def test_loopback_and_localhost_are_no_hop():
    assert [h for h in executed(*psexec(ip="::1")) if h.alert] == []
    assert executed(w.explicit("ws01", 0, "bob", "localhost")) == []


def test_a_network_logon_made_by_a_process_on_the_host_itself_is_local():
    assert found(w.logon("srv02", 0, "alice", "-", 0x5001, pid="0x2f0")) == []


def test_a_pipe_that_names_the_own_host_is_local():
    assert executed(w.share("srv02", 0, "alice", "-", 0x5001, "IPC$", "PSEXESVC-SRV02-7-stdin")) == []


# 7. One movement, one hop


def test_a_hundred_events_of_one_movement_are_one_hop():
    many = [w.process("srv02", 5 + i, *SHELL, (300 + i, 200)) for i in range(100)]
    (hop,) = executed(*psexec(), *many)
    assert len(hop.evidence) == 50
    assert hop.evidence_total > 100


def test_a_gap_longer_than_the_window_makes_two_hops():
    hops = executed(*psexec(0), *psexec(2000, logon_id=0x5002))
    assert len(hops) == 2
    assert len({hop.group for hop in hops}) == 1


def test_an_island_longer_than_an_hour_is_cut_at_the_full_hour():
    visits = [w.share("srv02", t, "alice", STRANGER, 0x5001 + t, "ADMIN$", "tool.exe") for t in range(0, 5400, 240)]
    hops = executed(*visits)
    assert [(h.start.hour, h.end.hour) for h in hops] == [(10, 10), (11, 11), (12, 12)]


def test_two_accounts_are_two_hops_only_where_each_logs_on_and_executes():
    alice, bob = psexec(0), psexec(30, "bob", logon_id=0x5002)
    assert sorted(h.account.name or "" for h in executed(*alice, *bob)) == ["alice", "bob"]
    (hop,) = executed(*alice, w.logon("srv02", 30, "bob", STRANGER, 0x5002))
    assert (hop.account.name, hop.account.also) == ("alice", ("bob",))


def test_a_machine_account_never_takes_the_place_of_the_user():
    (hop,) = executed(*psexec(), w.share("srv02", 5, "SRV02$", STRANGER, 0x3E7, "IPC$", "svcctl"))
    assert (hop.account.name, hop.account.also) == ("alice", ("SRV02$",))


# 8. Incomplete telemetry


def test_execution_without_any_logon_is_a_hop_that_says_what_was_not_collected():
    (hop,) = executed(w.process("srv02", 0, *SHELL, (201, 200)))
    assert (hop.legs["logon"], hop.legs["execution"], hop.alert) == (LegState.NOT_COLLECTED, LegState.SEEN, False)


def test_a_source_side_act_alone_is_a_hop_to_the_host_that_it_names():
    (hop,) = executed(w.explicit("ws01", 0, "bob", "srv02.corp.example"))
    assert (hop.source.host, hop.target.host, hop.account.name, hop.alert) == (
        "WS01.corp.example",
        "SRV02",
        "bob",
        True,
    )


@pytest.mark.parametrize(("user", "account"), [("CORP\\bob", "bob"), ("NT AUTHORITY\\SYSTEM", None)])
def test_where_no_log_names_an_account_the_user_of_the_program_that_connects_is_taken(user: str, account: str | None):
    program = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    ends = (w.ADDRESS["ws01"], 50500, w.ADDRESS["srv02"], 135)
    call = w.flow("ws01", 5, ends, True, program)
    call["Event"]["EventData"] |= {"User": user, "ProcessId": "77"}
    loaded = {"Image": program, "ProcessId": "77", "ImageLoaded": "C:\\Windows\\System32\\taskschd.dll"}
    (hop,) = executed(w.event("ws01", w.SYSMON, 7, 0, loaded), call)
    assert (hop.technique, hop.account.name) == ("remote_task", account)


def test_a_connection_alone_is_a_hop_but_no_alert():
    (hop,) = found(w.flow("ws01", 0, (w.ADDRESS["ws01"], 50500, w.ADDRESS["srv02"], 445), True))
    assert (hop.technique, hop.alert, hop.target.ip) == ("smb_access", False, w.ADDRESS["srv02"])
