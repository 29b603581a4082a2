"""A wrong query is told by its place, what was found and what was expected, and never by a traceback."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopwatch.hunt.statement import failure
from hopwatch.hunt.terms import parse
from hopwatch.model.errors import QueryError
from tests.hunt.world import Log, asking, stored


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wrong")
    log = Log()
    log.logon("srv01")
    return asking(stored(log, folder), folder)


CASES = {
    "EventID:": (1, 9, "the end of the query", "a value"),
    "(EventID:4624": (1, 14, "the end of the query", "the closing bracket"),
    'Computer:"srv01': (1, 10, "srv01", "a closing quote"),
    "EventID:abc": (1, 9, "'abc'", "a number"),
    "EventID:4624 AND": (1, 17, "the end of the query", "a search term"),
    "EventID:4624 AND\nLogonTipe:3": (2, 1, "'LogonTipe'", "LogonType"),
    "EventID:[1 TO": (1, 14, "the end of the query", "a number"),
    "EventID:[1 5]": (1, 12, "5]", "TO between"),
    "user~2:x": (1, 5, "~2", "fuzzy"),
    "TimeGenerated:yesterday": (1, 15, "'yesterday'", "a time like"),
    "EventID:4624 OR )": (1, 17, ")", "a search term"),
    "SecurityEvent | wherex EventID == 1": (1, 17, "'wherex'", "perhaps where"),
    "SecurityEvent | where EventID = 4624": (1, 31, "'='", "=="),
    "SecurityEvent |": (1, 16, "the end of the query", "an operator"),
    "SecurityEvent\n| where EventID ==": (2, 19, "the end of the query", "an expression"),
    "SecurityEvent | where Evt == 1": (1, 23, "'Evt'", "a column"),
    "SecurityEvent | where strlenn(Computer) == 1": (1, 23, "'strlenn'", "a function"),
    "SecurityEvnt | take 1": (1, 1, "'SecurityEvnt'", "SecurityEvent"),
    "SecurityEvent | make-series count() on TimeGenerated": (1, 17, "'make-series'", "not supported"),
    "SecurityEvent | evaluate bag_unpack(EventData)": (1, 17, "'evaluate'", "not supported"),
    "externaldata(a:string)['https://h.example/x.csv'] | take 1": (1, 1, "'externaldata'", "not supported"),
    "cluster('c').database('d').T | take 1": (1, 1, "'cluster'", "not supported"),
    ".drop table x": (1, 1, ".drop", "commands are not allowed"),
    "SecurityEvent | project-reorder Nope": (1, 33, "'Nope'", "a column"),
    "SELECT Evt FROM events": (1, 8, "'Evt'", "a column"),
    "SELECT * FROM evts": (1, 15, "'evts'", "a table"),
    "SELECT * FORM events": (1, 15, "'events'", "SQL"),
    "SELECT nosuch(1)": (1, 8, "'nosuch'", "a function"),
}


@pytest.mark.parametrize("text", CASES)
def test_what_is_wrong_is_told_by_place_find_and_expectation(world, text):
    line, column, found, expected = CASES[text]
    with pytest.raises(QueryError) as caught:
        world.plan(text)
    message = str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column), message
    assert f"found {found}" in message or found in message, message
    assert expected in message, message


WORDS = st.sampled_from(
    [
        "SecurityEvent",
        "events",
        "|",
        "where",
        "EventID",
        "==",
        "4624",
        ":",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "and",
        "AND",
        "or",
        "NOT",
        "not",
        "-",
        "+",
        "!",
        "~",
        "^",
        "*",
        "?",
        "\\",
        "/",
        ",",
        ";",
        "let",
        "x",
        "=",
        "join",
        "kind=inner",
        "on",
        "Computer",
        "summarize",
        "count()",
        "by",
        "bin(TimeGenerated,",
        "1h)",
        "project",
        "extend",
        "in",
        "(1,2)",
        "between",
        "..",
        "TO",
        "<=",
        ">=",
        "<",
        ">",
        "SELECT",
        "FROM",
        "*",
        "TargetUserName",
        ".show",
        "@",
        "$left.",
        "``",
        "//",
        "\n",
        "\t",
        "\x00",
        "\u202e",
        "é",
        "😀",
        "mv-expand",
        "search",
        "union",
        "project-reorder",
        "datetime(",
        "1h",
        "has_any",
        "matches",
        "regex",
    ]
)


def told(asks, text: str) -> QueryError | None:
    """What is said of a query, planned and run."""
    try:
        made = asks.plan(text)
        asks.con.execute(made.sql, made.parameters or None).fetchmany(5)
    except QueryError as error:
        return error
    except duckdb.Error as error:  # what only running shows becomes such an error too
        return failure(error, text)
    return None


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_no_text_whatever_makes_planning_raise_anything_else(world, text):
    error = told(world, text)
    assert error is None or str(error)


def parse_told(text: str, kibana: bool) -> QueryError | None:
    try:
        parse(text, kibana=kibana)
    except QueryError as error:
        return error
    return None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='aZ0:() []{}"\\/*?~^+-!<>=&|ANDORTO.\n', max_size=60), st.booleans())
def test_no_text_makes_the_search_parser_raise_anything_else(text, kibana):
    error = parse_told(text, kibana)
    assert error is None or error.line is not None


def test_a_query_that_is_nested_very_deep_is_refused(world):
    deep = "(" * 500 + "EventID:1" + ")" * 500
    nested = "SecurityEvent | where " + "(" * 3000 + "1" + ")" * 3000
    for text in (deep, nested, "NOT " * 2000 + "EventID:1"):
        error = told(world, text)
        assert error is None or len(str(error)) < 1000


def test_a_query_that_is_very_long_is_refused(world):
    with pytest.raises(QueryError, match="characters"):
        world.plan("EventID:1 OR " * 20_000)
