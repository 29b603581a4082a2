"""What every intrusion of the lab must be: a chain of hops from a foothold, in causal order, told by the truth."""

from __future__ import annotations

import random
from itertools import pairwise

import orjson
import pytest

from hopwatch.lab.attacks import WAYS, Attack
from hopwatch.lab.build import Size, build
from hopwatch.lab.coercion import coerced
from hopwatch.lab.event import Event, Flow
from hopwatch.lab.intruder import Intruder
from hopwatch.lab.simulate import Options, simulate
from hopwatch.lab.verify import truth_of, verify

MONDAY, DAY = 1_772_409_600.0, 86400.0
SEEDS = range(1, 9)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two days of a small organisation with every attack."""
    out = tmp_path_factory.mktemp("campaigns")
    simulate(Options(out, 12, 9, 2, seed=4, noise=0.2))
    return out


@pytest.fixture(scope="module")
def truth(world):
    return truth_of(world)


def organisation(seed, days=2):
    return build(Size(12, 9), seed, MONDAY, MONDAY + days * DAY)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", WAYS)
def test_an_intrusion_is_two_to_four_hops_one_with_the_tool_it_is_named_for(seed, name):
    org = organisation(seed)
    attack = Attack(org, name)
    steps, scheme = attack.steps, WAYS[name]
    hosts = [attack.campaign.origin, *(step.target for step in steps)]
    assert 2 <= len(steps) <= 4
    assert len(set(hosts)) == len(hosts)
    assert all(a.time + 300 < b.time for a, b in pairwise(steps))
    assert org.start < steps[0].time < steps[-1].time < org.end - 900
    named = [step for step in steps if step.twist == scheme.twist] if scheme.twist else steps
    assert any(step.way.technique in {technique(tool) for tool in scheme.tools} for step in named)


def technique(tool):
    from hopwatch.lab.ways import TOOLS

    return TOOLS[tool].technique


def test_tools_accounts_hosts_and_hours_differ_by_seed():
    plans = [Attack(organisation(seed), "psexec").steps for seed in SEEDS]
    assert len({tuple(step.way.technique for step in plan) for plan in plans}) > 4
    assert len({plan[0].account.name for plan in plans}) > 4
    hours = {int(step.time % DAY // 3600) for plan in plans for step in plan}
    assert hours & {0, 1, 2, 3, 4, 5, 18, 19, 20, 21, 22, 23}
    assert hours & {9, 10, 11, 12, 13, 14, 15, 16}


def test_campaigns_go_from_their_origin_each_hop_from_where_the_last_one_led(truth):
    hops = {hop["id"]: hop for hop in truth["hops"]}
    assert {campaign["campaign"] for campaign in truth["campaigns"]} == set(WAYS)
    for campaign in truth["campaigns"]:
        own = [hops[name] for name in campaign["hops"]]
        assert campaign["hosts"] == [campaign["origin"], *(hop["target"] for hop in own)]
        assert [hop["source"] for hop in own] == campaign["hosts"][:-1]
        assert campaign["accounts"][0] == campaign["origin_user"]
        assert {hop["account"] for hop in own} < set(campaign["accounts"])


def test_every_change_of_account_is_told_with_its_host(truth):
    hops = {hop["id"]: hop for hop in truth["hops"]}
    for campaign in truth["campaigns"]:
        current, switches = campaign["origin_user"], {s["before_hop"]: s for s in campaign["switches"]}
        for name in campaign["hops"]:
            if hops[name]["account"] != current or name in switches:
                switch = switches.pop(name)
                assert (switch["from"], switch["to"]) == (current, hops[name]["account"])
                assert switch["host"] == hops[name]["source"]
                current = switch["to"]
        assert not switches
    assert any(len(campaign["switches"]) > 1 for campaign in truth["campaigns"])


def test_the_origin_users_own_logon_is_in_the_logs(world, truth):
    logons = [campaign["origin_logon"] for campaign in truth["campaigns"] if campaign["origin_logon"]]
    assert len(logons) > len(WAYS) / 2
    wanted = {(logon["host"], logon["record_id"]) for logon in logons}
    for line in (line for file in (world / "windows").iterdir() for line in file.read_bytes().splitlines()):
        winlog = orjson.loads(line)["winlog"]
        key = (winlog["computer_name"].split(".")[0], winlog["record_id"])
        if key in wanted and winlog["event_id"] == "4624":
            assert winlog["event_data"]["LogonType"] == "2"
            wanted.remove(key)
    assert not wanted


def test_a_campaign_that_does_not_hang_together_is_a_problem(world, truth, tmp_path):
    for name in ("windows", "zeek"):
        (tmp_path / name).symlink_to(world / name)
    hop = truth["hops"][1]
    broken = orjson.loads(orjson.dumps(truth))
    broken["hops"][1]["source"] = "elsewhere.corp.example"
    (tmp_path / "truth.json").write_bytes(orjson.dumps(broken))
    assert any(f"{hop['id']} starts from elsewhere" in problem for problem in verify(tmp_path).problems)


class Played:
    """An attack on a stage whose hosts log everything: what was written, by hop."""

    def __init__(self, name, seed):
        from tests.lab.stage import Stage

        self.stage = Stage(seed)
        self.attack = Attack(self.stage.org, name)
        for time, action in self.attack.plan():
            self.stage.scene.time = max(self.stage.scene.time, time)
            self.stage.scene.seen = None
            action(self.stage.scene)
        self.named = next(i for i, step in enumerate(self.attack.steps) if step.twist == WAYS[name].twist)
        self.hop = self.attack.campaign.hops[self.named]

    def of(self, kind, host, before=False):
        found = self.hop.before if before else self.hop.seen
        return [e for e in found if isinstance(e, Event) and e.form.kind == kind and e.host is host]


@pytest.mark.parametrize("seed", SEEDS)
def test_pass_the_hash_is_a_logon_of_type_9_on_the_source_and_ntlm_on_the_target(seed):
    played = Played("pass_the_hash", seed)
    [overlay] = played.of("security.4624", played.hop.source)
    assert (overlay.fields["LogonType"], overlay.fields["LogonProcessName"]) == ("9", "seclogo")
    assert overlay.fields["TargetOutboundUserName"] == played.hop.account.name
    remote = [e for e in played.of("security.4624", played.hop.target) if e.fields["LogonType"] == "3"]
    named = [e for e in remote if e.fields["TargetUserName"] == played.hop.account.name]
    assert named
    assert {e.fields["AuthenticationPackageName"] for e in named} == {"NTLM"}


def test_tools_with_their_own_smb_leave_key_length_0_and_windows_own_128():
    lengths = set()
    for seed in SEEDS:
        played = Played("pass_the_hash", seed)
        own = played.attack.steps[played.named].way.impacket
        logons = played.of("security.4624", played.hop.target)
        lengths |= {(own, e.fields["KeyLength"]) for e in logons if e.fields["AuthenticationPackageName"] == "NTLM"}
    assert (True, "0") in lengths
    assert (False, "128") in lengths
    assert (False, "0") not in lengths


@pytest.mark.parametrize("seed", SEEDS)
def test_ntlm_fallback_is_an_ordinary_tool_that_names_its_target_by_address(seed):
    played = Played("ntlm_fallback", seed)
    remote = [e for e in played.of("security.4624", played.hop.target) if e.fields["LogonType"] == "3"]
    assert {e.fields["AuthenticationPackageName"] for e in remote} == {"NTLM"}
    assert {e.fields["WorkstationName"] for e in remote} == {played.hop.source.name.upper()}
    commands = " ".join(e.fields["CommandLine"] for e in played.of("sysmon.1", played.hop.source))
    assert played.hop.target.ip in commands


@pytest.mark.parametrize("seed", SEEDS)
def test_a_relayed_logon_bears_the_name_of_a_host_that_came_to_the_intruder_just_before(seed):
    played = Played("relay", seed)
    [come] = [f for f in played.hop.before if isinstance(f, Flow) and f.target is played.hop.source and f.resp[1] != 88]
    remote = [e for e in played.of("security.4624", played.hop.target) if e.fields["LogonType"] == "3"]
    assert 0 < played.hop.time - come.time < 10
    assert {e.fields["WorkstationName"] for e in remote} == {come.source.name.upper()}
    assert {e.fields["IpAddress"] for e in remote} == {played.hop.source.ip} != {come.source.ip}
    assert {e.fields["AuthenticationPackageName"] for e in remote} == {"NTLM"}


@pytest.mark.parametrize("number", range(8))
def test_a_coerced_host_had_one_of_its_pipes_opened_over_ipc(number):
    from tests.lab.stage import Stage

    stage = Stage()
    intruder = Intruder(stage.org.accounts["user"][0])
    intruder.arrive(stage.scene)
    victim = stage.org.one("management")
    stage.scene.seen = []
    catch = coerced(stage.scene, intruder, victim, random.Random(number))
    pipes = {e.fields["RelativeTargetName"] for e in stage.on(victim) if e.form.kind == "security.5145"}
    assert pipes & {"spoolss", "lsarpc", "efsrpc", "netdfs"}
    assert any(e.form.kind == "sysmon.18" for e in stage.on(victim))
    calls = [row[2] for f in stage.seen_flows() if f.target is victim for row in f.rows if row[0] == "dce_rpc"]
    assert {call["endpoint"] for call in calls} <= {"spoolss", "efsrpc", "netdfs"}
    assert calls
    assert catch.account is victim.me
    assert catch.flow.source is victim
    assert catch.flow.target is intruder.place


@pytest.mark.parametrize("seed", SEEDS)
def test_a_jump_host_is_reached_by_remote_desktop_and_left_by_the_tool(seed):
    played = Played("jump_host", seed)
    first, second = played.attack.campaign.hops[:2]
    assert first.target.role == "jump"
    assert first.technique == "rdp"
    assert second.source is first.target
    assert second.technique in {"winrm_exec", "psexec", "wmi_exec"}
