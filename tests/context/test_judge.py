"""What a context makes of a hop: allowed, usual, not usual, and what is nobody's business."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopwatch.context.judge import judge as say
from hopwatch.context.usage import unused, usage
from hopwatch.model.context import Context
from hopwatch.model.draft import Draft
from hopwatch.model.hop import TECHNIQUES
from hopwatch.model.observed import Observed, RoleFact
from hopwatch.model.rule import Policy
from hopwatch.pipeline.detect import drafts_of
from tests.context.drafts import NOON, WEIGHTS, context, draft, judged, weights_of
from tests.support import worlds as w
from tests.support.hops import OPTIONS, RULES, numbered, store_of

SITE = """
hosts:
  - {match: JMP01, roles: [jump_host]}
  - {match: MGT01, roles: [management]}
  - {match: 10.20.0.0/16, roles: [workstation]}
  - {match: "WS*", roles: [workstation]}
  - {match: SCAN01, roles: [scanner]}
  - {match: DC01, roles: [domain_controller]}
accounts:
  - {match: adm-kim, roles: [admin], sources: [JMP01]}
  - {match: hd-lee, roles: [helpdesk], sources: [WS07]}
  - {match: svc-backup, roles: [service_account], sources: [BKP01], hosts: ["APP*", "SQL*"], techniques: [remote_service, admin_share_copy]}
  - {match: svc-mon, roles: [service_account], sources: [MGT01], techniques: [wmi_exec]}
"""


@pytest.mark.parametrize(
    ("one", "found"),
    [
        pytest.param(draft("JMP01", account="adm-kim"), {"jump_host_own"}, id="a jump host's own administrator"),
        pytest.param(draft("JMP01", account="alice"), {"jump_host_stranger"}, id="a stranger on a jump host"),
        pytest.param(draft("JMP01", account="svc-mon"), {"jump_host_stranger", "service_account_elsewhere"}, id="a service account on a jump host"),
        pytest.param(draft("WS01", "JMP01", "hd-lee", "rdp", policy=Policy.WEAK), {"jump_host_stranger", "admin_elsewhere", "from_workstation"}, id="a stranger who comes into a jump host"),
        pytest.param(draft("WS01", "JMP01", "adm-kim", "rdp", policy=Policy.WEAK), {"from_workstation"}, id="an administrator who comes into his jump host"),
        pytest.param(draft("MGT01", "JMP01", "svc-mon"), {"service_account_usual"}, id="a service account that manages jump hosts too"),
        pytest.param(draft("WS01", account="adm-kim"), {"admin_elsewhere", "from_workstation"}, id="an administrator at a workstation"),
        pytest.param(draft("WS07", account="hd-lee"), {"admin_own_place"}, id="helpdesk at its own workstation"),
        pytest.param(draft("WS01", account="alice"), {"from_workstation", "not_an_administrator"}, id="a user who runs things elsewhere"),
        pytest.param(draft("", ip="10.20.9.9", account="alice"), {"from_workstation", "not_an_administrator"}, id="a workstation known by its network only"),
        pytest.param(draft("WS01", account="alice", way="smb_access", policy=Policy.WEAK), set(), id="a user who opens a share"),
        pytest.param(draft("WS01", account="alice", way="remote_logon", policy=Policy.WEAK), {"from_workstation"}, id="a remote logon that starts at a workstation"),
        pytest.param(draft("BKP01", "APP02", "svc-backup", "remote_service"), {"service_account_usual"}, id="a service account at its work"),
        pytest.param(draft("WS01", "APP02", "svc-backup", "remote_service"), {"service_account_elsewhere", "from_workstation"}, id="from a host that is not its own"),
        pytest.param(draft("BKP01", "DC01", "svc-backup", "remote_service"), {"service_account_elsewhere"}, id="on a host that is not its own"),
        pytest.param(draft("BKP01", "APP02", "svc-backup", "wmi_exec"), {"service_account_unusual"}, id="in a way that is not its own"),
        pytest.param(draft("BKP01", "APP02", "svc-backup", "rdp", policy=Policy.WEAK), {"service_account_interactive"}, id="used interactively"),
        pytest.param(draft("", "APP02", "svc-backup", "remote_service"), set(), id="from nobody knows where"),
        pytest.param(draft("", "APP02", "svc-backup", "remote_service", ip="192.0.2.7"), set(), id="from an address that may be its own host's"),
        pytest.param(draft("MGT01", account="alice"), {"management_stranger"}, id="a stranger on a management host"),
        pytest.param(draft("MGT01", account="MGT01$"), set(), id="a machine account is nobody's"),
        pytest.param(draft("SCAN01", account="", way="smb_access", policy=Policy.WEAK), {"scanner"}, id="a scanner that looks"),
        pytest.param(draft("SCAN01", account="alice"), set(), id="a scanner that executes"),
        pytest.param(draft("SRV09", account="alice"), set(), id="a host and an account of which nothing is said"),
    ],
)  # fmt: skip
def test_each_effect_of_a_context(one, found):
    assert weights_of(SITE, one) == found


@pytest.mark.parametrize(
    ("one", "alert"),
    [
        pytest.param(draft("JMP01", account="adm-kim"), False, id="a jump host's normal work"),
        pytest.param(draft("JMP01", account="alice"), True, id="a stranger's"),
        pytest.param(draft("JMP01", account="adm-kim", policy=Policy.ARTEFACT), True, id="an attack tool on a jump host"),
        pytest.param(draft("BKP01", "APP02", "svc-backup", "remote_service", policy=Policy.ARTEFACT), True, id="an attack tool with a service account where it works"),
        pytest.param(draft("MGT01", account="svc-mon"), False, id="a service account from its host"),
        pytest.param(draft("MGT01", account="svc-mon", also=("alice",)), True, id="another account takes part in its work"),
        pytest.param(draft("MGT01", account="svc-mon", also=("adm-kim",)), True, id="an administrator who has no business there takes part"),
        pytest.param(draft("MGT01", account="svc-mon", also=("MGT01$", "SYSTEM")), False, id="a machine's own accounts take part"),
        pytest.param(draft("WS01", account="alice"), True, id="dual-use work of which nothing is said"),
    ],
)  # fmt: skip
def test_what_is_usual_is_no_alert_and_what_is_not_is_one(one, alert):
    (hop,) = judged(SITE, one)
    assert (hop.alert, hop.suppressed_by) == (alert, None)


def test_a_service_account_within_sources_hosts_and_techniques_is_suppressed_and_says_by_what():
    one = draft("BKP01", "APP02", "svc-backup", "remote_service")
    assert say([one], context(SITE), Observed())[0].suppressed_by.endswith(
        "context.yml:12 svc-backup at its usual work"
    )


def opened(name: str) -> Draft:
    """Who sits at WS01 opens a desktop on a jump host that sends no logs, as another account."""
    client = "C:\\Windows\\System32\\mstsc.exe"
    start = w.process(
        "ws01", 0, client, "C:\\Windows\\explorer.exe", "mstsc.exe /v:JMP01", (200, 100), "CORP\\alice", 0x77
    )
    given = w.explicit("ws01", 1, name, "JMP01")
    given["Event"]["EventData"] |= {"TargetInfo": "TERMSRV/JMP01", "ProcessName": "C:\\Windows\\System32\\lsass.exe"}
    (found,) = drafts_of(store_of(numbered([start, given])), RULES, OPTIONS)
    return found


def test_who_opens_a_desktop_on_a_jump_host_as_one_of_its_accounts_is_no_stranger():
    own, other = opened("adm-kim"), opened("hd-lee")
    assert (own.account.name, own.account.also) == ("adm-kim", ("alice",))
    assert "jump_host_stranger" not in weights_of(SITE, own)
    assert "jump_host_stranger" in weights_of(SITE, other)


def test_a_stranger_on_a_jump_host_scores_higher_than_its_own_account():
    own, stranger = judged(SITE, draft("JMP01", account="adm-kim"), draft("JMP01", account="alice"))
    assert own.score < WEIGHTS["severity"]["medium"] < stranger.score


ALLOW = """
timezone: Europe/Berlin
allow:
  - {source: SCCM01, account: svc-sccm, target: "*", techniques: [remote_service], hours: "18:00-06:00", until: 2026-04-01, why: client push}
"""
NIGHT = datetime(2026, 3, 10, 22)
PUSH = {"source": "SCCM01", "account": "svc-sccm", "way": "remote_service", "at": NIGHT}


@pytest.mark.parametrize(
    ("changed", "suppressed"),
    [
        pytest.param({}, True, id="all fits"),
        pytest.param({"policy": Policy.ARTEFACT}, True, id="an artefact that is allowed"),
        pytest.param({"source": "SCCM02"}, False, id="another source"),
        pytest.param({"source": ""}, False, id="no source"),
        pytest.param({"account": "svc-sccm2"}, False, id="another account"),
        pytest.param({"account": ""}, False, id="no account"),
        pytest.param({"also": ("alice",)}, False, id="another account besides"),
        pytest.param({"also": ("SCCM01$",)}, True, id="a machine account besides"),
        pytest.param({"way": "psexec"}, False, id="another technique"),
        pytest.param({"ways": ("admin_share_copy", "remote_logon")}, True, id="what the technique brings along"),
        pytest.param({"ways": ("wmi_exec",)}, False, id="another technique besides"),
        pytest.param({"techniques": ("remote_task", "remote_service"), "technique": "remote_task"}, True, id="something that executed nothing happened besides"),
        pytest.param({"at": datetime(2026, 3, 10, 17, 0)}, True, id="18:00 in Berlin"),
        pytest.param({"at": datetime(2026, 3, 10, 16, 59)}, False, id="17:59 in Berlin"),
        pytest.param({"at": datetime(2026, 3, 10, 5, 0)}, True, id="06:00 in Berlin, where it ends"),
        pytest.param({"at": datetime(2026, 3, 10, 5, 1)}, False, id="06:01 in Berlin"),
        pytest.param({"at": datetime(2026, 3, 31, 21, 59)}, True, id="the last minute of March in Berlin, in summer time"),
        pytest.param({"at": datetime(2026, 3, 31, 22, 0)}, False, id="from April on"),
    ],
)  # fmt: skip
def test_allowed_work_is_suppressed_and_only_that(changed, suppressed):
    (hop,) = judged(ALLOW, draft(**PUSH | changed))
    assert (hop.suppressed_by is not None) == suppressed
    assert hop.alert != suppressed
    if suppressed:
        assert hop.suppressed_by.endswith("context.yml:4 client push")


def test_a_name_that_only_the_client_gave_itself_allows_nothing():
    lied = Observed(claimed=frozenset({("10.9.9.9", "sccm01")}))
    (hop,) = judged(ALLOW, replace(draft(**PUSH, ip="10.9.9.9"), names_itself=True), observed=lied)
    assert hop.suppressed_by is None


def test_a_name_that_the_client_gave_itself_counts_where_something_else_proved_it():
    said = Observed(claimed=frozenset({("10.9.9.9", "sccm01")}))
    (hop,) = judged(ALLOW, draft(**PUSH, ip="10.9.9.9"), observed=said)
    assert hop.suppressed_by is not None


def test_roles_are_told_or_inferred_and_shown():
    observed = Observed(roles=(RoleFact("srv01", None, "server", "many"), RoleFact("ws01", None, "server", "many")))
    (hop,) = judged(SITE, draft("WS01", "SRV01"), observed=observed)
    assert (hop.source.roles, hop.target.roles) == (("workstation",), ("server",)), "what is told is not inferred"


def test_an_inferred_workstation_is_said_to_be_inferred():
    observed = Observed(roles=(RoleFact("pc9", None, "workstation", "1 user sits at it"),))
    (hop,) = judged("", draft("PC9"), observed=observed)
    assert any("PC9 (inferred)" in reason.text for reason in hop.reasons)


def test_what_runs_many_hosts_is_a_jump_host_by_its_look_which_speaks_for_nobody():
    drafts = [draft("HOP9", f"SRV{i}") for i in range(4)]
    hops = judged("", *drafts, observed=Observed(guests={"hop9": 2}))
    assert {hop.source.roles for hop in hops} == {("jump_host",)}
    assert all(hop.alert for hop in hops)


JUMP_ONLY = "hosts:\n  - {match: JMP01, roles: [jump_host]}\naccounts:\n  - {match: svc-x, roles: [service_account], sources: [APP01]}"


@pytest.mark.parametrize(
    ("account", "found"),
    [
        pytest.param("adm-kim", {"jump_host_own"}, id="who sat at it on days before works from it"),
        pytest.param("alice", set(), id="of others nothing is known"),
        pytest.param("svc-x", {"jump_host_stranger", "service_account_elsewhere"}, id="a service account of elsewhere is a stranger"),
    ],
)  # fmt: skip
def test_where_nobody_is_listed_for_a_jump_host_those_who_sit_at_it_are_its_own(account, found):
    assert (
        weights_of(JUMP_ONLY, draft("JMP01", account=account), Observed(users=frozenset({("jmp01", "adm-kim")})))
        == found
    )


def nightly(days: int, **more):
    return [
        draft("AUTO01", f"APP0{i % 3}", "svc-auto", at=NIGHT + timedelta(days=i, minutes=7 * (i % 4)), **more)
        for i in range(days)
    ]


def test_scheduled_work_is_no_alert_from_the_fourth_day_on_and_scores_less_before():
    hops = judged("", *nightly(6))
    assert [hop.alert for hop in hops] == [True] * 3 + [False] * 3
    assert any("about this time on 5 days before" in reason.text for reason in hops[-1].reasons)
    assert any("about this time on 5 other days" in reason.text for reason in hops[0].reasons)
    assert hops[-1].score < 40
    assert hops[0].score < judged("", *nightly(1))[0].score


def test_however_much_evidence_what_is_usual_scores_low():
    ways = tuple(TECHNIQUES[:9])
    (own,) = judged(SITE, draft("JMP01", account="adm-kim", ways=ways))
    assert sum(reason.points for reason in own.reasons if reason.points > 0) > 150
    assert own.score < 40


def test_a_job_that_goes_to_many_hosts_may_begin_some_hours_later():
    def push(targets, *hours):
        starts = [NIGHT + timedelta(days=i, hours=h) for i, h in enumerate(hours)]
        return judged(
            "", *[draft("AUTO01", f"PC{n}", "svc-auto", at=start) for start in starts for n in range(targets)]
        )

    assert not push(6, 0, -2, -1, -3)[-1].alert
    assert push(2, 0, -2, -1, -3)[-1].alert


def test_what_speaks_against_a_hop_takes_back_what_speaks_for_it():
    (hop,) = judged(SITE, draft("BKP01", "APP02", "svc-backup", "rdp", ways=("remote_service",)))
    assert any("interactively" in reason.text for reason in hop.reasons)
    assert not [r for r in hop.reasons if r.points < 0 and "counts for at most" not in r.text]


def test_an_artefact_keeps_its_score_whoever_left_it():
    tool = {"policy": Policy.ARTEFACT}
    own, stranger = judged(SITE, draft("JMP01", account="adm-kim", **tool), draft("SRV09", account="alice", **tool))
    assert own.score == stranger.score


@pytest.mark.parametrize(
    "last",
    [
        pytest.param({"at": NIGHT + timedelta(days=6, hours=5)}, id="at another time of day"),
        pytest.param({"said": "something else ran"}, id="something else is done"),
        pytest.param({"source": "AUTO02"}, id="from another host"),
        pytest.param({"way": "psexec"}, id="in another way"),
        pytest.param({"account": "svc-other"}, id="by another account"),
        pytest.param({"policy": Policy.ARTEFACT}, id="an attack tool's artefact"),
        pytest.param({"also": ("alice",)}, id="another account takes part"),
    ],
)
def test_what_is_unlike_the_scheduled_work_before_is_none(last):
    values = {"source": "AUTO01", "account": "svc-auto", "at": NIGHT + timedelta(days=6)} | last
    assert judged("", *nightly(6), draft(target="APP01", **values))[-1].alert


def test_what_differs_from_run_to_run_of_a_job_does_not_make_it_another():
    jobs = [
        draft(
            "AUTO01",
            f"APP0{i}",
            "svc-auto",
            at=NIGHT + timedelta(days=i),
            said=f"ran job-{i}.tmp on APP0{i}, {i * 7919:08x}",
        )
        for i in range(5)
    ]
    assert not judged("", *jobs)[-1].alert


def test_work_from_a_workstation_is_never_scheduled_work():
    seat = Observed(roles=(RoleFact("auto01", None, "workstation", "1 user sits at it"),))
    assert all(hop.alert for hop in judged("", *nightly(8), observed=seat))


def test_the_work_of_an_account_that_works_from_several_hosts_is_never_scheduled():
    other = [draft("AUTO02", "APP01", "svc-auto", at=NIGHT + timedelta(days=i, hours=3)) for i in range(8)]
    assert all(hop.alert for hop in judged("", *nightly(8), *other))


def test_what_comes_later_does_not_change_what_was_said_before():
    before = judged("", *nightly(8))
    after = judged(
        "", *nightly(8), *[draft("AUTO02", "APP01", "svc-auto", at=NIGHT + timedelta(days=20)) for _ in range(9)]
    )
    assert [hop.alert for hop in before] == [hop.alert for hop in after[:8]]


def daily(days: int, source: str = "WS07", **more):
    """One day's work after the other, each at another hour: no job."""
    return [draft(source, f"SRV0{i}", "adm-lee", at=NOON + timedelta(days=i, hours=2 * i), **more) for i in range(days)]


@pytest.mark.parametrize(
    ("before", "last", "found"),
    [
        pytest.param(daily(3), {"source": "WS03"}, {"away"}, id="away from its place for the first time"),
        pytest.param(daily(3, way="rdp", policy=Policy.WEAK), {"source": "WS03"}, {"away"}, id="a place from which it only opened sessions"),
        pytest.param(daily(2), {"source": "WS03"}, set(), id="two days make no place"),
        pytest.param(daily(3), {"source": "", "ip": "10.30.9.9"}, set(), id="an address without a name"),
        pytest.param([*daily(3), *daily(1, "WS03")], {"source": "WS03"}, set(), id="a second place of its own"),
        pytest.param(daily(3), {"source": "WS03", "way": "smb_access", "policy": Policy.WEAK}, set(), id="a share is opened from anywhere"),
        pytest.param(daily(3), {"source": "WS03", "account": "adm-kim"}, set(), id="another account"),
        pytest.param(daily(4), {"source": "WS07"}, {"at_home"}, id="where it works day after day"),
        pytest.param(daily(3), {"source": "WS07"}, set(), id="too few days make no home"),
        pytest.param(daily(4), {"source": "WS07", "also": ("alice",)}, set(), id="at home, but with another account"),
        pytest.param(daily(4), {"source": "WS07", "policy": Policy.ARTEFACT}, set(), id="an attack tool is at home nowhere"),
    ],
)  # fmt: skip
def test_from_where_an_account_works_day_after_day_is_told_from_where_it_works_once(before, last, found):
    hop = draft(**{"account": "adm-lee", "target": "SRV09", "at": NOON + timedelta(days=9)} | last)
    standing = say([*before, hop], Context(), Observed())[-1]
    assert {finding.weight.removeprefix("context.") for finding in standing.findings} == found
    assert not standing.covered
    assert not standing.notable


def test_an_intruder_with_an_administrators_account_stands_above_all_that_administrator_does():
    *own, foreign = judged("", *daily(8), draft("WS03", "SRV09", "adm-lee", at=NOON + timedelta(days=5)))
    assert foreign.score - max(hop.score for hop in own) == 25
    assert all(hop.alert for hop in own)


ENTRIES = [line for line in SITE.splitlines() if line.startswith("  - ")]
DRAFTS = [draft(s, t, a, w) for s in ("JMP01", "WS01", "BKP01", "MGT01") for t in ("APP02", "DC01") for a in ("adm-kim", "svc-backup", "alice") for w in ("wmi_exec", "remote_service")]  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(st.randoms())
def test_the_order_of_entries_never_matters(random):
    hosts, accounts = ENTRIES[:6], ENTRIES[6:]
    random.shuffle(hosts)
    random.shuffle(accounts)
    shuffled = "\n".join(["hosts:", *hosts, "accounts:", *accounts])
    one, other = (say(DRAFTS, context(text), Observed()) for text in (SITE, shuffled))
    for a, b in zip(one, other, strict=True):
        assert (a.findings, a.covered, a.notable, a.source_roles) == (b.findings, b.covered, b.notable, b.source_roles)
        assert (a.suppressed_by is None) == (b.suppressed_by is None)


def test_entries_that_match_nothing_are_named_and_the_others_are_counted():
    told = context(
        SITE + "allow:\n  - {source: GONE01, why: no more}\n  - {source: JMP01, account: adm-kim, why: all}\n"
    )
    observed = Observed(hosts=frozenset({"dc01"}), accounts=frozenset({("svc-backup", "corp", None)}))
    found = usage(told, [draft("JMP01", account="adm-kim"), draft("WS01", "JMP01", "alice")], observed)
    counts = {use.key: (use.names, use.hops) for use in found}
    assert counts["JMP01"] == (1, 2)
    assert counts["adm-kim"] == (1, 1)
    assert counts["svc-backup"] == (1, 0)
    assert counts["JMP01, adm-kim, all"] == (0, 1)
    silent = {problem.text.split("'")[1]: problem.line for problem in unused(told, found)}
    assert set(silent) == {"MGT01", "10.20.0.0/16", "SCAN01", "hd-lee", "svc-mon", "GONE01, no more"}
    assert silent["SCAN01"] == 7


def test_without_a_context_nothing_is_suppressed_and_nothing_that_was_weak_alerts():
    weak = [draft(s, t, a, w, policy=Policy.WEAK) for s in ("WS01", "JMP01") for t in ("SRV01", "DC01") for a in ("alice", "svc-x") for w in ("rdp", "remote_logon", "smb_access")]  # fmt: skip
    observed = Observed(roles=(RoleFact("ws01", None, "workstation", "x"), RoleFact("jmp01", None, "jump_host", "x")))
    assert [s for s in say(weak, Context(), observed) if s.notable or s.covered or s.suppressed_by] == []
