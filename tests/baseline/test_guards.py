"""What is usual is no alert, what an intruder does stays one, and nobody teaches the past to overlook him."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

import pytest

from hopwatch.baseline.allow import allow
from hopwatch.baseline.rows import merge, table
from hopwatch.model.baseline import Baseline
from hopwatch.model.hop import Source
from hopwatch.model.rule import Policy
from hopwatch.model.standing import Standing, merged
from tests.baseline.history import MONDAY, SERVERS, STATIONS, covered, hop, past, row, said, texts, usual, weights_of

NEXT = 10  # the day after the past: a Thursday, ten days after the first Monday


@pytest.fixture(scope="module")
def known():
    return past()


USUAL = {
    "the usual work": hop(NEXT, "JMP01", "APP01", "adm.keller", "winrm_exec"),
    "a usual target by the other administrator's tool": hop(NEXT, "JMP01", "APP02", "adm.rossi", "psexec"),
    "a server that nobody has administered, of a kind that is": hop(NEXT, "JMP01", "APP08", "adm.keller"),
    "a new server, which no log knows yet": hop(NEXT, "JMP01", "APP77", "adm.keller", "winrm_exec"),
    "the helpdesk on a computer that it never helped before": hop(NEXT, "WS01", "WS25", "desk.amin"),
    "an emergency at night, on another server": hop(NEXT, "JMP01", "APP07", "adm.keller", "winrm_exec", hour=2),
    "deployment to a computer that never got one": hop(NEXT, "BKP01", "WS29", "svc-deploy", "remote_service", hour=19),
    "a new administrator, from where all work, with what all use": hop(NEXT, "JMP01", "APP03", "adm.nowak", "winrm_exec"),
    "work of an account that is not known, from the jump host": hop(NEXT, "JMP01", "APP03", None, "winrm_exec"),
    "work from a source that is not known, by its usual account": hop(NEXT, None, "APP03", "adm.keller", "winrm_exec"),
}  # fmt: skip
NOTABLE = {
    "a stolen administrator's account from a user's computer": hop(NEXT, "WS17", "APP01", "adm.keller", "winrm_exec"),
    "the same, onward from a server": hop(NEXT, "APP01", "APP02", "adm.keller", "winrm_exec"),
    "a user's own account from his own computer": hop(NEXT, "WS17", "APP01", "user16"),
    "a service account from a host that is not its own": hop(NEXT, "WS17", "APP01", "svc-backup", "remote_service", hour=22),
    "a service account from the jump host": hop(NEXT, "JMP01", "APP01", "svc-backup", "winrm_exec"),
    "a user's account on the jump host": hop(NEXT, "JMP01", "APP01", "user16", "winrm_exec"),
    "the jump host toward hosts that it never reaches": hop(NEXT, "JMP01", "WS12", "adm.keller"),
    "the same toward a domain controller": hop(NEXT, "JMP01", "DC01", "adm.keller"),
    "the backup's account on a user's computer": hop(NEXT, "BKP01", "WS30", "svc-backup", "wmi_exec", hour=22),
    "a host that nobody knows, with an account that nobody knows": hop(NEXT, "KALI", "APP01", "administrator"),
    "a local account from a user's computer": hop(NEXT, "WS17", "APP01", "administrator"),
    "a new tool on a new target": hop(NEXT, "JMP01", "APP08", "adm.keller", "wmi_exec"),
    "a host that never administers, by an account that is not known": hop(NEXT, "WS17", "APP01", None),
}  # fmt: skip


@pytest.mark.parametrize("what", USUAL)
def test_what_is_usual_is_covered_and_not_notable(known, what):
    (standing,) = said(known, USUAL[what])
    assert (standing.covered, standing.notable) == (True, False), texts(standing)
    assert "usual" in weights_of(standing)


@pytest.mark.parametrize("what", NOTABLE)
def test_what_an_intruder_does_is_notable(known, what):
    (standing,) = said(known, NOTABLE[what])
    assert (standing.covered, standing.notable) == (True, True), texts(standing)
    assert "usual" not in weights_of(standing)
    assert standing.findings


def test_the_sentences_say_who_never_came_from_where_and_where_else_he_was(known):
    (standing,) = said(known, NOTABLE["a stolen administrator's account from a user's computer"])
    assert texts(standing) == [
        "adm.keller has never before worked from WS17 (but from JMP01, WS02)",
        "WS17 has never before administered another host (10 days seen)",
        "adm.keller from WS17 has never before come to APP01 (10 days seen)",
    ]
    (standing,) = said(known, USUAL["the usual work"])
    assert texts(standing) == ["adm.keller from JMP01 came to APP01 on 8 days before"]


def test_every_notable_hop_says_what_is_new(known):
    once = past(more=[hop(3, "WS17", "APP01", "adm.rossi")])
    (rare,) = said(once, hop(NEXT, "WS17", "APP01", "adm.rossi"))
    assert texts(rare) == ["adm.rossi from WS17 worked on one day only before"]
    (far,) = said(known, NOTABLE["the same toward a domain controller"])
    assert "adm.keller from JMP01 has never before worked on a host like DC01 (10 days seen)" in texts(far)


def test_new_staff_stay_new_staff_on_their_second_day_however_little_the_first_showed(known):
    first = [row("logon", NEXT, "ws20", "jmp01", "adm.nowak", "desktop Negotiate")]  # what he did then left no logs
    second = merge([known, Baseline(table([*first, *covered([NEXT])]))])
    work = hop(NEXT + 1, "JMP01", "APP03", "adm.nowak", "winrm_exec")
    desktop = hop(NEXT + 1, "JMP01", "APP03", "adm.nowak", "rdp", policy=Policy.WEAK)
    assert [standing.notable for standing in said(second, work, desktop)] == [False, False]


# Cold start


@pytest.mark.parametrize(("days", "covered_then"), [(4, False), (5, True)])
def test_nothing_is_called_new_before_enough_days(days, covered_then):
    (standing,) = said(past(range(days)), hop(days, "WS17", "APP01", "adm.keller"))
    assert (standing.covered, standing.notable) == (covered_then, covered_then)


def test_a_person_may_say_that_fewer_days_are_enough_and_those_days_are_not_judged():
    early, late = hop(1, "WS17", "APP01", "adm.keller"), hop(2, "WS18", "APP01", "adm.keller")
    first, second = said(past(range(2)), early, late, teaching=2)
    assert (first.covered, first.notable, weights_of(first)) == (False, False, ["teaching"])
    assert second.notable


def test_an_event_with_a_wrong_clock_begins_no_baseline():
    stray = table(
        [row("covers", -3000, None, "ws01", None, "logon"), row("covers", 90000, None, "ws01", None, "logon")]
    )
    known = merge([past(range(3)), Baseline(stray)])
    (standing,) = said(known, hop(3, "WS17", "APP01", "adm.keller"))
    assert not standing.covered
    (standing,) = said(known, hop(3, "WS17", "APP01", "adm.keller"), teaching=3)
    assert standing.notable


# Poisoning


def test_an_intruder_who_takes_his_time_teaches_nothing(known):
    slow = [hop(NEXT + n, "WS17", SERVERS[n], "adm.keller", "winrm_exec") for n in range(6)]
    assert [standing.notable for standing in said(known, *slow)] == [True] * 6


def test_logons_that_belong_to_an_alert_teach_nothing_either(known):
    days = range(NEXT, NEXT + 4)
    rows = [row("logon", day, "ws17", "app01", "adm.keller", "network Kerberos") for day in days]
    rows += [row("console", day, "ws17", "ws17", "adm.keller") for day in days]
    with_logons = merge([known, Baseline(table(rows))])
    standings = said(with_logons, *[hop(day, "WS17", "APP01", "adm.keller") for day in days])
    assert all("new_account_from_source" in weights_of(standing) for standing in standings)


def test_a_hop_that_alerted_by_its_kind_teaches_nothing_even_before_enough_days():
    tool = [hop(day, "WS17", "APP01", "adm.rossi", policy=Policy.ARTEFACT) for day in range(4)]
    assert said(past(alerting=tool), hop(NEXT, "WS17", "APP01", "adm.rossi"))[0].notable
    assert not said(past(more=tool), hop(NEXT, "WS17", "APP01", "adm.rossi"))[0].notable


def test_what_was_seen_on_one_day_only_is_not_yet_usual():
    once = [hop(3, "WS17", target, "adm.rossi") for target in SERVERS[:2]]
    assert said(past(more=once), hop(NEXT, "WS17", "APP01", "adm.rossi"))[0].notable


def test_a_weekly_round_is_usual_when_it_comes_again():
    scan = [hop(3, "SCAN01", station, "svc-scan", "remote_registry", hour=2) for station in STATIONS]
    known = past(more=scan)
    assert not said(known, hop(NEXT, "SCAN01", "WS04", "svc-scan", "remote_registry", hour=2))[0].notable
    assert said(known, hop(NEXT + 1, "SCAN01", "WS04", "svc-scan", "remote_registry", hour=2))[0].notable


@pytest.mark.parametrize("account", ["adm.rossi", None])
def test_a_persons_word_makes_it_usual(known, account):
    again = hop(NEXT, "WS17", "APP01", "adm.rossi")
    allowed = allow(known, ("ws17", "app01", account))
    (standing,) = said(allowed, again)
    assert (standing.covered, standing.notable) == (True, False)
    assert said(allowed, hop(NEXT, "WS18", "APP01", "adm.rossi"))[0].notable


def test_a_persons_word_makes_what_alerted_teach():
    tool = [hop(day, "WS17", "APP01", "adm.rossi", policy=Policy.ARTEFACT) for day in range(4)]
    known = allow(past(alerting=tool), ("ws17", "app01", "adm.rossi"))
    assert not said(known, hop(NEXT, "WS17", "APP02", "adm.rossi"))[0].notable


# Decay, and names


def test_what_was_last_seen_long_ago_is_no_longer_usual():
    old = [*usual(range(5)), *(hop(day, "WS17", "APP01", "adm.old") for day in range(5))]
    soon, late = 20, 5 + 65
    known = past(range(20), more=old)
    assert not said(known, hop(soon, "WS17", "APP01", "adm.old"))[0].notable
    later = merge([known, Baseline(table(covered(range(20, late))))])
    assert said(later, hop(late, "WS17", "APP01", "adm.old"))[0].notable


def test_a_host_with_a_new_address_keeps_its_history(known):
    assert not said(known, hop(NEXT, "JMP01", "APP01", "adm.keller", "winrm_exec", ip="10.99.0.1"))[0].notable


@pytest.mark.parametrize(("sid", "notable"), [("S-1-5-21-7-1105", False), ("S-1-5-21-7-9999", True)])
def test_a_renamed_host_keeps_its_history_where_it_is_the_same_machine(sid, notable):
    said_of = [row("machine", 3, None, "jmp01", None, "S-1-5-21-7-1105"), row("machine", 9, None, "gate9", None, sid)]
    known = past(rows=said_of)
    assert said(known, hop(NEXT, "GATE9", "APP01", "adm.keller", "winrm_exec"))[0].notable is notable


# Coverage


def test_first_time_is_said_only_where_an_earlier_one_would_have_been_seen(known):
    (standing,) = said(known, hop(NEXT, "DARK1", "DARK2", "adm.nobody"))
    assert not standing.covered or "never" not in " ".join(texts(standing))


def test_an_older_set_of_logs_is_judged_by_the_days_that_came_after():
    from hopwatch.baseline.rows import before

    known = before(past(range(40, 50)), MONDAY.date(), MONDAY.date())
    assert said(known, hop(0, "WS17", "APP01", "adm.keller"))[0].notable
    assert not said(known, hop(0, "JMP01", "APP01", "adm.keller", "winrm_exec"))[0].notable


# Weak evidence

WEAK = {
    "a stolen account's desktop on the jump host": (hop(NEXT, "WS17", "JMP01", "adm.rossi", "rdp", policy=Policy.WEAK), True),
    "a usual desktop": (hop(NEXT, "WS02", "JMP01", "adm.keller", "rdp", policy=Policy.WEAK), False),
    "a new account's desktop": (hop(NEXT, "WS17", "JMP01", "adm.nowak", "rdp", policy=Policy.WEAK), False),
    "a stranger's desktop from a server where nobody works": (hop(NEXT, "APP02", "APP05", "svc-new", "rdp", policy=Policy.WEAK), True),
    "a stranger's desktop from a desk": (hop(NEXT, "WS17", "APP05", "svc-new", "rdp", policy=Policy.WEAK), False),
    "a stranger's logon from a server where nobody works": (hop(NEXT, "APP02", "APP05", "svc-new", "smb_access", policy=Policy.WEAK), False),
    "a stolen account's logon": (hop(NEXT, "WS17", "BKP01", "adm.keller", "smb_access", policy=Policy.WEAK), True),
    "the same on a server that everybody uses": (hop(NEXT, "WS17", "APP08", "adm.keller", "smb_access", policy=Policy.WEAK), False),
    "a user on another file server": (hop(NEXT, "WS17", "APP05", "user16", "smb_access", policy=Policy.WEAK), False),
    "a user at another desk": (hop(NEXT, "WS18", "APP08", "user16", "smb_access", policy=Policy.WEAK), False),
}  # fmt: skip


def network_only(account: str, source: str, days=range(10), desk: str | None = None):
    """Rows of an account that logs on over the network from a source every day; `desk` is where it sat once."""
    rows = [row("logon", day, source, "app05", account, "network Kerberos") for day in days]
    return [*rows, row("console", 3, desk, desk, account)] if desk else rows


@pytest.mark.parametrize(
    ("account", "source", "desk", "days", "notable"),
    [
        pytest.param("svc-app", "app02", None, range(10), True, id="an account that only a service used"),
        pytest.param("svc-app", "app02", "ws05", range(10), False, id="one that sat somewhere once"),
        pytest.param("svc-app", "app02", None, range(3), False, id="one that is hardly known"),
        pytest.param("user99", "ws99", None, range(10), False, id="one from where no desktop would have been seen"),
    ],
)
def test_the_first_desktop_of_an_account_that_only_services_used_is_notable(account, source, desk, days, notable):
    session = hop(NEXT, source.upper(), "APP05", account, "rdp", policy=Policy.WEAK)
    (standing,) = said(past(rows=network_only(account, source, days, desk)), session)
    assert standing.notable is notable
    assert ("first_desktop" in weights_of(standing)) is notable


@pytest.mark.parametrize("what", WEAK)
def test_a_logon_is_notable_only_where_an_account_that_works_elsewhere_comes_from_where_it_never_was(known, what):
    draft, notable = WEAK[what]
    assert said(known, draft)[0].notable is notable


def test_a_strangers_desktop_is_not_notable_from_where_somebody_opened_one_before():
    stranger = hop(NEXT, "APP02", "APP05", "svc-new", "rdp", policy=Policy.WEAK)
    before = row("logon", 4, "app02", "app06", "adm.rossi", "desktop Negotiate")
    assert [said(past(rows=rows), stranger)[0].notable for rows in ((), (before,))] == [True, False]


# What the findings add


def test_odd_hours_many_targets_and_rare_targets_are_told_beside(known):
    odd = said(known, hop(NEXT, "JMP01", "APP07", "adm.keller", "winrm_exec", hour=2))[0]
    assert "odd_hour" in weights_of(odd)
    wide = said(known, *[hop(NEXT, "WS17", f"WS{n:02d}", "adm.keller") for n in range(1, 17)])
    assert "fanout" in weights_of(wide[-1])
    rare = said(known, hop(NEXT, "WS17", "BKP01", "adm.keller"))[0]
    assert "rarely_receives" in weights_of(rare)


def test_a_rollout_by_its_usual_source_does_not_flood(known):
    everywhere = [hop(NEXT, "BKP01", station, "svc-deploy", "psexec_like", hour=19) for station in STATIONS]
    assert not any(standing.notable for standing in said(known, *everywhere))


def test_an_administrator_behind_changing_addresses_is_known_by_their_network():
    dialled = [hop(day, None, "APP01", "adm.far", known=Source(None, f"10.30.7.{day + 10}")) for day in (1, 3, 7)]
    known = past(more=dialled)
    assert not said(known, hop(NEXT, None, "APP01", "adm.far", known=Source(None, "10.30.7.99")))[0].notable
    assert said(known, hop(NEXT, None, "APP01", "adm.far", known=Source(None, "10.30.8.99")))[0].notable


RARE = {
    "an administrator at his usual kind of work, for the first time": hop(NEXT, "JMP01", "APP03", "svc-backup", "winrm_exec"),
    "an administrator's new tool on a new target": hop(NEXT, "JMP01", "APP08", "adm.keller", "wmi_exec"),
    "a stranger where it worked once": hop(NEXT, "JMP01", "APP03", "user16", "winrm_exec"),
}  # fmt: skip
VOUCHED = Standing((), covered=True, vouched=True)


@pytest.mark.parametrize("what", RARE)
def test_an_actor_that_was_hardly_seen_is_no_news_where_the_context_names_it(known, what):
    (standing,) = said(known, RARE[what])
    assert (standing.notable, standing.rare) == (True, True)
    assert not merged([VOUCHED, standing]).notable
    assert merged([Standing(covered=True), standing]).notable


@pytest.mark.parametrize(
    ("target", "technique", "hour"), [("DC01", "psexec", 10), ("WS12", "psexec", 10), ("APP08", "wmi_exec", 2)]
)
def test_a_new_place_or_a_new_tool_at_night_stays_notable(known, target, technique, hour):
    (standing,) = said(known, hop(NEXT, "JMP01", target, "adm.keller", technique, hour=hour))
    assert (standing.notable, standing.rare) == (True, False)
    assert merged([VOUCHED, standing]).notable


def test_what_else_is_notable_is_not_undone_by_the_context(known):
    (standing,) = said(known, RARE["a stranger where it worked once"])
    switched = Standing(notable=True)  # as a path says it
    assert merged([merged([VOUCHED, standing]), switched]).notable


def test_a_logon_alone_is_no_news_on_a_host_that_sends_no_logons():
    sensed = [row("covers", day, None, "jmp09", None, "sensor") for day in range(11)]
    session = hop(NEXT, "WS17", "JMP09", "adm.keller", "rdp", policy=Policy.WEAK)
    (blind,) = said(past(rows=sensed), session)
    (heard,) = said(past(rows=[*sensed, *covered(range(11), ["JMP09"])]), session)
    assert (blind.notable, heard.notable) == (False, True)
