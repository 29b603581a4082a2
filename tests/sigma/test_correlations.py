"""Every type of correlation, in windows that slide: what they find, when, for whom, and what they must not."""

import pytest
import yaml

from tests.sigma.world import found, loaded, one

HOSTS = ("SRV01.corp.example", "SRV02.corp.example")


def base(name, event_id, **more):
    source = {"product": "windows", "service": "security"}
    return {
        "title": name,
        "name": name,
        "logsource": source,
        "detection": {"s": {"EventID": event_id} | more, "condition": "s"},
    }


RULES = [base("fail", 4625), base("logon", 4624), base("share", 5145), base("clear", 1102)]


def correlation(kind, rules, **more):
    head = {"type": kind, "rules": rules, "timespan": "60s"}
    return {
        "title": "A correlation",
        "level": "high",
        "correlation": head | {k.replace("_", "-"): v for k, v in more.items()},
    }


def texts(*documents):
    return yaml.safe_dump_all([*RULES, *documents], sort_keys=False)


def event(event_id, time, computer=HOSTS[0], **fields):
    return {"EventID": event_id, "Time": time, "Computer": computer, **fields}


def spans(document, events, *more):
    """When each match begins and ends, in seconds after ten, and of which group."""
    rows = [row for row in found(loaded(texts(document, *more)), events) if row["title"] == "A correlation"]
    return [(seconds(row["start"]), seconds(row["end"]), *row["group"].values()) for row in rows]


def seconds(text):
    hours, minutes, rest = text[11:-1].split(":")
    return (int(hours) - 10) * 3600 + int(minutes) * 60 + float(rest)


def fails(*times, **fields):
    return [event(4625, time, **fields) for time in times]


# event_count


def test_a_burst_across_a_minute_counts():
    counted = correlation("event_count", ["fail"], group_by=["Computer"], condition={"gte": 5})
    assert spans(counted, fails(50, 55, 59, 61, 65)) == [(50, 65, HOSTS[0])]


def test_events_that_are_too_far_apart_or_on_several_hosts_are_no_burst():
    counted = correlation("event_count", ["fail"], group_by=["Computer"], condition={"gte": 3})
    assert spans(counted, fails(0, 40, 80.5, 121)) == []
    assert spans(counted, [*fails(0, 1), *fails(2, computer=HOSTS[1])]) == []
    assert spans(counted, fails(0, 30, 60)) == [(0, 60, HOSTS[0])]


def test_a_long_burst_is_one_match_and_two_bursts_are_two():
    counted = correlation("event_count", ["fail"], group_by=["Computer"], condition={"gt": 2})
    assert spans(counted, fails(*range(0, 200, 10))) == [(0, 190, HOSTS[0])]
    assert spans(counted, fails(0, 1, 2, 1000, 1001, 1002)) == [(0, 2, HOSTS[0]), (1000, 1002, HOSTS[0])]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"lt": 3}, [(500, 501)]),
        ({"lte": 2}, [(500, 501)]),
        ({"eq": 4}, [(0, 3)]),
        ({"eq": 3}, []),
        ({"neq": 4}, [(500, 501)]),
    ],
)
def test_fewer_or_exactly_is_asked_of_the_fullest_window_of_an_event(condition, expected):
    assert spans(correlation("event_count", ["fail"], condition=condition), fails(0, 1, 2, 3, 500, 501)) == expected


def test_without_group_by_all_events_are_one_group():
    counted = correlation("event_count", ["fail", "logon"], condition={"gte": 3})
    assert spans(counted, [*fails(0), event(4624, 1), *fails(2, computer=HOSTS[1])]) == [(0, 2)]


def test_an_event_without_a_field_of_group_by_joins_no_group():
    counted = correlation("event_count", ["fail"], group_by=["TargetUserName"], condition={"gte": 2})
    assert spans(counted, [*fails(0, 1), *fails(2, TargetUserName="x")]) == []
    events = [*fails(0, TargetUserName="Alice"), *fails(2, TargetUserName="ALICE")]
    assert spans(counted, events) == [(0, 2, "Alice")], "names are the same in any case"


# Values


def test_value_count_counts_different_values():
    counted = correlation(
        "value_count", ["fail"], group_by=["IpAddress"], condition={"field": "TargetUserName", "gte": 3}
    )
    spray = [event(4625, t, IpAddress="10.20.1.9", TargetUserName=f"user{t}") for t in range(3)]
    guess = [event(4625, t, IpAddress="10.20.1.8", TargetUserName="user") for t in range(9)]
    assert spans(counted, [*spray, *guess]) == [(0, 2, "10.20.1.9")]


def test_value_count_counts_combinations_of_several_fields():
    counted = correlation("value_count", ["fail"], condition={"field": ["A", "B"], "gte": 3})
    events = [
        event(4625, 0, A="x", B="y"),
        event(4625, 1, A="x", B="z"),
        event(4625, 2, A="X", B="y"),
        event(4625, 3, A="x"),
    ]
    assert spans(counted, events) == []
    assert spans(counted, [*events, event(4625, 4, A="w", B="y")]) == [(0, 4)]


@pytest.mark.parametrize(
    ("kind", "condition", "hit"),
    [
        ("value_sum", {"gte": 60}, True),
        ("value_sum", {"gt": 60}, False),
        ("value_avg", {"gte": 20}, True),
        ("value_avg", {"gt": 20}, False),
        ("value_median", {"lte": 10}, True),
        ("value_median", {"gte": 60}, False),
        ("value_percentile", {"gte": 30, "percentile": 90}, True),
        ("value_percentile", {"gte": 45, "percentile": 90}, False),
    ],
)
def test_sums_averages_and_percentiles(kind, condition, hit):
    reckoned = correlation(kind, ["fail"], group_by=["Computer"], condition={"field": "Size"} | condition)
    events = [event(4625, i, Size=size) for i, size in enumerate(("10", "0xA", "40", "not a number"))]
    assert bool(spans(reckoned, events)) == hit


# Rules that meet in time


def test_temporal_wants_all_rules_in_any_order():
    met = correlation("temporal", ["fail", "logon"], group_by=["Computer"])
    assert spans(met, [event(4624, 0), *fails(30)]) == [(0, 30, HOSTS[0])]
    assert spans(met, [event(4624, 0), *fails(61)]) == []
    assert spans(met, [event(4624, 0), *fails(5, computer=HOSTS[1])]) == []
    assert spans(met, fails(0, 1, 2)) == []


def test_temporal_with_a_number_wants_so_many_different_rules():
    met = correlation("temporal", ["fail", "logon", "share"], condition={"gte": 2})
    assert spans(met, [event(4624, 0), event(5145, 9)]) == [(0, 9)]
    assert spans(met, [event(4624, 0), event(4624, 9)]) == []


def test_temporal_with_a_boolean_condition():
    met = correlation(
        "temporal", ["fail", "logon", "share", "clear"], condition="(fail or share) and logon and not clear"
    )
    assert spans(met, [event(5145, 0), event(4624, 9)]) == [(0, 9)]
    assert spans(met, [event(4624, 0)]) == []
    assert spans(met, [event(5145, 0), event(4624, 9), event(1102, 40)]) == [], "what must be absent comes later"
    assert spans(met, [event(5145, 0), event(4624, 9), event(1102, 99)]) == [(0, 9)]


def test_temporal_ordered_wants_the_order():
    met = correlation("temporal_ordered", ["fail", "logon", "share"], group_by=["Computer"])
    assert spans(met, [*fails(0), event(4624, 10), event(5145, 60)]) == [(0, 60, HOSTS[0])]
    assert spans(met, [event(4624, 0), *fails(10), event(5145, 20)]) == []
    assert spans(met, [*fails(0), event(4624, 10), event(5145, 61)]) == []


def test_temporal_ordered_takes_the_latest_begin():
    met = correlation("temporal_ordered", ["fail", "logon"])
    assert spans(met, [*fails(0, 50), event(4624, 100)]) == [(50, 100)]


def test_temporal_ordered_with_a_boolean_condition():
    met = correlation(
        "temporal_ordered", ["fail", "logon", "share", "clear"], condition="fail and (logon or share) and not clear"
    )
    assert spans(met, [*fails(0), event(5145, 10)]) == [(0, 10)]
    assert spans(met, [event(5145, 0), *fails(10)]) == []
    assert spans(met, [*fails(0), event(5145, 10), event(1102, 20)]) == []


# Names, joins and chains


def test_a_windows_rule_and_a_zeek_rule_join_on_one_host_by_aliases():
    zeek = {
        "title": "calls",
        "name": "calls",
        "logsource": {"product": "zeek", "service": "dce_rpc"},
        "detection": {"s": {"endpoint": "svcctl"}, "condition": "s"},
    }
    met = correlation(
        "temporal",
        ["logon", "calls"],
        group_by=["source"],
        aliases={"source": {"logon": "IpAddress", "calls": "id.orig_h"}},
    )
    call = {
        "_path": "dce_rpc",
        "ts": 1767607200.0 + 20,
        "uid": "C1",
        "id.orig_h": "10.20.1.11",
        "id.orig_p": 50000,
        "id.resp_h": "10.20.2.21",
        "id.resp_p": 445,
        "rtt": 0.1,
        "named_pipe": "\\pipe\\svcctl",
        "endpoint": "svcctl",
        "operation": "CreateServiceW",
    }
    logons = [event(4624, 0, IpAddress="::ffff:10.20.1.11"), event(4624, 1, IpAddress="10.20.1.12")]
    assert spans(met, [*logons, call], zeek) == [(0, 20, "10.20.1.11")]


def test_a_correlation_of_correlations():
    burst = correlation("event_count", ["fail"], group_by=["Computer"], condition={"gte": 3}) | {
        "title": "burst",
        "name": "burst",
    }
    then = correlation("temporal_ordered", ["burst", "logon"], group_by=["Computer"])
    assert spans(then, [*fails(0, 1, 2), event(4624, 10)], burst) == [(2, 10, HOSTS[0])]
    assert spans(then, [*fails(0, 1), event(4624, 10)], burst) == []
    assert spans(then, [event(4624, 0), *fails(3, 4, 5)], burst) == []


def test_what_a_correlation_names_is_shown_only_where_it_says_generate():
    events = fails(0, 1, 2)
    for generate, titles in ((False, {"A correlation"}), (True, {"A correlation", "fail"})):
        counted = correlation("event_count", ["fail"], condition={"gte": 3}, generate=generate)
        assert {row["title"] for row in found(loaded(texts(counted)), events)} == titles


def test_a_match_points_to_its_events():
    counted = correlation("event_count", ["fail"], group_by=["Computer"], condition={"gte": 3})
    [row] = found(loaded(texts(counted)), [*fails(0, 1, 2), *fails(400)])
    assert row["events_total"] == 3
    assert [(e["rule"], e["event_id"], e["record_id"]) for e in row["events"]] == [("fail", 4625, n) for n in (1, 2, 3)]
    assert (row["value"], row["level"], row["correlation"]) == (3, "high", "event_count")


# Mistakes


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (correlation("event_count", ["nobody"], condition={"gte": 1}), "nobody"),
        (correlation("event_count", ["fail"]), "condition"),
        (correlation("sometimes", ["fail"], condition={"gte": 1}), "sometimes"),
        (correlation("value_count", ["fail"], condition={"gte": 1}), "field"),
        (correlation("temporal", ["fail", "logon"], condition="fail and (logon"), "condition"),
        (correlation("temporal_ordered", ["fail", "logon"], condition="fail and not (logon and fail)"), "not"),
        (correlation("temporal_ordered", ["fail", "logon"], condition={"gte": 1}), "order"),
        (
            {"title": "x", "name": "loop", "correlation": {"type": "temporal", "rules": ["loop"], "timespan": "1m"}},
            "itself",
        ),
        (
            correlation("event_count", ["fail"], condition={"gte": 1})
            | {"correlation": {"type": "event_count", "rules": ["fail"], "timespan": "soon", "condition": {"gte": 1}}},
            "soon",
        ),
    ],
)
def test_a_correlation_that_cannot_be_run_says_why(document, words):
    entry = loaded(texts(document)).entries[-1]
    assert entry.state == "failed"
    assert words in " ".join(problem.text for problem in entry.problems)


def test_a_timespan_may_be_a_month():
    document = correlation("event_count", ["fail"], condition={"gte": 1})
    document["correlation"]["timespan"] = "1M"
    assert loaded(texts(document)).entries[-1].correlated.seconds == 2629746


def test_a_lone_correlation_cannot_find_its_rules():
    entry = one(yaml.safe_dump(correlation("event_count", ["fail"], condition={"gte": 1})))
    assert entry.state == "failed"
