"""How a hop authenticated: each flag where it belongs, and a relay never where clients are only odd."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

from typing import Any

import pytest

from hopwatch.facts import survey
from hopwatch.facts.authentication import escalations
from hopwatch.model.hop import Hop
from hopwatch.pipeline.scan import hops_of
from hopwatch.sigma.match import match
from tests.support import worlds as w
from tests.support.hops import OPTIONS, RULES, numbered, store_of

Event = dict[str, Any]
WS01, SRV02, SRV03 = (w.ADDRESS[host] for host in ("ws01", "srv02", "srv03"))
ROGUE = w.STRANGERS[0]
EPOCH = 1767610200.0  # worlds.BEGIN


def with_fields(event: Event, **fields: Any) -> Event:
    event["Event"]["EventData"].update(fields)
    return event


def logon(t: float, user: str, ip: str, number: int = 0x5001, host: str = "srv02", **fields: Any) -> Event:
    """A network logon with NTLM version 2, unless the fields say otherwise."""
    package = fields.pop("package", "NTLM")
    lm = {"LmPackageName": "NTLM V2"} if package == "NTLM" else {"LogonProcessName": "Kerberos", "LmPackageName": "-"}
    return with_fields(w.logon(host, t, user, ip, number, package=package), **(lm | fields))


def psexec(t: float, user: str, ip: str, **fields: Any) -> list[Event]:
    """PsExec as its target sees it."""
    return [
        logon(t, user, ip, **fields),
        w.share("srv02", t + 1, user, ip, 0x5001, "ADMIN$", "PSEXESVC.exe"),
        w.service("srv02", t + 2, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe", w.sid(user)),
    ]


def at_home(host: str, ip: str, t: float = 0, number: int = 0x901) -> list[Event]:
    """The machine account of a host logs on elsewhere from the host's own address."""
    return [logon(t + 60 * i, f"{host.upper()}$", ip, number + i, "srv03", package="Kerberos") for i in range(3)]


def call(t: float, source: str, host: str, target: str) -> Event:
    return w.flow(host, t, (source, 51000, target, 445), True)


def overlay(t: float, host: str, by: str, account: str | None) -> Event:
    """A logon of type 9 by the secondary logon service."""
    event = w.logon(host, t, by, "::1", 0x7001, 9, "Negotiate", "0x354")
    more = {"TargetOutboundUserName": account, "TargetOutboundDomainName": "CORP"} if account else {}
    return with_fields(event, LogonProcessName="seclogo", **more)


def hop_on(target: str, *events: Event) -> Hop:
    """The one hop on a host that shows execution."""
    hops = hops_of(store_of(numbered(list(events))), RULES, OPTIONS)
    (hop,) = [h for h in hops if (h.target.host or "").lower().startswith(target) and h.alert]
    return hop


def flags(*events: Event) -> set[str]:
    return set(hop_on("srv02", *events).auth.flags)


PLAIN = {
    "ntlmv1": ({"LmPackageName": "NTLM V1"}, {"LmPackageName": "NTLM V2"}),
    "no_session_key": ({"KeyLength": "0"}, {"KeyLength": "128"}),
    "cleartext": ({"LogonType": "8"}, {"LogonType": "3"}),
}


@pytest.mark.parametrize("flag", PLAIN)
def test_what_a_logon_itself_says_is_flagged_and_else_not(flag):
    hit, miss = PLAIN[flag]
    assert flag in flags(*psexec(0, "alice", ROGUE, **hit))
    assert flag not in flags(*psexec(0, "alice", ROGUE, **miss))


def test_kerberos_never_lacks_a_key_by_its_key_length():
    assert "no_session_key" not in flags(*psexec(0, "alice", ROGUE, package="Kerberos", KeyLength="0"))


def test_a_guest_is_flagged():
    assert "guest" in flags(*psexec(0, "guest", ROGUE))


def test_what_is_done_in_an_anonymous_session_is_flagged():
    assert "anonymous" in flags(*psexec(0, "ANONYMOUS LOGON", ROGUE, TargetDomainName="NT AUTHORITY"))
    beside = logon(0, "ANONYMOUS LOGON", ROGUE, 0x5002, TargetDomainName="NT AUTHORITY")
    assert "anonymous" not in flags(beside, *psexec(1, "alice", ROGUE))


KERBEROS_BEFORE = {
    "this account there": [logon(-3600, "alice", WS01, 0x801, package="Kerberos")],
    "this pair": [logon(-3600, "bob", ROGUE, 0x801, package="Kerberos")],
    "each elsewhere": [
        logon(-3600, "alice", SRV03, 0x801, "srv03", package="Kerberos"),
        logon(-3500, "dora", ROGUE, 0x802, "srv03", package="Kerberos"),
        logon(-3400, "bob", WS01, 0x803, package="Kerberos"),
        logon(-3300, "svc-app", WS01, 0x804, package="Kerberos"),
    ],
}


@pytest.mark.parametrize("usual", KERBEROS_BEFORE)
def test_ntlm_is_a_fallback_where_kerberos_is_usual(usual):
    hop = hop_on("srv02", *KERBEROS_BEFORE[usual], *psexec(0, "alice", ROGUE))
    assert "ntlm_fallback" in hop.auth.flags
    assert any("NTLM" in reason.text and reason.points == 5 for reason in hop.reasons)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(psexec(0, "alice", ROGUE), id="nothing shows that Kerberos is usual"),
        pytest.param([*KERBEROS_BEFORE["this account there"], *psexec(0, "alice", ROGUE, TargetDomainName="SRV02")], id="an account of the host itself has no choice"),
        pytest.param([*KERBEROS_BEFORE["this account there"], *psexec(0, "alice", ROGUE, package="Kerberos")], id="it is Kerberos"),
    ],
)  # fmt: skip
def test_ntlm_is_no_fallback_otherwise(events):
    assert "ntlm_fallback" not in flags(*events)


# Relay: the workstation name is a known host's that is elsewhere, and something else says so too.

NAMED = {"WorkstationName": "WS01"}


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([*at_home("ws01", WS01), *psexec(90, "alice", ROGUE, **NAMED, KeyLength="0")], id="without a session key"),
        pytest.param([*at_home("ws01", WS01), call(80, WS01, "ws01", ROGUE), *psexec(90, "alice", ROGUE, **NAMED)], id="after the named host called the relaying one"),
        pytest.param([*at_home("ws01", WS01), *psexec(90, "alice", ROGUE, **NAMED)], id="and the session executes"),
        pytest.param([*at_home("ws01", WS01, -20000), call(80, WS01, "ws01", ROGUE), *psexec(90, "alice", ROGUE, **NAMED)], id="a quiet host that called the relaying one"),
        pytest.param([*at_home("ws01", WS01), *psexec(90, "WS01$", ROGUE)], id="a machine account from an address that is not its own"),
    ],
)  # fmt: skip
def test_another_hosts_logon_is_a_relay(events):
    hop = hop_on("srv02", *events)
    assert "relay" in hop.auth.flags
    assert any("relayed" in reason.text and WS01 in reason.text and ROGUE in reason.text for reason in hop.reasons)


def test_a_relay_alerts_even_where_nothing_shows_execution():
    # a mere share access, but the victim had called the relaying host and the session has no key
    share = w.share("srv02", 91, "alice", ROGUE, 0x5001, "ADMIN$", "notes.txt")
    events = [
        *at_home("ws01", WS01),
        call(80, WS01, "ws01", ROGUE),
        logon(90, "alice", ROGUE, **NAMED, KeyLength="0"),
        share,
    ]
    assert "relay" in hop_on("srv02", *events).auth.flags


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([*at_home("ws01", WS01), *psexec(90, "alice", ROGUE, WorkstationName="")], id="an empty name"),
        pytest.param([*at_home("ws01", WS01), *psexec(90, "alice", ROGUE, WorkstationName="KX3QZ9PL")], id="a random name"),
        pytest.param([*at_home("ws01", WS01), *psexec(90, "alice", WS01, **NAMED)], id="the host's own address"),
        pytest.param([*at_home("ws01", WS01), *at_home("ws01", ROGUE, 30, 0x951), *psexec(90, "alice", ROGUE, **NAMED)], id="a host with two addresses"),
        pytest.param([*at_home("ws01", WS01, -4000), *at_home("ws01", ROGUE, 200, 0x951), *psexec(90, "alice", ROGUE, **NAMED)], id="an address that changed by DHCP"),
        pytest.param([*at_home("ws01", WS01, -20000), *psexec(90, "alice", ROGUE, **NAMED)], id="a host not seen elsewhere at that time"),
        pytest.param([*at_home("ws01", WS01, -20000), *psexec(90, "alice", ROGUE, **NAMED, KeyLength="0")], id="a quiet host that called nobody"),
        pytest.param([*at_home("ws01", WS01, -20000), *at_home("ws01", ROGUE, -10000, 0x951), call(80, WS01, "", ROGUE), *psexec(90, "alice", ROGUE, **NAMED)], id="a quiet host that moved"),
        pytest.param([*at_home("ws01", WS01), *at_home("dc01", w.ADDRESS["dc01"], 0, 0x961),
                      logon(20, "bob", ROGUE, 0x971, "srv03", WorkstationName="DC01"), *psexec(90, "alice", ROGUE, **NAMED)], id="an address that several hosts speak from"),
        pytest.param([*at_home("ws01", WS01), *psexec(90, "alice", ROGUE, package="Kerberos", **NAMED)], id="Kerberos"),
    ],
)  # fmt: skip
def test_odd_clients_are_no_relay(events):
    assert "relay" not in flags(*events)


def test_a_second_address_that_nothing_else_knows_is_no_relay_once_an_account_has_come_from_it_for_a_day():
    habit = [logon(-130000, "WS01$", ROGUE, 0x981, "srv03")]
    assert "relay" not in flags(*at_home("ws01", WS01), *habit, *psexec(90, "WS01$", ROGUE))
    assert "relay" in flags(*at_home("ws01", WS01), *psexec(90, "WS01$", ROGUE))


def test_a_machine_account_that_only_reads_from_an_unknown_address_is_no_relay():
    share = w.share("srv02", 91, "WS01$", ROGUE, 0x5001, "IPC$", "svcctl")
    hops = hops_of(store_of(numbered([*at_home("ws01", WS01), logon(90, "WS01$", ROGUE), share])), RULES, OPTIONS)
    assert hops
    assert not any("relay" in hop.auth.flags for hop in hops)


def test_a_name_alone_is_no_relay():
    share = w.share("srv02", 91, "alice", ROGUE, 0x5001, "IPC$", "svcctl")
    hops = hops_of(
        store_of(numbered([*at_home("ws01", WS01), logon(90, "alice", ROGUE, **NAMED), share])), RULES, OPTIONS
    )
    assert hops
    assert not any("relay" in hop.auth.flags for hop in hops)


def test_coercion_of_the_named_host_counts_for_the_relay_and_makes_no_hop_to_it():
    asked = w.share("ws01", 60, "bob", ROGUE, 0x6001, "IPC$", "efsrpc")
    events = [*at_home("ws01", WS01), asked, *psexec(90, "WS01$", ROGUE)]
    hop = hop_on("srv02", *events)
    assert {"relay", "coercion"} <= set(hop.auth.flags)
    assert any("efsrpc" in reason.text for reason in hop.reasons)
    hops = hops_of(store_of(numbered(events)), RULES, OPTIONS)
    assert not any((h.target.host or "").startswith("WS01") and h.alert for h in hops)


def test_a_pipe_that_everybody_opens_is_no_coercion_by_itself():
    asked = w.share("ws01", 60, "bob", SRV03, 0x6001, "IPC$", "lsarpc")  # from a host that has nothing to do with it
    assert "coercion" not in flags(*at_home("ws01", WS01), asked, *psexec(90, "WS01$", ROGUE))


def test_a_sensor_that_saw_the_call_is_sure_whoever_made_it():
    seen = {
        "_path": "dce_rpc", "ts": EPOCH + 60, "uid": "C1", "id.orig_h": SRV03, "id.orig_p": 50001, "id.resp_h": WS01,
        "id.resp_p": 445, "named_pipe": "\\pipe\\lsarpc", "endpoint": "efsrpc", "operation": "EfsRpcOpenFileRaw",
    }  # fmt: skip
    events = numbered([*at_home("ws01", WS01), *psexec(90, "WS01$", ROGUE)])
    hops = hops_of(store_of(events, [seen]), RULES, OPTIONS)
    assert any("coercion" in hop.auth.flags for hop in hops)


REGISTRY = "HKLM\\System\\CurrentControlSet\\Services\\LanmanServer\\Parameters\\RequireSecuritySignature"


@pytest.mark.parametrize(
    ("said", "words", "points"),
    [
        pytest.param([], "whether the target requires SMB signing is unknown", 0, id="nothing says"),
        pytest.param([w.event("srv02", w.SYSMON, 13, 10, {"EventType": "SetValue", "TargetObject": REGISTRY, "Details": "DWORD (0x00000000)", "Image": "x"})], "does not require SMB signing (registry)", 5, id="the registry says no"),
        pytest.param([w.event("srv02", w.SYSMON, 13, 10, {"EventType": "SetValue", "TargetObject": REGISTRY, "Details": "DWORD (0x00000001)", "Image": "x"})], "the target requires SMB signing", 0, id="the registry says yes"),
        pytest.param([w.event("srv02", "Microsoft-Windows-SMBServer/Connectivity", 4000, 10, {"SigningUsed": "false", "EncyptionUsed": "false"})], "does not require SMB signing (SMBServer 4000)", 5, id="an unsigned session says no"),
        pytest.param([w.event("ws01", "Microsoft-Windows-SmbClient/Audit", 31998, 10, {"ServerName": "\\srv02"})], "does not require SMB signing (SMBClient 31998)", 5, id="a client says that it cannot"),
        pytest.param([w.event("srv02", "Microsoft-Windows-SMBServer/Audit", 3021, 10, {"ClientName": "x"})], "does not require SMB signing (SMBServer 3021)", 5, id="a client that cannot was let in"),
    ],
)  # fmt: skip
def test_signing_is_said_with_a_relay(said, words, points):
    hop = hop_on("srv02", *at_home("ws01", WS01), *said, *psexec(90, "alice", ROGUE, **NAMED, KeyLength="0"))
    assert any(words in reason.text for reason in hop.reasons)
    assert sum(r.points for r in hop.reasons if "does not require SMB signing" in r.text) == points


# Credentials taken on at the source


def test_ntlm_after_credentials_were_taken_on_is_pass_the_hash():
    events = [*at_home("ws01", WS01), overlay(30, "ws01", "bob", "alice"), *psexec(60, "alice", WS01)]
    hop = hop_on("srv02", *events)
    assert "pass_the_hash" in hop.auth.flags
    assert any("taken on at WS01 by bob" in reason.text for reason in hop.reasons)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([overlay(30, "ws01", "bob", "dora"), *psexec(60, "alice", WS01)], id="somebody else's"),
        pytest.param([overlay(90, "srv03", "bob", "alice"), *psexec(60, "alice", WS01)], id="on another host"),
        pytest.param([*psexec(60, "alice", WS01)], id="none at all"),
        pytest.param([overlay(30, "ws01", "bob", "alice"), *psexec(60, "alice", WS01, package="Kerberos")], id="used with Kerberos"),
    ],
)  # fmt: skip
def test_it_is_no_pass_the_hash_otherwise(events):
    assert not {"pass_the_hash", "overpass"} & flags(*at_home("ws01", WS01), *events)


def tgt(t: float, user: str, ip: str, cipher: str) -> Event:
    fields = {
        "TargetUserName": user,
        "TargetDomainName": "CORP",
        "Status": "0x0",
        "TicketEncryptionType": cipher,
        "IpAddress": ip,
    }
    return w.event("dc01", "Security", 4768, t, fields)


def test_a_weak_ticket_after_credentials_were_taken_on_is_overpass_where_better_ones_are_had():
    taken = [
        *at_home("ws01", WS01),
        overlay(30, "ws01", "bob", "alice"),
        *psexec(60, "alice", WS01, package="Kerberos"),
    ]
    better = tgt(-3600, "alice", SRV03, "0x12")
    assert "overpass" in flags(*taken, better, tgt(40, "alice", WS01, "0x17"))
    assert "overpass" not in flags(*taken, better, tgt(40, "alice", WS01, "0x12"))
    assert "overpass" not in flags(*taken, tgt(40, "alice", WS01, "0x17"))


# Local escalation


def escalated(*events: Event):
    con = store_of(numbered(list(events)))
    match(con, RULES)
    survey.prepare(con)
    survey.survey(con)
    return escalations(con)


def test_a_kerberos_logon_from_the_host_itself_that_makes_a_service_is_local_escalation_and_no_hop():
    events = [
        logon(0, "administrator", "127.0.0.1", package="Kerberos"),
        w.service("srv02", 3, "k", "cmd.exe", "S-1-5-18"),
    ]
    assert [(e.host, e.account, e.service) for e in escalated(*events)] == [("srv02", "administrator", "k")]
    assert not any(h.alert for h in hops_of(store_of(numbered(events)), RULES, OPTIONS))


def test_a_service_made_from_elsewhere_or_much_later_is_no_local_escalation():
    service = w.service("srv02", 3, "k", "cmd.exe", "S-1-5-18")
    assert not escalated(logon(0, "administrator", ROGUE, package="Kerberos"), service)
    assert not escalated(logon(-900, "administrator", "127.0.0.1", package="Kerberos"), service)
