"""What rules compile to agrees with the slow and obvious evaluation, whatever the rule and the events."""

import os
import re

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sigma.reference import matches
from tests.sigma.world import loaded, names_numbered, numbered

EXAMPLES = int(os.environ.get("HOPWATCH_EXAMPLES", "20"))
FIELDS = ("CommandLine", "image", "TargetUserName", "Odd Field", "LogonType", "weirdName")
TEXTS = (
    "cmd.exe",
    "CMD.EXE",
    "C:\\Windows\\cmd.exe",
    "\\cmd.exe",
    "a*b",
    "a?b",
    "a%b_c",
    "%",
    "_",
    "\\",
    "\\\\srv\\c$",
    "x y",
    "''",
    '"q"',
    "3",
    "0x3",
    "0x00000003",
    "12",
    "-s -Enc /c",
    "/s",
    "true",
    "Ünïcode",
    "line\nbreak",
    "ab",
    "b",
    "A",
    "",
    "10.20.1.9",
    "YQBiAA==",
)
PIECES = st.sampled_from((*TEXTS, "*", "?", "\\*", "\\?", "\\\\", "*cmd*", "c?d.exe", "*\\cmd.exe", "a*", "*b"))
VALUES = st.one_of(
    PIECES,
    st.tuples(PIECES, PIECES).map("".join),
    st.integers(-3, 20),
    st.booleans(),
    st.none(),
    st.sampled_from(TEXTS),
)
STRINGS = st.one_of(st.sampled_from(TEXTS[:-2]), st.sampled_from(("-s", "/c -x", "win -Enc"))).filter(len)
PLAIN = re.compile(r"[^*?\\]+", re.ASCII)
PATTERNS = st.sampled_from(("^c", "cmd\\.exe$", "a.b", "[0-9]+", "(?:x|q)", "^$", "E\\b", "line.break", "^break"))
NETWORKS = st.sampled_from(("10.20.0.0/16", "10.20.1.8/31", "0.0.0.0/0", "fd00::/8", "fe80::/10", "::1/128"))
MODIFIED = st.one_of(
    st.tuples(
        st.sampled_from(("", "contains", "startswith", "endswith", "contains|all", "neq", "all")),
        st.lists(VALUES, max_size=4),
    ),
    st.tuples(
        st.sampled_from(
            ("contains", "startswith", "endswith", "cased", "contains|cased", "windash|contains", "endswith|windash")
        ),
        st.lists(STRINGS, min_size=1, max_size=3),
    ),
    st.tuples(
        st.sampled_from(("base64", "base64offset|contains", "wide|base64", "wide|base64offset|contains")),
        STRINGS.filter(lambda text: text.isascii() and PLAIN.fullmatch(text)),
    ),
    st.tuples(st.sampled_from(("re", "re|i", "re|m", "re|s", "re|i|s")), PATTERNS),
    st.tuples(st.sampled_from(("lt", "lte", "gt", "gte")), st.integers(-3, 20)),
    st.tuples(st.just("exists"), st.booleans()),
    st.tuples(st.just("cidr"), NETWORKS),
    st.tuples(
        st.sampled_from(("fieldref", "fieldref|contains", "fieldref|startswith", "fieldref|endswith")),
        st.sampled_from(FIELDS),
    ),
)
EMPTY = ("", "contains", "startswith", "endswith", "contains|all", "neq", "all")


def usable(pair):
    """Modifiers of text stand before text only."""
    modifiers, value = pair
    values = value if isinstance(value, list) else [value]
    if modifiers in ("contains", "startswith", "endswith", "contains|all"):
        return bool(values) and all(isinstance(v, str) for v in values)
    return "windash" not in modifiers or all(sum(v.count(dash) for dash in "-/") <= 3 for v in values)


ITEMS = st.tuples(st.sampled_from(FIELDS), MODIFIED.filter(usable))
MAPPINGS = st.lists(ITEMS, min_size=1, max_size=3).map(lambda items: {f"{f}|{m}".strip("|"): v for f, (m, v) in items})
KEYWORDS = st.lists(STRINGS.filter(lambda text: "\\" not in text), min_size=1, max_size=3)
SELECTIONS = st.one_of(MAPPINGS, st.lists(MAPPINGS, min_size=1, max_size=2), KEYWORDS)
CONDITIONS = st.sampled_from(
    (
        "a1",
        "not a1",
        "a1 and a2",
        "a1 or a2",
        "a1 and not a2",
        "1 of a*",
        "all of a*",
        "1 of them",
        "all of them",
        "not 1 of a*",
        "a1 and (a2 or not b1)",
        "not (a1 or b1)",
        "a1 or a2 and not b1",
        "all of a* and not 1 of b*",
    )
)


def detections(selections):
    """Detections of three selections and a condition on them."""
    return st.builds(
        lambda a1, a2, b1, condition: {"a1": a1, "a2": a2, "b1": b1, "condition": condition},
        selections,
        selections,
        selections,
        CONDITIONS,
    )


DETECTIONS = detections(SELECTIONS)
CASES = {"image": "Image", "weirdName": "WeirdName"}  # as events spell them
EVENTS = st.lists(
    st.dictionaries(st.sampled_from(FIELDS).map(lambda n: CASES.get(n, n)), st.sampled_from(TEXTS), max_size=5),
    min_size=1,
    max_size=25,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(DETECTIONS, min_size=1, max_size=8), EVENTS)
def test_the_compiled_sql_agrees_with_the_reference(detections, events):
    source = {"product": "windows", "service": "security"}
    documents = [{"title": str(n), "logsource": source, "detection": one} for n, one in enumerate(detections)]
    rules = loaded(yaml.safe_dump_all(documents, sort_keys=False))
    assert [entry.problems for entry in rules.entries if entry.state != "ready"] == []
    expected = {(n, i) for n, one in enumerate(detections) for i, event in enumerate(events, 1) if matches(one, event)}
    assert numbered(rules, events) == expected


LISTED = ("answers", "answer", "uid", "qtype_name")
FEW = ("a", "B", "ab", "a*b", "10.20.1.9", "10.20.1.8", "fd00::1", "3", "12", "x y", "%", "\\x", "c\\x")
WHOLE = st.sampled_from((*FEW, "*", "?", "a*", "*b", "a\\*b", "*\\x", "A"))
OF_LISTS = st.one_of(
    st.tuples(st.sampled_from(("", "all", "neq")), st.lists(st.one_of(WHOLE, st.none(), st.just(3)), max_size=3)),
    st.tuples(
        st.sampled_from(
            ("contains", "startswith", "endswith", "cased", "contains|all", "endswith|cased", "contains|neq", "all|neq")
        ),
        st.lists(WHOLE, min_size=1, max_size=3),
    ),
    st.tuples(st.sampled_from(("re", "re|i")), st.sampled_from(("^a", "b$", "^ab$", "^[0-9]+$", "^.$", "[0-9]"))),
    st.tuples(st.sampled_from(("lt", "lte", "gt", "gte")), st.integers(2, 13)),
    st.tuples(st.just("exists"), st.booleans()),
    st.tuples(st.just("cidr"), st.sampled_from(("10.20.1.8/31", "10.20.1.9/32", "10.0.0.0/8", "fd00::/8"))),
    st.tuples(
        st.sampled_from(("fieldref", "fieldref|contains", "fieldref|startswith", "fieldref|endswith")),
        st.sampled_from(LISTED),
    ),
)
LIST_SELECTIONS = st.lists(st.tuples(st.sampled_from(LISTED), OF_LISTS), min_size=1, max_size=2).map(
    lambda items: {f"{f}|{m}".strip("|"): v for f, (m, v) in items}
)
TYPES = st.sampled_from(("A", "AAAA", "PTR"))
NAMED = {"answers": st.lists(st.sampled_from(FEW), max_size=4), "uid": st.sampled_from(FEW), "qtype_name": TYPES}
QUERIES = st.lists(st.fixed_dictionaries({}, optional=NAMED), min_size=1, max_size=25)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        detections(st.one_of(LIST_SELECTIONS, st.lists(LIST_SELECTIONS, min_size=1, max_size=2))),
        min_size=1,
        max_size=8,
    ),
    QUERIES,
)
def test_the_compiled_sql_agrees_with_the_reference_on_fields_that_are_lists(detections, queries):
    source = {"product": "zeek", "service": "dns"}
    documents = [{"title": str(n), "logsource": source, "detection": one} for n, one in enumerate(detections)]
    rules = loaded(yaml.safe_dump_all(documents, sort_keys=False))
    assert [entry.problems for entry in rules.entries if entry.state != "ready"] == []
    spoken = [query | {"answer": query["answers"]} if "answers" in query else query for query in queries]
    expected = {(n, i) for n, one in enumerate(detections) for i, query in enumerate(spoken, 1) if matches(one, query)}
    assert names_numbered(rules, queries) == expected
