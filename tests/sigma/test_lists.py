"""Fields that hold several texts: any of them may be what a rule asks for."""

import pytest

from hopwatch.pipeline.rules import match
from tests.sigma.world import filled, found, loaded, named, names_numbered, rule

DNS = {"product": "zeek", "service": "dns"}
TWO = {"answers": ["srv01.corp.example", "10.20.1.9"]}
# Name: detection, queries that hit, queries that miss.
CASES = {
    "a text is one of them": ({"answers": "10.20.1.9"}, [TWO], [{"answers": ["110.20.1.9"]}, {}]),
    "a beginning is of one of them": ({"answers|startswith": "10.20."}, [TWO], [{"answers": ["a", "b 10.20."]}]),
    "an end is of one of them": ({"answers|endswith": ".example"}, [TWO], [{"answers": ["srv01.example.net"]}]),
    "a network holds one of them": ({"answers|cidr": "10.20.0.0/16"}, [TWO], [{"answers": ["a", "10.21.1.1"]}]),
    "a pattern fits one of them": ({"answers|re": "^10[.].*9$"}, [TWO], [{"answers": ["10.", ".9"]}]),
    "case is asked of one of them": ({"answers|cased": "Ab"}, [{"answers": ["x", "Ab"]}], [{"answers": ["ab", "x"]}]),
    "one of them is greater": ({"answers|gt": 5}, [{"answers": ["3", "7"]}], [{"answers": ["3", "5"]}]),
    "one of them is another field's": (
        {"answers|fieldref": "uid"},
        [{"answers": ["a", "b"], "uid": "B"}],
        [{"answers": ["a", "b"], "uid": "a\nb"}],
    ),
    "another field is one of them": (
        {"uid|fieldref": "answers"},
        [{"answers": ["a", "b"], "uid": "b"}],
        [{"answers": ["a", "b"], "uid": "c"}],
    ),
    "all asks for every value, each of any of them": (
        {"answers|endswith|all": [".9", ".example"]},
        [TWO],
        [{"answers": ["10.20.1.9"]}],
    ),
    "null asks for none": ({"answers": None}, [{}, {"answers": []}], [{"answers": ["a"]}]),
    "exists asks for one": ({"answers|exists": True}, [{"answers": ["a"]}], [{}, {"answers": []}]),
    "not asks that none of them is so": (
        {"answers|neq": "a"},
        [{"answers": ["b", "c"]}, {}],
        [{"answers": ["b", "a"]}],
    ),
    "names of files are any of theirs": (
        {"answers|endswith": [r"\a.exe", r"\b.exe"]},
        [{"answers": ["x", r"c:\B.exe"]}],
        [{"answers": [r"c:\a.exe\x", "b.exe"]}],
    ),
    "a keyword is in one of them": (["b*c"], [{"answers": ["a", "bxc"]}], [{"answers": ["ab", "cd"]}]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_hits_and_misses(name):
    detection, good, bad = CASES[name]
    rules = loaded(rule(detection, logsource=DNS))
    assert rules.entries[0].state == "ready", rules.entries[0].problems
    assert {number for _, number in names_numbered(rules, [*good, *bad])} == set(range(1, len(good) + 1))


def test_what_an_answer_of_http_holds_is_a_list():
    head = {"_path": "http", "ts": 1767600000.0, "id.orig_h": "10.20.1.1", "id.resp_h": "10.20.1.2", "id.resp_p": 5985}
    head |= {"trans_depth": 1, "method": "POST", "uri": "/wsman"}
    kinds = (["text/plain", "application/x-dosexec"], ["text/plain"], [])
    requests = [head | {"id.orig_p": i, "uid": f"C{i}", "resp_mime_types": some} for i, some in enumerate(kinds, 1)]
    rules = loaded(rule({"resp_mime_types": "application/x-dosexec"}, logsource={"product": "zeek", "service": "http"}))
    con = filled(requests)
    assert match(con, rules) == {}
    assert con.execute("SELECT uid FROM sigma_match JOIN http_activity USING (key)").fetchall() == [("C1",)]


def test_a_correlation_groups_by_the_whole_list():
    counted = {"type": "event_count", "rules": ["asked"], "timespan": "5m", "condition": {"gte": 2}}
    text = f"title: c\ncorrelation: {counted | {'group-by': ['answers']}}\n"
    rules = loaded(rule({"answers": "b"}, name="asked", logsource=DNS), text)
    queries = [{"answers": ["a", "b"]}, {"answers": ["b"]}, {"answers": ["a", "b"]}]
    [row] = found(rules, [named(number, query) for number, query in enumerate(queries, 1)])
    assert (row["group"], row["value"]) == ({"answers": "a\nb"}, 2)
