"""Every event that a rule matches holds the words of one of its needles: what is skipped before parsing could not have matched."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

import pytest
from sigma.rule import SigmaRule

from hopwatch.sigma.needles import needles

CASES = {
    "a substring gives its plain runs": ({"Image|endswith": r"\taskschd.dll"}, [{"taskschd.dll"}]),
    "either of two values gives both": ({"Image|contains": ["wsmsvc", "WsmAuto"]}, [{"wsmsvc"}, {"wsmauto"}]),
    "of two fields all words are needed": ({"A|contains": ["aaaa", "bbbb"], "B": "cccc"}, [{"aaaa", "cccc"}, {"bbbb", "cccc"}]),
    "of many words the longest are enough": ({"A|contains": r"aaaa\bbbbbb\ccccc\dddddd"}, [{"bbbbbb", "ccccc", "dddddd"}]),
    "a short value gives none": ({"LogonType": "3"}, []),
    "a number may be written otherwise": ({"Status": "0x00c000006d"}, []),
    "a value beside one without a needle gives none": ({"Image|contains": ["wsmsvc", "x"]}, []),
    "a field that normalisation writes to gives none": ({"AccessList|contains": "WriteData"}, []),
    "an absent field gives none": ({"Image": None}, []),
    "more values than are worth it give none": ({"Image|contains": [f"word{i:02}" for i in range(13)]}, []),
    "a regular expression gives what stands outside its groups": ({"A|re": r"Binding\((a|b)\): name"}, [{"binding", "name"}]),
    "but not what may be absent": ({"A|re": "abcd?e(xyz1)?"}, []),
    "nor one of its branches": ({"A|re": "first|second"}, []),
    "nor what a class holds": ({"A|re": "[firstclass]+"}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_needles_of_a_condition(name: str) -> None:
    selection, expected = CASES[name]
    assert found(selection, "selection") == {frozenset(words) for words in expected}


def test_what_is_not_to_be_there_gives_no_needle() -> None:
    assert found({"Image|contains": "wsmsvc"}, "not selection") == frozenset()


def found(selection: dict[str, object], condition: str) -> frozenset[frozenset[str]]:
    rule = SigmaRule.from_dict(
        {
            "title": "x",
            "logsource": {"product": "windows"},
            "detection": {"selection": selection, "condition": condition},
        }
    )
    return needles(rule.detection.parsed_condition[0].parsed)
