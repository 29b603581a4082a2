"""Every event that a rule matches holds the words of one of its needles: what is skipped before parsing could not have matched."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

import pytest
from sigma.rule import SigmaRule

from hopwatch.sigma.fixed import fixed_texts
from hopwatch.sigma.needles import needles

CASES = {
    "a substring gives its plain runs": ({"Image|endswith": r"\taskschd.dll"}, [{"taskschd.dll"}]),
    "either of two values gives both": ({"Image|contains": ["wsmsvc", "WsmAuto"]}, [{"wsmsvc"}, {"wsmauto"}]),
    "of two fields all words are needed": ({"A|contains": ["aaaa", "bbbb"], "B": "cccc"}, [{"aaaa", "cccc"}, {"bbbb", "cccc"}]),
    "of many words the longest are enough": ({"A|contains": r"aaaa\bbbbbb\ccccc\dddddd"}, [{"bbbbbb", "ccccc", "dddddd"}]),
    "a short value gives none": ({"LogonType": "3"}, []),
    "a number may be written otherwise": ({"Status": "0x00c000006d"}, []),
    "so may a SID": ({"A": "S-1-5-18"}, []),
    "a single backslash may be put in between two parts": ({"Image|endswith": r"\a.exe"}, [{"a.exe"}]),
    "two of them stand in the record": ({"A|startswith": r"\\\\srv01"}, [{r"\\", "srv01"}]),
    "the name of a share keeps its sign": ({"A|endswith": r"\IPC$"}, [{"ipc$"}]),
    "a value beside one without a needle gives none": ({"Image|contains": ["wsmsvc", "x"]}, []),
    "a field to which normalisation adds words gives none of them": ({"AccessList|contains": "WriteData"}, []),
    "but the codes beside which it writes them": ({"AccessList|contains": "%%4417"}, [{"%%4417"}]),
    "a code beside a word is no need": ({"AccessList|re": "%%4417|WriteData"}, []),
    "a field that normalisation writes to gives none": ({"ParentProcessName": "services.exe"}, []),
    "an absent field gives none": ({"Image": None}, []),
    "more values than are worth it give none": ({"Image|contains": [f"word{i:02}" for i in range(41)]}, []),
    "what another asks for as well is not asked twice": ({"A|contains": ["wsmsvc", "wsmsvc abcd"]}, [{"wsmsvc"}]),
    "a regular expression gives what stands outside its groups": ({"A|re": r"Binding\((a|b)\): name"}, [{"binding", "name"}]),
    "and each of their branches": ({"A|re": r"x(first|second)y"}, [{"xfirsty"}, {"xsecondy"}]),
    "but not what may be absent": ({"A|re": "abcd?e(xyz1)?"}, [{"abc"}]),
    "nor what may be repeated no times": ({"A|re": "wxyz*(first)*(third){0,3}"}, [{"wxy"}]),
    "nor a branch beside one without": ({"A|re": "(first|.*)"}, []),
    "nor what a class holds": ({"A|re": "[firstclass]+"}, []),
    "nor what a code stands for": ({"A|re": r"\x41bcd"}, []),
    "an escaped sign is the sign": ({"A|re": r"psexec\.exe"}, [{"psexec.exe"}]),
    "what is repeated stands apart": ({"A|re": "abc+def"}, [{"def"}]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_needles_of_a_condition(name: str) -> None:
    selection, expected = CASES[name]
    assert found(selection, "selection") == {frozenset(words) for words in expected}


def test_what_is_not_to_be_there_gives_no_needle() -> None:
    assert found({"Image|contains": "wsmsvc"}, "not selection") == frozenset()


@pytest.mark.parametrize("pattern", ["(?!first)second", "(?x) a b c d", r"\pN", "a|b|c|d"])
def test_a_pattern_that_is_not_understood_or_has_too_many_branches_asks_for_no_text(pattern: str) -> None:
    assert () in fixed_texts(pattern, most=3)


def found(selection: dict[str, object], condition: str) -> frozenset[frozenset[str]]:
    rule = SigmaRule.from_dict(
        {
            "title": "x",
            "logsource": {"product": "windows"},
            "detection": {"selection": selection, "condition": condition},
        }
    )
    return needles(rule.detection.parsed_condition[0].parsed)
