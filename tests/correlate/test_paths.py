"""Hops that led to each other become paths: in order, with branches, without cycles, whatever order they come in."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopwatch.correlate.paths import chains
from hopwatch.model.path import Step

BEGIN = datetime(2026, 1, 5, 10)


def step(name: str, t: float, line: str, account: str | None = "eve", **more) -> Step:
    """A hop `t` minutes on, along a line like "ws01>srv02"; strong unless said otherwise."""
    source, target = line.split(">")
    start = BEGIN + timedelta(minutes=t)
    values = {"strong": True} | more
    return Step(name, source, target, account, start, start + timedelta(minutes=1), **values)


def linked(*steps: Step, **more) -> list[list[tuple[str, str | None]]]:
    """The chains as lists of (hop, the one before it)."""
    return [[(s.id, p) for s, p in zip(c.steps, c.parents, strict=True)] for c in chains(steps, **more)]


def test_hops_of_one_account_chain_in_order():
    found = linked(step("c", 20, "srv03>srv04"), step("a", 0, "ws01>srv02"), step("b", 10, "srv02>srv03"))
    assert found == [[("a", None), ("b", "a"), ("c", "b")]]


def test_branches_are_kept():
    found = linked(step("a", 0, "ws01>srv02"), step("b", 10, "srv02>srv03"), step("c", 12, "srv02>srv04"))
    assert found == [[("a", None), ("b", "a"), ("c", "a")]]


def test_what_leads_back_ends_its_line():
    back = step("b", 10, "srv02>ws01")
    found = linked(step("a", 0, "ws01>srv02"), back, step("c", 20, "ws01>srv03"))
    assert found == [[("a", None), ("b", "a"), ("c", None)]]


def test_hops_further_apart_than_a_day_do_not_chain_but_within_a_longer_gap_they_do():
    far = (step("a", 0, "ws01>srv02"), step("b", 30 * 60, "srv02>srv03"))
    assert linked(*far) == []
    assert linked(*far, within=timedelta(days=2)) == [[("a", None), ("b", "a")]]


def test_what_began_before_the_arrival_is_not_caused_by_it():
    assert linked(step("a", 10, "ws01>srv02"), step("b", 9, "srv02>srv03")) == []


@pytest.mark.parametrize(
    ("second", "chains_on"),
    [
        pytest.param({"alone": None}, True, id="an account that was never there before was found on the way"),
        pytest.param({"alone": BEGIN - timedelta(hours=1)}, False, id="an account that was there before works on by itself"),
        pytest.param({"alone": BEGIN - timedelta(hours=1), "took_on": True, "actor": "system"}, True, id="unless it was just taken on there"),
        pytest.param({"alone": BEGIN - timedelta(days=3), "novel": True}, True, id="or does there what it never did"),
        pytest.param({"strong": False, "elevated": True}, False, id="a mere logon of another account is no sign of it"),
    ],
)  # fmt: skip
def test_another_account_goes_on_only_where_it_was_not_at_home(second, chains_on):
    found = linked(step("a", 0, "ws01>srv02"), step("b", 30, "srv02>srv03", "svc-app", **second))
    assert bool(found) is chains_on


def test_without_a_past_in_the_logs_another_account_must_follow_soon():
    assert linked(step("a", 0, "ws01>srv02"), step("b", 300, "srv02>srv03", "bob")) == []
    assert linked(step("a", 0, "ws01>srv02"), step("b", 300, "srv02>srv03", "bob", sure=True))


def test_where_the_source_says_who_acted_only_his_arrival_explains_the_hop():
    arrivals = step("a", 0, "ws01>srv02", "eve"), step("b", 5, "ws09>srv02", "admin")
    found = linked(*arrivals, step("c", 10, "srv02>srv03", "svc", actor="eve"))
    assert found == [[("a", None), ("c", "a")]]
    assert linked(step("b", 5, "ws09>ws02", "admin"), step("c", 10, "ws02>srv03", "admin", actor="alice")) == []


def test_what_runs_as_the_machine_came_by_a_service_not_by_a_users_process():
    by_service, by_user = step("a", 0, "ws01>srv02", as_system=True), step("b", 5, "ws09>srv02")
    assert linked(by_service, by_user, step("c", 10, "srv02>srv03", actor="system")) == [[("a", None), ("c", "a")]]


def test_mere_logons_are_no_path_and_logons_that_lead_nowhere_are_left_out():
    logon = {"strong": False, "elevated": True}
    assert linked(step("a", 0, "ws01>srv02", **logon), step("b", 9, "srv02>srv03", **logon)) == []
    found = linked(
        step("a", 0, "ws01>srv02", **logon), step("b", 9, "srv02>srv03"), step("c", 15, "srv03>srv04", **logon)
    )
    assert found == [[("a", None), ("b", "a")]]


def test_sessions_alone_are_a_path_where_one_of_them_is_odd():
    session = {"strong": False, "lands": True}
    usual = [step("a", 0, "ws01>srv02", **session), step("b", 9, "srv02>srv03", **session)]
    assert linked(*usual) == []
    assert linked(usual[0], step("b", 9, "srv02>srv03", novel=True, **session)) == [[("a", None), ("b", "a")]]


def test_ordinary_share_access_takes_no_part():
    plain = {"strong": False}
    assert linked(step("a", 0, "ws01>srv02", **plain), step("b", 9, "srv02>srv03")) == []


def test_a_stolen_account_makes_one_path_of_several_hops_from_its_origin_but_one_at_home_does_not():
    def steps(settled):
        return (
            step("a", 0, "ws01>srv02", settled=settled),
            step("b", 9, "srv02>srv03"),
            step("c", 30, "ws01>srv04", settled=settled, alone=BEGIN),
        )

    assert linked(*steps(False)) == [[("a", None), ("b", "a"), ("c", None)]]
    assert linked(*steps(True)) == [[("a", None), ("b", "a")]]


def test_a_hop_without_source_or_to_its_own_host_takes_no_part():
    nowhere = Step("a", None, "srv02", "eve", BEGIN, BEGIN, strong=True)
    assert linked(nowhere, step("b", 9, "srv02>srv03"), step("c", 12, "srv03>srv03")) == []


HOSTS = ("ws01", "srv02", "srv03", "srv04")
STEPS = st.lists(
    st.builds(
        lambda t, a, b, who, kind, actor: (t, f"{a}>{b}", who, kind, actor),
        st.integers(0, 400), st.sampled_from(HOSTS), st.sampled_from(HOSTS), st.sampled_from(["eve", "bob", None]),
        st.sampled_from(["strong", "lands", "elevated", ""]), st.sampled_from([None, "system", "eve"]),
    ),
    max_size=25,
)  # fmt: skip


def made(rows) -> list[Step]:
    kinds = [{"strong": kind == "strong", **({kind: True} if kind else {})} for *_, kind, _ in rows]
    return [
        step(f"h{i:02}", t, line, who, actor=actor, **kind)
        for i, ((t, line, who, _, actor), kind) in enumerate(zip(rows, kinds, strict=True))
    ]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(STEPS, st.randoms(use_true_random=False))
def test_shuffled_hops_give_the_same_paths(rows, chance):
    steps = made(rows)
    assert chains(chance.sample(steps, len(steps))) == chains(steps)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(STEPS)
def test_every_link_is_causal_and_no_line_meets_a_host_twice_but_at_its_end(rows):
    for chain in chains(made(rows)):
        by_id = {s.id: s for s in chain.steps}
        for one, parent in zip(chain.steps, chain.parents, strict=True):
            if parent is None:
                continue
            before = by_id[parent]
            assert before.target == one.source
            assert before.start < one.start
        inner = {p for p in chain.parents if p}
        for name in inner:
            hosts, at = [by_id[name].target], name
            parents = dict(zip(by_id, chain.parents, strict=True))
            while at is not None:
                hosts.append(by_id[at].source)
                at = parents[at]
            assert len(hosts) == len(set(hosts))


def test_an_intruders_arrival_leads_on_rather_than_an_administrators_own():
    arrivals = (
        step("mal", 0, "ws01>srv02", "stolen"),
        step("own", 20, "jmp01>srv02", "admin", settled=True, alone=BEGIN - timedelta(days=3)),
    )
    onward = step("on", 40, "srv02>srv03", "other", sure=True)
    assert linked(*arrivals, onward) == [[("mal", None), ("on", "mal")]]


def test_the_same_account_goes_on_rather_than_another():
    arrivals = (step("eve", 0, "ws01>srv02"), step("bob", 60, "ws09>srv02", "bob"))
    assert linked(*arrivals, step("on", 90, "srv02>srv03"))[0] == [("eve", None), ("on", "eve")]


def test_an_arrival_hours_ago_explains_less_than_a_stolen_account_now():
    arrivals = (step("eve", 0, "ws01>srv02"), step("bob", 400, "ws09>srv02", "bob"))
    assert linked(*arrivals, step("on", 410, "srv02>srv03", sure=True)) == [[("bob", None), ("on", "bob")]]


def test_a_call_of_nobody_knows_whom_that_comes_each_hour_hides_no_arrival():
    calls = [step(f"n{i}", 60 * i, "node>srv02", None, strong=False, lands=True) for i in range(20)]
    onward = step("on", 19 * 60 + 5, "srv02>srv03", "bob", sure=True)
    (path,) = linked(step("mal", 18 * 60 + 30, "ws01>srv02", "stolen"), *calls, onward)
    assert path == [("mal", None), ("on", "mal")]


def test_an_account_that_was_used_on_the_way_may_go_on_as_well():
    first = step("a", 0, "ws01>srv02", "eve", also=("svc-app",))
    assert linked(first, step("b", 300, "srv02>srv03", "svc-app")) == [[("a", None), ("b", "a")]]


def test_a_stranger_who_goes_on_after_more_than_a_day_came_by_the_only_way_that_there_is():
    slow = (step("a", 0, "ws01>srv02"), step("b", 30 * 60, "srv02>srv03", sure=True))
    assert linked(*slow) == [[("a", None), ("b", "a")]]


def test_what_is_usual_is_part_of_a_path_only_where_something_follows_that_is_not():
    usual = step("a", 0, "ws01>srv02", quiet=True)
    assert linked(usual, step("b", 10, "srv02>srv03", quiet=True)) == []
    assert linked(usual, step("b", 10, "srv02>srv03")) == [[("a", None), ("b", "a")]]


def test_what_an_intruder_does_with_a_usual_account_is_not_usual():
    arrival = step("a", 0, "ws01>srv02", "stolen")
    work = {"quiet": True, "settled": True, "alone": BEGIN - timedelta(days=3)}
    assert linked(arrival, step("b", 10, "srv02>srv03", "svc-app", actor="stolen", **work)) == [
        [("a", None), ("b", "a")]
    ]
    assert linked(arrival, step("b", 10, "srv02>srv03", "svc-app", actor="system", **work)) == []
