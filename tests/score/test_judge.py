"""The alert policy: what the kind of evidence allows, whatever the points say."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

from datetime import datetime

import pytest

from hopwatch.model.draft import Contribution, Draft
from hopwatch.model.hop import LEGS, Account, Auth, LegState, Source, Target
from hopwatch.model.rule import Policy
from hopwatch.model.standing import Finding, Standing, merged
from hopwatch.score.judge import judge, severity_of, weights

WEIGHTS = weights()
FROM_AFAR = "a network logon from another host"


def draft(*given: tuple[str, int, Policy], remote: str | None = FROM_AFAR, **more) -> Draft:
    """A draft with contributions (leg, points, policy)."""
    contributions = tuple(
        Contribution(f"r{i}", leg, points, policy, "said", "Security 1", 1)
        for i, (leg, points, policy) in enumerate(given)
    )
    seen = {leg for leg, *_ in given}
    legs = {leg: LegState.SEEN if leg in seen else LegState.ABSENT for leg in LEGS}
    values = {
        "id": "h-1", "start": datetime(2026, 1, 1), "end": datetime(2026, 1, 1), "source": Source(ip="10.0.0.1"),
        "target": Target("srv"), "account": Account("alice"), "technique": "psexec", "techniques": ("psexec",), "attack": (),
        "auth": Auth(), "key_length": None, "legs": legs, "remote_origin": remote, "contributions": contributions,
        "evidence": (), "evidence_total": len(given),
    }  # fmt: skip
    return Draft(**values | more)


@pytest.mark.parametrize(
    ("given", "remote", "severity", "alert"),
    [
        pytest.param([("execution", 5, Policy.ARTEFACT)], FROM_AFAR, "high", True, id="an attack tool's artefact from afar is never below high"),
        pytest.param([("execution", 90, Policy.ARTEFACT)], None, "low", False, id="without remote origin even an artefact is no alert"),
        pytest.param([("execution", 5, Policy.DUAL_USE)], FROM_AFAR, "medium", True, id="dual-use execution from afar is never below medium"),
        pytest.param([("execution", 70, Policy.DUAL_USE)], FROM_AFAR, "high", True, id="points may raise it"),
        pytest.param([("execution", 90, Policy.DUAL_USE)], None, "low", False, id="dual use without remote origin is no alert"),
        pytest.param([("source", 5, Policy.ACT)], None, "medium", True, id="an act on a named other host is never below medium"),
        pytest.param([("logon", 100, Policy.WEAK)], FROM_AFAR, "low", False, id="weak evidence is never an alert alone"),
        pytest.param([("logon", 5, Policy.WEAK)], FROM_AFAR, "informational", False, id="nor raised by the policy"),
    ],
)  # fmt: skip
def test_the_policy_bounds_the_severity(given, remote, severity, alert):
    hop = judge(draft(*given, remote=remote), WEIGHTS)
    assert (hop.severity, hop.alert) == (severity, alert)


@pytest.mark.parametrize(("score", "severity"), [(0, "informational"), (19, "informational"), (20, "low"), (39, "low"), (40, "medium"), (59, "medium"), (60, "high"), (79, "high"), (80, "critical"), (100, "critical")])  # fmt: skip
def test_severity_follows_the_score(score, severity):
    assert severity_of(score, WEIGHTS) == severity


def test_the_score_is_the_sum_of_the_reasons_capped_at_a_hundred():
    hop = judge(draft(("execution", 30, Policy.DUAL_USE), ("logon", 10, Policy.WEAK)), WEIGHTS)
    assert hop.score == sum(reason.points for reason in hop.reasons) == 30 + 10 + WEIGHTS["legs"]["logon_execution"]
    assert judge(draft(*[("execution", 60, Policy.ARTEFACT)] * 3), WEIGHTS).score == 100


def test_two_legs_are_worth_more_than_two_signals_of_one_leg():
    two_legs = judge(draft(("execution", 20, Policy.DUAL_USE), ("logon", 20, Policy.WEAK)), WEIGHTS)
    one_leg = judge(draft(("execution", 20, Policy.DUAL_USE), ("execution", 20, Policy.DUAL_USE)), WEIGHTS)
    assert two_legs.score > one_leg.score


def test_every_hop_says_why_it_is_or_is_not_an_alert():
    silent = judge(draft(("execution", 30, Policy.DUAL_USE), remote=None), WEIGHTS)
    assert any("nothing shows that this came from another host" in reason.text for reason in silent.reasons)
    told = judge(draft(("execution", 30, Policy.DUAL_USE)), WEIGHTS)
    assert any("no baseline or context covers this pair" in reason.text for reason in told.reasons)


def test_hops_of_one_source_account_technique_and_day_share_a_group():
    first, same = judge(draft(), WEIGHTS), judge(draft(id="h-2", target=Target("other")), WEIGHTS)
    other = judge(draft(start=datetime(2026, 1, 2)), WEIGHTS)
    assert first.group == same.group != other.group


USUAL, NEW = Standing(covered=True), Standing(covered=True, notable=True)
FOUND = Standing((Finding("baseline.new_pair", "for the first time"),), covered=True, notable=True)
ALLOWED = Standing(suppressed_by="context.yml:7")


@pytest.mark.parametrize(
    ("given", "standing", "severity", "alert"),
    [
        pytest.param([("execution", 90, Policy.DUAL_USE)], USUAL, "low", False, id="dual use that is usual here is no alert"),
        pytest.param([("execution", 5, Policy.DUAL_USE)], NEW, "medium", True, id="dual use that is new here is one"),
        pytest.param([("source", 90, Policy.ACT)], USUAL, "low", False, id="nor are usual acts"),
        pytest.param([("execution", 5, Policy.ARTEFACT)], USUAL, "high", True, id="an attack tool is never usual"),
        pytest.param([("logon", 45, Policy.WEAK)], USUAL, "low", False, id="weak evidence stays weak where it is usual"),
        pytest.param([("logon", 45, Policy.WEAK)], FOUND, "medium", True, id="and counts by its points where it is new"),
        pytest.param([("execution", 90, Policy.DUAL_USE)], ALLOWED, "high", False, id="allowed work keeps its severity and is no alert"),
    ],
)  # fmt: skip
def test_what_is_usual_new_or_allowed_moves_the_bounds(given, standing, severity, alert):
    hop = judge(draft(*given), WEIGHTS, standing)
    assert (hop.severity, hop.alert, hop.suppressed_by) == (severity, alert, standing.suppressed_by)


def test_what_several_judges_say_adds_up():
    finding = Finding("legs.network", "a sentence")
    both = merged([Standing((finding,), flags=("relay",)), Standing(covered=True, source_roles=("server",)), NEW])
    hop = judge(draft(("execution", 30, Policy.DUAL_USE)), WEIGHTS, both)
    assert (hop.score, hop.auth.flags, hop.source.roles) == (30 + WEIGHTS["legs"]["network"], ("relay",), ("server",))
    assert "a sentence" in [reason.text for reason in hop.reasons]


@pytest.mark.parametrize(
    ("policy", "score"),
    [
        pytest.param(Policy.WEAK, 35, id="what hosts do every day"),
        pytest.param(Policy.DUAL_USE, 70, id="what administrators do too"),
        pytest.param(Policy.ACT, 70, id="an act on another host"),
        pytest.param(Policy.ARTEFACT, 100, id="what attack tools leave has no bound"),
    ],
)
def test_many_logs_of_one_act_do_not_make_it_an_intruders(policy, score):
    hop = judge(draft(*[("execution", 30, policy)] * 5), WEIGHTS)
    assert hop.score == score
    assert sum(reason.points for reason in hop.reasons) == (150 if policy is Policy.ARTEFACT else score)


def test_what_is_known_besides_comes_on_top_of_the_bound():
    found = Standing(findings=(Finding("path.switch", "credentials were switched"),))
    assert (
        judge(draft(*[("execution", 30, Policy.DUAL_USE)] * 5), WEIGHTS, found).score == 70 + WEIGHTS["path"]["switch"]
    )
