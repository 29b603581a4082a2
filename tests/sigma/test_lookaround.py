"""Patterns that look around match the same as several that do not, or are left for the engine to refuse."""

import os
import re

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from hopwatch.sigma.lookaround import LOOKS, leaves, without_lookaround
from tests.sigma.world import hits, loaded, one, rule, store

EXAMPLES = int(os.environ.get("HOPWATCH_EXAMPLES", "20")) * 20
# Pattern: texts that it is found in, texts that it is not.
CASES = {
    r"https?://[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,5}(?!.)": (
        ["http://1.2.3", "x https://1.22.333\ny"],
        ["http://1.2.3.4"],
    ),
    r"^(?!.*foo).*$": (["bar", ""], ["a foo"]),
    r"^(?!10\.|192\.168\.)": (["172.16.0.1", "110.1.1.1"], ["10.1.1.1", "192.168.1.1"]),
    r"^(?!.*\$).*(DC|SRV)\d+$": (["DC01", "xSRV9"], ["DC01$", "WS01"]),
    r"^(?=.*a)(?=.*b)c": (["cab", "cba"], ["ca", "ab"]),
    r"^\w:\\(?!Windows\\|Program Files).*\.exe$": (
        [r"C:\Temp\a.exe"],
        [r"C:\Windows\a.exe", r"C:\Program Files\a.exe"],
    ),
    r"(?i)^svc_(?!backup)": (["SVC_sql"], ["svc_BACKUP1", "xsvc_sql"]),
    r"(?<!\\)cmd\.exe": (["cmd.exe", "x cmd.exe"], [r"\cmd.exe"]),
    r"(?<=-enc )[A-Za-z]{4}": (["x -enc abcd"], ["x -en abcd"]),
    r"net(?!work).*": (["net use", "netw", "networ"], ["network"]),
    r"(?s)a(?!.)": (["xa"], ["a\n", "ab"]),
    r"a(?!.)": (["xa", "a\nb"], ["ab"]),
    r"a(?=bc)": (["xabc"], ["ab"]),
    r"foo(?!bar)|^(?!x)y": (["foo", "foobaz", "y"], ["foobar", "xy"]),
    r"^(?!.*foo(?!bar))": (["foobar", "x"], ["foo", "foobaz"]),
    r"^[^/]{3}(?!\d)": (["abc", "abcd"], ["abc1", "ab"]),
}
LEFT = (
    r"a(?!b)c",
    r"(?!a)\w+",
    r"foo(?!bar).+",
    r"^a+(?!b)c",
    r"x(?<!a)b",
    r"(a)(?!\1)",
    r"(?m)^(?!a).b",
    r"(?:(?!a)b)+",
    r"(?!)",
)


def found(pattern, text, flags=""):
    """Whether the patterns of a pattern find it in a text, by the store's engine."""

    def holds(node):
        if isinstance(node, str):
            return store().execute("SELECT regexp_matches(?, ?)", [text, node]).fetchall() == [(True,)]
        word, parts = node
        values = [holds(part) for part in parts]
        return not values[0] if word == "not" else all(values) if word == "and" else any(values)

    return holds(without_lookaround(pattern, flags))


@pytest.mark.parametrize("pattern", CASES)
def test_a_pattern_that_looks_around_is_found_where_it_is(pattern):
    good, bad = CASES[pattern]
    assert [bool(re.search(pattern, text)) for text in (*good, *bad)] == [True] * len(good) + [False] * len(bad)
    rules = loaded(rule({"A|re": pattern}))
    assert rules.entries[0].state == "ready", rules.entries[0].problems
    assert hits(rules, [{"A": text} for text in (*good, *bad)]) == set(range(1, len(good) + 1))


@pytest.mark.parametrize("pattern", LEFT)
def test_a_pattern_without_an_equal_is_left_to_the_engine_which_refuses_it(pattern):
    assert without_lookaround(pattern, "") == pattern
    entry = one(rule({"A|re": pattern}))
    assert (entry.state, "RE2" in (entry.problems[0].mend or "")) == ("failed", True)


def test_a_keyword_may_look_around():
    assert hits(loaded(rule({"|re": "^ab(?!c)"})), [{"A": "abd"}, {"A": "abc", "B": "x"}]) == {1}


def test_an_absent_field_matches_no_pattern():
    assert hits(loaded(rule({"A|re": "^(?!a)", "B": "x"})), [{"B": "x"}, {"A": "b", "B": "x"}]) == {2}


CHARS = st.sampled_from(("a", "b", "c", ".", "[ab]", "[^a]", "\\.", "\\w", "\\d", "[^]b]", "-", "\\n"))
TIMES = st.sampled_from(("", "", "", "?", "*", "+", "{2}", "{1,2}", "*?"))
ATOMS = st.tuples(CHARS, TIMES).map("".join) | st.sampled_from(("\\b", "$", ".*"))
SIMPLE = st.lists(ATOMS, max_size=3).map("".join)
INNER = st.one_of(SIMPLE, st.tuples(SIMPLE, SIMPLE).map("|".join))
GROUPS = st.tuples(st.sampled_from(("(?:", "(", "(?i:")), INNER, st.just(")"), TIMES).map("".join)
SEQUENCES = st.lists(CHARS, min_size=1, max_size=3).map("".join)
AHEAD = st.tuples(st.sampled_from(("(?=", "(?!")), st.one_of(INNER, SEQUENCES), st.just(")")).map("".join)
BEHIND = st.tuples(st.sampled_from(("(?<=", "(?<!")), SEQUENCES, st.just(")")).map("".join)
NESTED = st.tuples(st.sampled_from(("(?=", "(?!")), SIMPLE, AHEAD, st.just(")")).map("".join)
PARTS = st.one_of(SIMPLE, SIMPLE, GROUPS, AHEAD, NESTED)
WAYS = st.builds(
    lambda begin, parts, last: begin + "".join(parts) + last,
    st.one_of(st.sampled_from(("^", "^", "\\A", "")), BEHIND),
    st.lists(PARTS, max_size=4),
    st.one_of(st.just(""), AHEAD),
)
PATTERNS = st.lists(WAYS, min_size=1, max_size=2).map("|".join)
TEXTS = st.lists(
    st.text("abcABx.-1\n ", max_size=6).filter(lambda text: not text.endswith("\n")), min_size=5, max_size=9
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@example("(?<!.)(?!\\n)", "s", ["\n1"])  # a point means every character here
@given(PATTERNS, st.sampled_from(("", "", "i", "s", "is", "m")), TEXTS)
def test_what_is_rewritten_finds_what_the_pattern_does(pattern, flags, texts):
    assume(LOOKS.search(pattern))
    node = without_lookaround(pattern, flags)
    assume(not any(LOOKS.search(leaf) for leaf in leaves(node)))
    try:
        wanted = re.compile((f"(?{flags})" if flags else "") + pattern)
    except re.error:
        assume(False)
    for text in texts:
        # Python's "$" also stands before a last line end, the engine's does not: no text ends so.
        assert found(pattern, text, flags) == bool(wanted.search(text)), (text, node)
