"""What a path adds to its hops: traits of an intruder's lift even weak ones, and what is allowed takes no part."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from rich.console import Console

from hopwatch.correlate.paths import chains
from hopwatch.correlate.uses import Uses
from hopwatch.model.hop import SEVERITIES, Account, Auth, Source, Target
from hopwatch.model.path import Effect
from hopwatch.model.rule import Policy
from hopwatch.model.standing import Standing, merged
from hopwatch.report import paths as report
from hopwatch.score import path as score
from hopwatch.score.judge import judge, weights
from tests.score.test_judge import draft

BEGIN = datetime(2026, 1, 5, 10)
STRONG, WEAK = ("execution", 20, Policy.DUAL_USE), ("logon", 15, Policy.WEAK)
NOTHING = Standing()


def hop(name: str, t: float, line: str, account: str, given=STRONG, **more):
    """A draft of a hop `t` minutes on."""
    source, target = line.split(">")
    start = BEGIN + timedelta(minutes=t)
    values = {
        "id": name, "start": start, "end": start, "source": Source(f"{source.upper()}.corp.example", "10.20.0.1"),
        "target": Target(f"{target.upper()}.corp.example"), "account": Account(account), "auth": Auth(elevated=True),
    }  # fmt: skip
    return draft(given, **values | more)


def judged(drafts, known: Uses = Uses(), standings=None):  # noqa: B008 - immutable
    """The hops and paths of drafts, as the pipeline links them."""
    said, ends = standings or [NOTHING] * len(drafts), score.Ends(drafts)
    linked = chains(score.steps(drafts, said, ends, known))
    added = {name: s for chain in linked for name, s in score.standings(chain, known).items()}
    weight = weights()
    hops = [judge(d, weight, merged((s, added.get(d.id, NOTHING)))) for d, s in zip(drafts, said, strict=True)]
    return hops, [score.path(chain, {h.id: h for h in hops}, known, weight) for chain in linked]


ALICE_AT_WS01 = {"ws01": [(BEGIN - timedelta(hours=2), BEGIN, "alice")]}
LINE = (
    hop("a", 0, "ws01>srv02", "admin", WEAK, technique="rdp", techniques=("rdp",), took_on=True),
    hop("b", 10, "srv02>srv03", "admin", WEAK, technique="winrm_exec", techniques=("winrm_exec",)),
)


MERE = (replace(LINE[0], took_on=False), LINE[1])


@pytest.mark.parametrize(
    ("line", "known", "first", "carried"),
    [
        pytest.param(MERE, Uses(users=ALICE_AT_WS01), NOTHING, False, id="mere sessions"),
        pytest.param(LINE, Uses(users=ALICE_AT_WS01), NOTHING, True, id="with an account that another took on"),
        pytest.param(LINE, Uses(users=ALICE_AT_WS01, present={("ws01", "admin"): BEGIN - timedelta(hours=1)}), NOTHING, False, id="which is at home there"),
        pytest.param(MERE, Uses(users=ALICE_AT_WS01, since=BEGIN - timedelta(days=3)), Standing(away=True), True, id="of an account that works elsewhere otherwise"),
    ],
)  # fmt: skip
def test_sessions_alone_are_a_path_only_where_one_is_odd(line, known, first, carried):
    hops, paths = judged(line, known, [first, NOTHING])
    assert bool(paths) is carried
    assert all(any("credentials were switched" in r.text for r in h.reasons) for h in hops) is carried


@pytest.mark.parametrize(
    ("unheard", "known_by", "said"),
    [
        ((), "logon", "where alice was logged on"),
        (("ws01",), "address", "from whose address alice logged on elsewhere before"),
    ],
)
def test_a_path_says_how_the_user_at_its_origin_is_known(unheard, known_by, said):
    hops = [*LINE, hop("c", 20, "srv03>srv04", "admin")]
    found, (path,) = judged(hops, Uses(users=ALICE_AT_WS01, unheard=frozenset(unheard)))
    assert path.to_dict()["origin"] | {"host": "", "ip": ""} == {
        "host": "",
        "ip": "",
        "user": "alice",
        "user_known_by": known_by,
    }
    printed = io.StringIO()
    Console(file=printed, width=200).print(*report.path(path, {one.id: one for one in found}))
    assert said in printed.getvalue()


def test_a_path_with_switched_credentials_lifts_its_weak_hops():
    hops, (path,) = judged([*LINE, hop("c", 20, "srv03>srv04", "admin")], Uses(users=ALICE_AT_WS01))
    assert path.hops == ("a", "b", "c")
    assert path.parents == (None, "a", "b")
    assert path.alert
    assert [(s.hop, s.host, s.before, s.after) for s in path.switches] == [("a", "ws01", "alice", "admin")]
    assert path.origin.user == "alice"
    assert path.accounts == ("alice", "admin")
    assert all(any("credentials were switched" in r.text for r in h.reasons) for h in hops)
    (plain,), _ = judged([LINE[0]], Uses(users=ALICE_AT_WS01))
    assert hops[0].score == plain.score + 5 + 15
    assert [SEVERITIES.index(h.severity) >= SEVERITIES.index(plain.severity) for h in hops] == [True] * 3


def test_an_account_at_home_beside_the_user_is_no_switch():
    known = Uses(users=ALICE_AT_WS01, present={("ws01", "admin"): BEGIN - timedelta(hours=1)})
    _, (path,) = judged([*LINE, hop("c", 20, "srv03>srv04", "admin")], known)
    assert_usual(path, "alice", "admin")


def assert_usual(path, before, after):
    """The one change of account is named, and says nothing."""
    assert [(s.before, s.after, s.usual) for s in path.switches] == [(before, after, True)]
    assert not any("credentials" in reason.text for reason in path.reasons)


def test_a_mere_session_of_an_account_new_in_short_logs_is_no_switch_but_in_long_ones_it_is():
    mere = hop("a", 0, "ws01>srv02", "admin", WEAK, technique="rdp", techniques=("rdp",))
    line = [mere, hop("b", 10, "srv02>srv03", "admin")]
    for days, switched in ((1, False), (3, True)):
        _, (path,) = judged(line, Uses(users=ALICE_AT_WS01, since=BEGIN - timedelta(days=days)))
        assert [s.usual for s in path.switches] == [not switched]


def test_a_change_on_the_way_is_named():
    _, (path,) = judged([hop("a", 0, "ws01>srv02", "eve"), hop("b", 10, "srv02>srv03", "svc-app")])
    assert [(s.host, s.before, s.after) for s in path.switches] == [("srv02", "eve", "svc-app")]


def test_the_machines_own_account_is_no_switch():
    _, (path,) = judged([hop("a", 0, "ws01>srv02", "eve"), hop("b", 10, "srv02>srv03", "SRV02$")])
    assert path.switches == ()


@pytest.mark.parametrize(
    ("reach", "beyond"),
    [
        pytest.param({"srv09": BEGIN - timedelta(days=3)}, ("srv02", "srv03"), id="hosts where the user never went"),
        pytest.param({"srv02": BEGIN - timedelta(days=3)}, ("srv03",), id="without those where he did"),
        pytest.param({"srv09": BEGIN - timedelta(hours=3)}, (), id="nothing where he is known for less than a day"),
        pytest.param({}, (), id="nothing where he is not known"),
    ],
)
def test_hosts_beyond_the_users_reach_are_named(reach, beyond):
    line = [hop("a", 0, "ws01>srv02", "eve"), hop("b", 10, "srv02>srv03", "eve")]
    _, (path,) = judged(line, Uses(users=ALICE_AT_WS01, reach={"alice": reach}))
    assert path.beyond == beyond


@pytest.mark.parametrize(
    ("standing", "chains_on"),
    [
        pytest.param(NOTHING, True, id="of which nothing is known"),
        pytest.param(Standing(suppressed_by="allow: admins"), False, id="that is allowed"),
        pytest.param(Standing(covered=True), False, id="that is usual"),
        pytest.param(Standing(covered=True, notable=True), True, id="that is novel"),
    ],
)
def test_only_a_hop_may_chain(standing, chains_on):
    line = [hop("a", 0, "ws01>srv02", "eve"), hop("b", 10, "srv02>srv03", "eve")]
    assert bool(judged(line, standings=[NOTHING, standing])[1]) is chains_on


def test_a_path_keeps_its_id_when_more_follows():
    line = [hop("a", 0, "ws01>srv02", "eve"), hop("b", 10, "srv02>srv03", "eve")]
    _, (short,) = judged(line)
    _, (long,) = judged([*line, hop("c", 20, "srv03>srv04", "eve")])
    assert short.id == long.id
    assert short.id.startswith("p-")


def test_after_effects_and_own_preparations_on_its_hosts_attach_to_the_path():
    def effect(t, host, leg, account):
        return Effect(BEGIN + timedelta(minutes=t), host, leg, "r", "said", account)

    effects = {
        "srv03": [effect(30, "srv03", "after", "eve"), effect(300, "srv03", "after", "eve")],
        "srv02": [effect(5, "srv02", "before", "eve"), effect(5, "srv02", "before", "stranger"), effect(-9, "srv02", "after", "eve")],
    }  # fmt: skip
    line = [hop("a", 0, "ws01>srv02", "eve"), hop("b", 10, "srv02>srv03", "eve")]
    _, (path,) = judged(line, Uses(effects=effects))
    assert [(e.host, e.leg, e.account) for e in path.effects] == [("srv02", "before", "eve"), ("srv03", "after", "eve")]


def test_hosts_known_by_address_only_are_joined_with_their_names():
    first = hop("a", 0, "ws01>srv02", "eve", target=Target("SRV02.corp.example", "10.20.0.2"))
    _, (path,) = judged([first, hop("b", 10, "x>srv03", "eve", source=Source(None, "10.20.0.2"))])
    assert path.hops == ("a", "b")


def test_the_contract_of_a_path_has_no_target():
    _, (path,) = judged([hop("a", 0, "ws01>srv02", "eve"), hop("b", 10, "srv02>srv03", "eve")])
    row = path.to_dict()
    assert row["path"] == path.id
    assert row["hops"] == ["a", "b"]
    assert "target" not in row


@pytest.mark.parametrize(
    ("user", "account", "own"),
    [("alice", "alice-adm", True), ("alice", "t0.alice", True), ("alice", "bob-adm", False), ("alice", "adminalice", True), ("alice", "alice-serveradmin", True), ("admin", "administrator", False), ("alice", "alice", False), ("al", "al-adm", False), (None, "alice", False)],
)  # fmt: skip
def test_a_second_account_bears_its_users_name(user, account, own):
    assert score.second_account(user, account) is own


def test_an_administrators_second_account_at_his_own_desk_is_no_switch():
    chain = [hop("a", 0, "ws01>srv02", "alice-adm"), hop("b", 10, "srv02>srv03", "alice-adm")]
    _, (path,) = judged(chain, Uses(users=ALICE_AT_WS01))
    assert_usual(path, "alice", "alice-adm")
