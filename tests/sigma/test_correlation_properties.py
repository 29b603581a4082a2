"""Correlations in SQL agree with looking at every window by hand, whatever the events."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sigma.test_correlations import correlation, event, found, loaded, seconds, texts

EXAMPLES = int(os.environ.get("HOPWATCH_EXAMPLES", "15"))
SPAN = 60
IDS = {"fail": 4625, "logon": 4624, "share": 5145}
EVENTS = st.lists(
    st.tuples(st.sampled_from(sorted(IDS)), st.integers(0, 40).map(lambda t: t * 10), st.sampled_from(("A", "B"))),
    max_size=20,
)


def islands(times):
    """Moments at which a condition holds, those at most a span apart as one: of each the first and the last."""
    out = []
    for time in sorted(set(times)):
        if out and time - out[-1][1] <= SPAN:
            out[-1][1] = time
        else:
            out.append([time, time])
    return {tuple(each) for each in out}


def window(events, time):
    return [e for e in events if time - SPAN <= e[1] <= time]


def counted(events):
    """Three failures in a window."""
    fails = [e for e in events if e[0] == "fail"]
    return [time for _, time, _ in fails if len(window(fails, time)) >= 3]


def met(events):
    """All three rules in a window."""
    return [time for _, time, _ in events if {rule for rule, *_ in window(events, time)} == set(IDS)]


def ordered(events):
    """A failure, then a logon, then a share, none before the one it follows."""
    return [
        c
        for third, c, _ in events
        if third == "share"
        and any(
            c - SPAN <= a <= b <= c
            for first, a, _ in events
            if first == "fail"
            for second, b, _ in events
            if second == "logon"
        )
    ]


def absent(events):
    """A failure and a logon in a window, and no share in the span before or after."""
    near = [time for rule, time, _ in events if rule == "share"]
    return [
        time
        for rule, time, _ in events
        if {"fail", "logon"} <= {rule for rule, *_ in window(events, time)}
        and not any(abs(time - other) <= SPAN for other in near)
    ]


KINDS = {
    "counted": (counted, correlation("event_count", ["fail"], group_by=["Group"], condition={"gte": 3})),
    "met": (met, correlation("temporal", list(IDS), group_by=["Group"])),
    "ordered": (ordered, correlation("temporal_ordered", list(IDS), group_by=["Group"])),
    "absent": (
        absent,
        correlation("temporal", list(IDS), group_by=["Group"], condition="fail and logon and not share"),
    ),
}
DOCUMENTS = [document | {"title": name} for name, (_, document) in KINDS.items()]
RULES = loaded(texts(*DOCUMENTS))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(EVENTS)
def test_the_moments_at_which_a_correlation_holds_are_those_seen_by_hand(events):
    rows = found(RULES, [event(IDS[rule], time, Group=group) for rule, time, group in events])
    for name, (by_hand, _) in KINDS.items():
        for group in ("A", "B"):
            expected = islands(by_hand([e for e in events if e[2] == group]))
            got = {
                (seconds(r["time"]), seconds(r["end"]))
                for r in rows
                if r["title"] == name and r["group"] == {"Group": group}
            }
            assert got == expected, (name, group)
