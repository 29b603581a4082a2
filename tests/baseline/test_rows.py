"""Baselines are sets: however the days, files and places are put together, they say the same."""

from __future__ import annotations

import os
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hopwatch.baseline.learn import rows_of
from hopwatch.baseline.rows import KEEP_DAYS, before, empty, full_days, merge, recent, table
from hopwatch.model.baseline import PARTS, Baseline
from tests.baseline.history import covered, hop, past, row, said

EXAMPLES = int(os.environ.get("HOPWATCH_EXAMPLES", "40"))
NAMES = st.sampled_from(["ws01", "ws02", "srv01", "10.20.0.9"])
ROWS = st.tuples(
    st.sampled_from(PARTS),
    st.one_of(st.none(), st.dates(date(2026, 3, 2), date(2026, 3, 6))),
    st.one_of(st.none(), NAMES),
    NAMES,
    st.sampled_from([None, "adm", "svc"]),
    st.sampled_from([None, "psexec", "logon"]),
    st.integers(0, (1 << 24) - 1),
    st.sampled_from([None, "h-1"]),
)
BASELINES = st.lists(ROWS, max_size=12).map(lambda rows: Baseline(table(rows)))


def same(one: Baseline, other: Baseline) -> bool:
    return bool(one.rows.equals(other.rows))


@settings(max_examples=EXAMPLES, deadline=None)
@given(BASELINES, BASELINES, BASELINES)
def test_parts_merge_in_any_order_and_grouping(a, b, c):
    whole = merge([a, b, c])
    assert same(whole, merge([merge([a, b]), c]))
    assert same(whole, merge([c, merge([b, a])]))


@settings(max_examples=EXAMPLES, deadline=None)
@given(BASELINES)
def test_what_is_learnt_twice_counts_once(a):
    once = merge([a])
    assert same(once, merge([a, a]))
    assert same(once, merge([once, a, empty()]))


@settings(max_examples=EXAMPLES, deadline=None)
@given(BASELINES, BASELINES)
def test_what_is_too_old_is_left_out_before_or_after_merging(a, b):
    assert same(recent(merge([a, b])), recent(merge([recent(a), recent(b)])))


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(10)))
def test_days_learnt_in_any_order_judge_the_same(order):
    slow = [hop(day, "WS17", "APP01", "adm.keller") for day in range(6, 10)]
    days = [past([day], more=[draft for draft in slow if draft.start.day == 2 + day]) for day in order]
    asked = [hop(10, "WS17", "APP02", "adm.keller"), hop(10, "JMP01", "APP02", "adm.keller")]
    assert [standing.notable for standing in said(merge(days), *asked)] == [True, False]


def test_a_day_learnt_in_two_parts_is_the_day():
    hops = [hop(0, "JMP01", "APP01", "adm.keller", hour=h) for h in (8, 9, 17)]
    parts = [Baseline(rows_of(part, ())) for part in (hops[:1], hops[1:], hops)]
    assert same(merge(parts[:2]), merge([parts[2]]))


def test_a_full_day_has_logs_of_as_many_hosts_as_others():
    stray = table([*covered([1, 2]), row("covers", 90, None, "ws01", None, "logon")])
    assert full_days(Baseline(stray)) == [date(2026, 3, 3), date(2026, 3, 4)]


def test_old_days_and_days_of_a_wrong_clock_are_forgotten():
    days = [0, KEEP_DAYS + 5]
    kept = recent(Baseline(table([*covered(days), row("covers", 99999, None, "ws01", None, "logon")])))
    assert set(kept.rows["day"].to_pylist()) == {date(2026, 3, 2) + timedelta(days=KEEP_DAYS + 5)}


def test_what_a_person_allowed_is_never_too_old():
    kept = recent(Baseline(table([*covered([0, 500]), ("allow", None, "ws01", "app01", None, None, 0, None)])))
    assert "allow" in kept.rows["part"].to_pylist()


def test_later_days_stand_in_by_whole_weeks():
    known = Baseline(table(covered([21, 22])))
    moved = before(known, date(2026, 3, 2), date(2026, 3, 4))
    assert [(day - date(2026, 3, 2)).days for day in full_days(moved)] == [-7, -6]
    assert before(known, date(2026, 3, 2), date(2026, 3, 23)) is known
