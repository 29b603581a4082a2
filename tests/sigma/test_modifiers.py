"""Every modifier, keyword form and condition of the specification, each with events that it hits and that it misses."""

import pytest

from tests.sigma.world import hits, loaded, one, rule

TWO_HEX = {"ProcessId": "0x1f4"}
# Name: detection, events that hit, events that miss.
CASES = {
    "a text is compared whole, in any case": (
        {"Image": "C:\\a.exe"},
        [{"Image": "c:\\A.EXE"}],
        [{"Image": "C:\\a.exe "}, {}],
    ),
    "a list is any of its values": ({"Image": ["a", "b"]}, [{"Image": "a"}, {"Image": "B"}], [{"Image": "c"}, {}]),
    "fields of a mapping are all asked for": ({"A": "x", "B": "y"}, [{"A": "x", "B": "y"}], [{"A": "x"}, {"B": "y"}]),
    "a list of mappings is any of them": ([{"A": "x"}, {"B": "y"}], [{"A": "x"}, {"B": "y"}], [{"A": "y"}, {}]),
    "a star is any text, also none": ({"A": "a*c"}, [{"A": "ac"}, {"A": "a\nbc"}], [{"A": "ab"}]),
    "a question mark is one character": ({"A": "a?c"}, [{"A": "abc"}], [{"A": "ac"}, {"A": "abbc"}]),
    "an escaped wildcard is itself": ({"A": "a\\*c"}, [{"A": "a*c"}], [{"A": "abc"}]),
    "a backslash before other characters is itself": (
        {"A": "C:\\Windows\\x"},
        [{"A": "c:\\windows\\x"}],
        [{"A": "c:windowsx"}],
    ),
    "two backslashes before a wildcard are one": (
        {"A": "\\\\*\\x"},
        [{"A": "\\host\\x"}, {"A": "\\\\x"}],
        [{"A": "host\\x"}],
    ),
    "percent and underscore are no wildcards": ({"A": "a%b_c*"}, [{"A": "A%B_C1"}], [{"A": "axbyc1"}]),
    "a star alone asks for presence": ({"A": "*"}, [{"A": ""}, {"A": "x"}], [{}]),
    "an empty value is an empty text": ({"A": ""}, [{"A": ""}], [{"A": " "}, {}]),
    "null asks for absence": ({"A": None}, [{}, {"B": "x"}], [{"A": "x"}, {"A": ""}]),
    "null among values": ({"A": ["x", None]}, [{}, {"A": "X"}], [{"A": "y"}]),
    "not of an absent field holds": (
        {"s": {"B": "y"}, "f": {"A": "x"}, "condition": "s and not f"},
        [{"B": "y"}],
        [{"B": "y", "A": "x"}],
    ),
    "contains": ({"A|contains": "b"}, [{"A": "aBc"}], [{"A": "ac"}]),
    "startswith": ({"A|startswith": "ab"}, [{"A": "ABc"}], [{"A": "cab"}]),
    "endswith": ({"A|endswith": "\\b.exe"}, [{"A": "c:\\a\\B.exe"}], [{"A": "b.exe"}, {"A": "c:\\b.exe\\c"}]),
    "endswith of several names": (
        {"A|endswith": ["\\b.exe", "\\c.exe"]},
        [{"A": "c:\\a\\C.exe"}],
        [{"A": "b.exe"}, {"A": "\\ab.exe"}],
    ),
    "endswith of part of a path": (
        {"A|endswith": ["\\a\\b.exe", "\\c.exe"]},
        [{"A": "C:\\A\\b.exe"}],
        [{"A": "C:\\b.exe"}],
    ),
    "all": ({"A|contains|all": ["x", "y"]}, [{"A": "yx"}], [{"A": "x"}]),
    "cased": ({"A|cased": "Ab"}, [{"A": "Ab"}], [{"A": "ab"}]),
    "cased and contains": ({"A|contains|cased": "Ab"}, [{"A": "xAb"}], [{"A": "xab"}]),
    "re knows the case": ({"A|re": "^a.c$"}, [{"A": "abc"}], [{"A": "ABC"}, {"A": "xabc"}]),
    "re|i does not": ({"A|re|i": "^a.c$"}, [{"A": "ABC"}], [{"A": "ac"}]),
    "re|m begins at each line": ({"A|re|m": "^b"}, [{"A": "a\nb"}], [{"A": "ab"}]),
    "re|s has a dot for line ends": ({"A|re|s": "a.b"}, [{"A": "a\nb"}], [{"A": "ab"}]),
    "a repetition without a lower bound": (
        {"A|re": "^a[^x]{,2}b\\\\{,2}$"},
        [{"A": "ab"}, {"A": "accb\\\\"}],
        [{"A": "acccb"}, {"A": "a{,2}b"}],
    ),
    "an escaped brace is a brace": ({"A|re": "a\\{,2}"}, [{"A": "a{,2}"}], [{"A": "aa"}]),
    "an address that the log writes as a dash": (
        {"s": {"EventID": 4625}, "f": {"IpAddress|contains": "-"}, "condition": "s and not f"},
        [{"EventID": 4625, "IpAddress": "198.51.100.7"}],
        [{"EventID": 4625, "IpAddress": "-"}],
    ),
    "cidr of version 4": (
        {"IpAddress|cidr": "10.20.0.0/16"},
        [{"IpAddress": "10.20.255.1"}, {"IpAddress": "::ffff:10.20.1.1"}],
        [{"IpAddress": "10.21.0.1"}, {"IpAddress": "-"}],
    ),
    "cidr of version 6": (
        {"IpAddress|cidr": ["fe80::/10", "fd00:20::/32"]},
        [{"IpAddress": "fe80::1"}, {"IpAddress": "FD00:20:0:1::9"}],
        [{"IpAddress": "fec0::1"}, {"IpAddress": "10.0.0.1"}],
    ),
    "cidr of a field without a column": (
        {"Odd|cidr": "10.20.0.0/16"},
        [{"Odd": "10.20.1.1"}],
        [{"Odd": "10.20.1.300"}, {"Odd": "x10.20.1.1"}],
    ),
    "base64": ({"A|base64|contains": "whoami"}, [{"A": "x d2hvYW1p y"}], [{"A": "whoami"}]),
    "base64offset": (
        {"A|base64offset|contains": "whoami"},
        [{"A": "d2hvYW1p"}, {"A": "eHdob2FtaXg="}, {"A": "eHh3aG9hbWk="}],
        [{"A": "whoami"}],
    ),
    "wide": ({"A|wide|base64offset|contains": "whoami"}, [{"A": "dwBoAG8AYQBtAGkA"}], [{"A": "d2hvYW1p"}]),
    "utf16be": ({"A|utf16be|base64|contains": "ab"}, [{"A": "AGEAYg=="}], [{"A": "YQBiAA=="}]),
    "windash": (
        {"A|windash|contains": " -enc"},
        [{"A": "x /enc"}, {"A": "x \u2013enc"}, {"A": "x -ENC"}],
        [{"A": "x enc"}],
    ),
    "fieldref": ({"A|fieldref": "B"}, [{"A": "x", "B": "X"}], [{"A": "x", "B": "y"}, {"A": "x"}, {"B": "x"}]),
    "fieldref and endswith": ({"A|fieldref|endswith": "B"}, [{"A": "abc", "B": "bc"}], [{"A": "abc", "B": "ab"}]),
    "exists": ({"A|exists": True}, [{"A": ""}], [{}]),
    "exists not": ({"A|exists": False}, [{}], [{"A": "x"}]),
    "lt": ({"A|lt": 5}, [{"A": "4"}, {"A": "0x4"}, {"A": "4.5"}], [{"A": "5"}, {"A": "x"}, {}]),
    "lte": ({"A|lte": 5}, [{"A": "5"}], [{"A": "6"}]),
    "gt": ({"A|gt": 5}, [{"A": "10"}, {"A": "0x10"}], [{"A": "5"}, {"A": "nan"}, {"A": "inf"}]),
    "gte": ({"A|gte": 5}, [{"A": "5"}], [{"A": "4.9"}]),
    "neq": ({"A|neq": "x"}, [{"A": "y"}, {}], [{"A": "X"}]),
    "neq of several": ({"A|neq": ["x", "y"]}, [{"A": "z"}], [{"A": "x"}, {"A": "y"}]),
    "hour": (
        {"UtcTime|hour": 3},
        [{"UtcTime": "2026-01-05 03:59:59.123"}],
        [{"UtcTime": "2026-01-05 04:00:00.000"}, {}],
    ),
    "minute, day, week, month, year": (
        {"T|minute": 7, "T|day": 5, "T|week": 2, "T|month": 1, "T|year": 2026},
        [{"T": "2026-01-05 03:07:00"}],
        [{"T": "2026-01-06 03:07:00"}, {"T": "no time"}],
    ),
    "a keyword stands in any field": (
        ["mimikatz"],
        [{"A": "x MIMIKATZ y"}, {"CommandLine": "mimikatz"}, {"Odd": "mimikatz"}],
        [{"A": "mimi", "B": "katz"}, {}],
    ),
    "keywords are any of them": (["one", "two"], [{"A": "two"}], [{"A": "three"}]),
    "a keyword with a backslash": (["c:\\x"], [{"Odd": "see C:\\x"}], [{"Odd": "c:x"}]),
    "a keyword with quotes": (['"x"'], [{"Odd": 'say "X"'}], [{"Odd": "x"}]),
    "a keyword with wildcards stays in one field": (["a*b"], [{"A": "xaxbx"}], [{"A": "a", "B": "b"}]),
    "all keywords": ({"|all": ["one", "two"]}, [{"A": "one", "B": "two"}], [{"A": "one"}]),
    "keywords as patterns": ({"|re": "^ab+$"}, [{"A": "abb", "B": "x"}], [{"A": "xabb"}]),
    "keywords, one of which is a number": ([4104, "x"], [{"A": "is 4104"}], [{"A": "41"}]),
    "1 of them": (
        {"s1": {"A": "x"}, "s2": {"B": "y"}, "condition": "1 of them"},
        [{"A": "x"}, {"B": "y"}],
        [{"A": "y"}],
    ),
    "all of them": (
        {"s1": {"A": "x"}, "s2": {"B": "y"}, "condition": "all of them"},
        [{"A": "x", "B": "y"}],
        [{"A": "x"}],
    ),
    "1 of a pattern": ({"s1": {"A": "x"}, "t1": {"B": "y"}, "condition": "1 of s*"}, [{"A": "x"}], [{"B": "y"}]),
    "not 1 of a pattern": (
        {"s": {"A": "x"}, "f_1": {"B": "1"}, "f_2": {"B": "2"}, "condition": "s and not 1 of f_*"},
        [{"A": "x"}, {"A": "x", "B": "3"}],
        [{"A": "x", "B": "2"}],
    ),
    "not all of a pattern": (
        {"s": {"A": "x"}, "f_1": {"B": "1"}, "f_2": {"C": "2"}, "condition": "s and not all of f_*"},
        [{"A": "x", "B": "1"}],
        [{"A": "x", "B": "1", "C": "2"}],
    ),
    "not binds before and, and before or": (
        {"a": {"A": "1"}, "b": {"B": "1"}, "c": {"C": "1"}, "condition": "a or b and not c"},
        [{"A": "1", "C": "1"}, {"B": "1"}],
        [{"B": "1", "C": "1"}],
    ),
    "parentheses": (
        {"a": {"A": "1"}, "b": {"B": "1"}, "c": {"C": "1"}, "condition": "(a or b) and not c"},
        [{"A": "1"}, {"B": "1"}],
        [{"A": "1", "C": "1"}],
    ),
    "several conditions are any of them": (
        {"a": {"A": "1"}, "b": {"B": "1"}, "condition": ["a", "b"]},
        [{"A": "1"}, {"B": "1"}],
        [{}],
    ),
    # What Windows writes
    "a number as text or number": (
        {"LogonType": 3},
        [{"LogonType": 3}, {"LogonType": "3"}],
        [{"LogonType": "30"}, {"LogonType": "3.5"}],
    ),
    "a number in quotes": ({"LogonType": "3"}, [{"LogonType": 3}], [{"LogonType": "13"}]),
    "decimal against hexadecimal": (
        {"ProcessId": 500},
        [TWO_HEX, {"ProcessId": "500"}, {"ProcessId": "0x00000000000001F4"}],
        [{"ProcessId": "0x500"}],
    ),
    "hexadecimal against decimal": ({"ProcessId": "0x1F4"}, [TWO_HEX, {"ProcessId": 500}], [{"ProcessId": "1f4"}]),
    "a code of Windows by its meaning": (
        {"AccessList|contains": "WriteData"},
        [{"AccessList": "%%4417\n\t\t\t\t%%4424"}],
        [{"AccessList": "%%4416"}],
    ),
    "a code by itself": (
        {"AccessList|contains": "%%4417"},
        [{"AccessList": "%%4417\n\t\t\t\t%%4424"}],
        [{"AccessList": "%%4416"}],
    ),
    "a code among several": (
        {"AccessList": ["%%4417", "DELETE"]},
        [{"AccessList": "%%4417\n\t\t\t\t%%4424"}, {"AccessList": "%%1537"}],
        [{"AccessList": "%%4416"}],
    ),
    "Accesses is AccessList": (
        {"Accesses|contains": "WriteData"},
        [{"AccessList": "%%4417"}],
        [{"AccessList": "%%4416"}],
    ),
    "an elevated token": ({"ElevatedToken": "%%1842"}, [{"ElevatedToken": "%%1842"}], [{"ElevatedToken": "%%1843"}]),
    "an elevated token in words": (
        {"ElevatedToken": "Yes"},
        [{"ElevatedToken": "%%1842"}],
        [{"ElevatedToken": "%%1843"}],
    ),
    "a share by its name": ({"ShareName": "Admin$"}, [{"ShareName": "\\\\*\\ADMIN$"}], [{"ShareName": "\\\\*\\C$"}]),
    "a share as Windows writes it": (
        {"ShareName": "\\\\\\\\*\\\\ADMIN$"},
        [{"ShareName": "\\\\*\\ADMIN$"}],
        [{"ShareName": "\\\\*\\IPC$"}],
    ),
    "an address that is not there": ({"IpAddress": "-"}, [{"IpAddress": "-"}, {}], [{"IpAddress": "10.20.1.9"}]),
    "an audit that failed, by its number": (
        {"Keywords": "0x8010000000000000"},
        [{"Keywords": "0x8010000000000000"}, {"Keywords": "Audit Failure"}, {"Keywords": "-9218868437227405312"}],
        [{"Keywords": "0x8020000000000000"}, {"Keywords": "Audit Success"}, {}],
    ),
    "an audit that failed, in words": (
        {"Keywords|contains": "failure"},
        [{"Keywords": "0x8010000000000000"}, {"Keywords": "Audit failure"}],
        [{"Keywords": "0x8020000000000000"}, {"Keywords": "0x4010000000000000"}],
    ),
    "no audit that succeeded": (
        {"Keywords|neq": "0x8020000000000000"},
        [{"Keywords": "0x8010000000000000"}, {}],
        [{"Keywords": "Audit Success"}, {"Keywords": "0x8020000000000000"}],
    ),
    "keywords that the log does not have": ({"Keywords": None}, [{}], [{"Keywords": "0x8010000000000000"}]),
    "names of fields in any case": (
        {"targetusername": "x", "ODD": "y"},
        [{"TargetUserName": "x", "odd": "Y"}],
        [{"TargetUserName": "x"}],
    ),
    "names of fields with blanks": ({"Threat_Name": "x"}, [{"Threat Name": "x"}], [{"Threat Name": "y"}]),
    "what the event says of itself": (
        {
            "EventID": 4688,
            "Channel": "Security",
            "Computer|startswith": "SRV01",
            "Provider_Name": "p",
            "Level": 2,
            "UserID": "S-1-5-18",
        },
        [{"EventID": 4688, "Provider_Name": "P", "Level": 2, "UserID": "S-1-5-18"}],
        [{"EventID": 4688, "Provider_Name": "P", "Level": 3, "UserID": "S-1-5-18"}],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_hits_and_misses(name):
    detection, good, bad = CASES[name]
    rules = loaded(rule(detection))
    assert rules.entries[0].state == "ready", rules.entries[0].problems
    assert hits(rules, [*good, *bad]) == set(range(1, len(good) + 1))


def test_a_number_is_not_matched_by_text_that_only_begins_so():
    assert hits(loaded(rule({"A": 3})), [{"A": "3x"}, {"A": "03"}, {"A": " 3 "}, {"A": "0x3"}]) == {2, 3, 4}


def test_a_pattern_that_the_engine_does_not_know_is_said_with_its_line():
    entry = one(rule({"A": "x", "B|re": "a(?=b)."}))
    assert entry.state == "failed"
    assert "a(?=b)." in entry.problems[0].text
    assert "RE2" in (entry.problems[0].mend or "")


def test_placeholders_are_filled_in_from_values():
    text = rule({"TargetUserName|expand": "%admins%", "A|expand|contains": "x%mark%y"})
    assert one(text).state == "needs values"
    rules = loaded(text, values={"admins": ("alice", "bo*"), "mark": ("1", "2")})
    events = [
        {"TargetUserName": "ALICE", "A": "-x1y-"},
        {"TargetUserName": "carol", "A": "x1y"},
        {"TargetUserName": "alice", "A": "x3y"},
    ]
    assert hits(rules, events) == {1}


def test_placeholders_have_any_number_of_values_with_wildcards_and_also_in_patterns():
    many = {"users": (*(f"user{i}" for i in range(500)), "adm.*"), "dot": (".",)}
    rules = loaded(rule({"TargetUserName|expand|cased": "%users%", "A|re|expand": "^a%dot%b$"}), values=many)
    assert rules.entries[0].state == "ready", rules.entries[0].problems
    events = [{"TargetUserName": name, "A": "a.b"} for name in ("user499", "adm.x", "USER1", "user500")]
    assert hits(rules, [*events, {"TargetUserName": "user1", "A": "axb"}]) == {1, 2}
