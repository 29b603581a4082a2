"""The most specific match wins, whichever way an entry names a host or an account, and in whichever order."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopwatch.context.match import AccountIndex, HostIndex
from hopwatch.context.patterns import Where, Who

JMP = Where("jmp01.corp.example", "10.20.1.5")


@pytest.mark.parametrize(
    ("patterns", "where", "best"),
    [
        pytest.param(["jmp01", "10.20.1.5", "jmp*", "10.20.0.0/16"], JMP, ["jmp01"], id="a name before all else"),
        pytest.param(["jmp01.corp.example", "jmp01"], JMP, ["jmp01.corp.example"], id="a full name before a short one"),
        pytest.param(["10.20.1.5", "jmp*", "10.20.0.0/16"], JMP, ["10.20.1.5"], id="an address before a glob"),
        pytest.param(["jmp*", "10.20.1.5/32"], JMP, ["jmp*"], id="a glob before a network"),
        pytest.param(["j*", "jmp*", "*"], JMP, ["jmp*"], id="of globs the one with most letters"),
        pytest.param(["10.0.0.0/8", "10.20.1.0/24", "10.20.0.0/16"], JMP, ["10.20.1.0/24"], id="of networks the smallest"),
        pytest.param(["JMP01"], Where("jmp01"), ["JMP01"], id="capitals do not matter"),
        pytest.param(["jmp01.corp.example"], Where("jmp01"), ["jmp01.corp.example"], id="a log that knows the short name only"),
        pytest.param(["jmp01.corp.example"], Where("jmp01.other.example"), [], id="another domain's host is another"),
        pytest.param(["jmp01"], Where("jmp011"), [], id="no name is the beginning of another"),
        pytest.param(["srv-[1]"], Where("srv-1"), [], id="brackets are no glob"),
        pytest.param(["10.20.1.*"], Where(None, "10.20.1.5"), ["10.20.1.*"], id="a glob of addresses"),
        pytest.param(["2001:db8::/32", "2001:DB8::5"], Where(None, "2001:db8::5"), ["2001:DB8::5"], id="IPv6"),
        pytest.param(["0.0.0.0/0"], Where(None, "2001:db8::5"), [], id="a network of the other kind"),
        pytest.param(["10.20.0.0/16"], Where("srv01"), [], id="a network, and no address"),
        pytest.param(["jmp01", "jmp01"], JMP, ["jmp01", "jmp01"], id="given twice, both count"),
        pytest.param(["10.20.0.0/16"], Where(None, "no address"), [], id="a log's text that is no address"),
    ],
)  # fmt: skip
def test_the_most_specific_pattern_of_a_host_wins(patterns, where, best):
    for order in (patterns, patterns[::-1]):
        assert HostIndex((p, p) for p in order).best(where) == best


SVC = Who("svc-backup", "corp", "S-1-5-21-1-2-3-1105")


@pytest.mark.parametrize(
    ("patterns", "who", "best"),
    [
        pytest.param(["S-1-5-21-1-2-3-1105", "CORP\\svc-backup", "svc-backup"], SVC, ["S-1-5-21-1-2-3-1105"], id="a SID before all else"),
        pytest.param(["CORP\\svc-backup", "svc-backup", "svc-*"], SVC, ["CORP\\svc-backup"], id="with its domain before without"),
        pytest.param(["svc-backup", "svc-*"], SVC, ["svc-backup"], id="a name before a glob"),
        pytest.param(["svc-*", "*"], SVC, ["svc-*"], id="of globs the one with most letters"),
        pytest.param(["svc-backup@corp.example"], SVC, ["svc-backup@corp.example"], id="a UPN and the NetBIOS name of its domain"),
        pytest.param(["CORP\\svc-backup"], Who("svc-backup", "corp.example"), ["CORP\\svc-backup"], id="a NetBIOS name and the DNS name"),
        pytest.param(["CORP\\svc-backup"], Who("svc-backup"), ["CORP\\svc-backup"], id="a log that does not say the domain"),
        pytest.param(["CORP\\svc-backup"], Who("svc-backup", "srv01"), [], id="a local account of the same name"),
        pytest.param(["svc-backup@a.example"], Who("svc-backup", "b.example"), [], id="another domain's account"),
        pytest.param(["CORP\\svc-*"], SVC, ["CORP\\svc-*"], id="a glob with a domain"),
        pytest.param(["SVC-BACKUP"], SVC, ["SVC-BACKUP"], id="capitals do not matter"),
        pytest.param(["svc-back"], SVC, [], id="no name is the beginning of another"),
    ],
)  # fmt: skip
def test_the_most_specific_pattern_of_an_account_wins(patterns, who, best):
    for order in (patterns, patterns[::-1]):
        assert AccountIndex((p, p) for p in order).best(who) == best


PATTERN = st.sampled_from(["jmp01", "jmp*", "*", "10.20.1.5", "10.20.0.0/16", "10.20.1.0/24", "j?p01", "srv01", "jmp01.corp.example"])  # fmt: skip
PLACE = st.sampled_from([JMP, Where("srv01"), Where(None, "10.20.9.9"), Where("jmp01", "10.20.1.5")])


@settings(deadline=None)
@given(st.lists(PATTERN, max_size=12), PLACE, st.randoms())
def test_the_order_of_entries_never_matters(patterns, where, random):
    shuffled = list(patterns)
    random.shuffle(shuffled)
    one, other = (HostIndex((p, p) for p in order) for order in (patterns, shuffled))
    assert sorted(one.best(where)) == sorted(other.best(where))
    assert sorted(one.every(where)) == sorted(other.every(where))


def test_thousands_of_entries_cost_a_hop_no_more_than_a_few():
    patterns = [f"srv{i:05}" for i in range(4000)] + [f"app{i:04}-*" for i in range(2000)]
    patterns += [f"10.{i // 250}.{i % 250}.0/24" for i in range(3000)] + [
        f"172.16.{i // 250}.{i % 250}" for i in range(3000)
    ]
    index = HostIndex((p, p) for p in patterns)
    places = [Where(f"srv{i:05}.corp.example", f"10.{i % 12}.{i % 250}.7") for i in range(20_000)]
    begun = time.process_time()
    assert all(index.best(place) for place in places if int(place.host[3:8]) < 4000)
    assert time.process_time() - begun < 5


def test_a_glob_made_to_be_slow_is_not():
    begun = time.process_time()
    assert HostIndex([("*a*a*a*a*a*a*a*a*b", 1)]).best(Where("a" * 5000)) == []
    assert time.process_time() - begun < 2
