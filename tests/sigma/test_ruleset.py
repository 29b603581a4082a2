"""Loading rules: collections, templates, filters, what is loose, what is wrong and where, and the cache."""

import random
import string
import textwrap
import time

import pytest
import yaml

from hopwatch.model.errors import InputError
from hopwatch.sigma import ruleset
from hopwatch.sigma.ruleset import load_rules
from hopwatch.store.columns import schema_columns
from tests.sigma.world import found, hits, loaded, one, rule

LOOSE = r"""
title: Suspicious SMB Lateral Movement
logsource:
  product: windows
  category: process_creation
selection:
  Image|endswith:
    - "\\cmd.exe"
    - "\\psexec.exe"
    - "\\wmic.exe"
  ParentImage|endswith:
    - "\\services.exe"
condition: selection
"""


def said(entry):
    return [(problem.line, problem.text) for problem in entry.problems]


def text(body):
    return textwrap.dedent(body).lstrip("\n")


def test_a_rule_without_detection_loads_and_runs_and_says_what_to_mend():
    rules = loaded(LOOSE.lstrip("\n"))
    [entry] = rules.entries
    assert entry.state == "ready"
    problems = dict(said(entry))
    assert problems[5] == "`detection` is missing"
    told = " ".join(f"{p.text} {p.mend}" for p in entry.problems)
    assert "PSEXESVC.exe" in told
    assert "WmiPrvSE.exe" in told
    events = [
        {
            "EventID": 4688,
            "NewProcessName": "C:\\Windows\\System32\\cmd.exe",
            "ParentProcessName": "C:\\Windows\\services.exe",
        },
        {
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "EventID": 1,
            "Image": "C:\\PSEXEC.exe",
            "ParentImage": "C:\\services.exe",
        },
        {"EventID": 4688, "NewProcessName": "C:\\cmd.exe", "ParentProcessName": "C:\\explorer.exe"},
    ]
    assert hits(rules, events) == {1, 2}


LOG = "logsource: {product: windows, service: security}"
MENDED = {
    "the condition is missing": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\n",
        3,
        "`condition` is missing",
    ),
    "the condition stands beside detection": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\ncondition: s\n",
        5,
        "`condition` stands",
    ),
    "the logsource is missing": (
        "title: x\nproduct: windows\nservice: security\ndetection:\n  s: {A: x}\n  condition: s\n",
        2,
        "`logsource` is missing",
    ),
    "operators in capitals": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\n  f: {B: y}\n  condition: s AND NOT f\n",
        6,
        "condition 's AND NOT f'",
    ),
    "a pattern without 1 of": (
        "title: x\n@LOG\ndetection:\n  s_1: {A: x}\n  condition: s_*\n",
        5,
        "condition 's_*'",
    ),
    "a modifier that is nearly one": (
        "title: x\n@LOG\ndetection:\n  s:\n    A|Starts_With: x\n  condition: s\n",
        5,
        "modifier 'Starts_With'",
    ),
    "tabs": (
        "title: x\nlogsource:\n\tproduct: windows\n\tservice: security\ndetection:\n\ts: {A: x}\n\tcondition: s\n",
        3,
        "tabs",
    ),
    "a backslash between double quotes": (
        'title: x\n@LOG\ndetection:\n  s: {A|contains: "\\Windows\\x", B: z}\n  f: {A: x}\n  condition: s or f\n',
        4,
        "backslash",
    ),
    "typographic quotes": (
        "title: x\n@LOG\ndetection:\n  s: {A: “x”, \u2018B\u2019: [y}\n".replace(", \u2018B\u2019: [y", "")
        + "  condition: s\n# “\n```\n",
        7,
        "fence",
    ),
    "a Markdown fence": (
        "```yaml\ntitle: x\n@LOG\ndetection:\n  s: {A: x}\n  condition: s\n```\n",
        1,
        "fence",
    ),
    "no title": (
        "@LOG\ndetection:\n  s: {A: x}\n  condition: s\n",
        1,
        "`title` is missing",
    ),
    "an id that is none": (
        "title: x\nid: my-rule\n@LOG\ndetection:\n  s: {A: x}\n  condition: s\n",
        2,
        "id 'my-rule'",
    ),
    "a level that is none": (
        "title: x\n@LOG\nlevel: severe\ndetection:\n  s: {A: x}\n  condition: s\n",
        3,
        "level 'severe'",
    ),
    "a date that is none": (
        "title: x\ndate: yesterday\n@LOG\ndetection:\n  s: {A: x}\n  condition: s\n",
        2,
        "date",
    ),
    "a tag without a namespace": (
        "title: x\ntags: [T1021]\n@LOG\ndetection:\n  s: {A: x}\n  condition: s\n",
        2,
        "tag 'T1021'",
    ),
    "null where a modifier reads text": (
        "title: x\n@LOG\ndetection:\n  s:\n    A|contains: [x, null]\n  condition: s\n",
        5,
        "null below A|contains is no text",
    ),
    "values that begin with a star": (
        "title: x\n@LOG\ndetection:\n  s:\n    A:\n      - *x   # or so\n      - *it's\n  condition: s\n",
        6,
        "begins with *",
    ),
    "a value that begins with an at sign": (
        "title: x\nauthor: @someone\n@LOG\ndetection:\n  s: {A: x}\n  condition: s\n",
        2,
        "begins with @",
    ),
    "a category that is not known beside a service that is": (
        "title: x\nlogsource:\n  product: windows\n  category: object_access\n  service: security\n"
        "detection:\n  s: {A: x}\n  condition: s\n",
        2,
        "category object_access is not known",
    ),
    "a key that stands twice": (
        "title: x\n@LOG\ndetection:\n  s:\n    A: y\n    A: x\n  condition: s\n",
        6,
        "'A' stands here twice",
    ),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_is_loose_is_mended_and_said_with_its_line(name):
    body, line, words = MENDED[name]
    body = body.replace("@LOG", LOG)
    rules = loaded(body)
    [entry] = rules.entries
    assert entry.state == "ready", said(entry)
    assert [n for n, told in said(entry) if words in told] == [line]
    assert hits(rules, [{"A": "x"}, {"A": "q"}]) == {1}


WRONG = {
    "no YAML": ("title: [x\n", 2, "not YAML"),
    "no mapping": ("- title\n", 1, "mapping"),
    "no logsource": ("title: x\ndetection:\n  s: {A: x}\n  condition: s\n", 1, "log source"),
    "no detection": ("title: x\n@LOG\n", 1, "detection"),
    "an unknown selection": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\n  condition: s and t\n",
        5,
        "'t'",
    ),
    "a selector that selects nothing": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\n  condition: 1 of t*\n",
        5,
        "1 of t*",
    ),
    "an unknown modifier": (
        "title: x\n@LOG\ndetection:\n  s:\n    A|sideways: x\n  condition: s\n",
        5,
        "sideways",
    ),
    "an unknown service": (
        "title: x\nlogsource: {product: windows, service: securty}\ndetection:\n  s: {A: x}\n  condition: s\n",
        2,
        "securty",
    ),
    "an unknown log of Zeek": (
        "title: x\nlogsource: {product: zeek, service: conns}\ndetection:\n  s: {A: x}\n  condition: s\n",
        2,
        "conns",
    ),
    "a condition that looks for what is near": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\n  timeframe: 1m\n  condition: s | near t\n",
        6,
        "`near` is of an older",
    ),
    "a condition that counts without a time span": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\n  condition: s | count() by A > 3\n",
        5,
        "has no `timeframe`",
    ),
    "a network that is none": (
        "title: x\n@LOG\ndetection:\n  s: {A|cidr: 10.0.0.0/99}\n  condition: s\n",
        3,
        "10.0.0.0/99",
    ),
    "an empty selection": (
        "title: x\n@LOG\ndetection:\n  s: {}\n  condition: s\n",
        3,
        "empty",
    ),
    "a hopwatch block of another form": (
        "title: x\n@LOG\ndetection:\n  s: {A: x}\n  condition: s\nhopwatch: {leg: arm}\n",
        None,
        "leg",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_line_and_stops_nothing_else(name):
    body, line, words = WRONG[name]
    body = body.replace("@LOG", LOG)
    rules = loaded(rule({"A": "x"}), body, rule({"B": "y"}))
    assert [entry.state for entry in rules.entries] == ["ready", "failed", "ready"]
    [problem] = [problem for problem in rules.entries[1].problems if problem.fatal]
    assert words in problem.text
    assert line is None or problem.line == line
    assert hits(rules, [{"A": "x"}, {"B": "y"}]) == {1, 2}


def test_several_documents_and_a_template_for_all():
    rules = loaded(
        text("""
        action: global
        title: both
        logsource: {product: windows, service: security}
        detection:
          condition: s
        ---
        detection:
          s: {A: x}
        ---
        title: the second
        detection:
          s: {B: y}
        ---
        action: reset
        ---
        title: the third
        logsource: {product: windows, service: system}
        detection:
          s: {A: x}
          condition: s
        """)
    )
    assert [(entry.title, entry.line, entry.state) for entry in rules.entries] == [
        ("both", 7, "ready"),
        ("the second", 10, "ready"),
        ("the third", 16, "ready"),
    ]
    assert hits(rules, [{"A": "x"}, {"B": "y"}, {"C": "z"}]) == {1, 2}


def test_filters_narrow_the_rules_that_they_name():
    named = rule({"A": "x"}, name="mine", id="7b6f4b34-4a52-4f39-8f2a-0a2b5a2f6c11")
    other = rule({"A": "x", "B": "y"}, name="other")
    narrowing = text("""
        title: not from the scanner
        logsource: {product: windows, service: security}
        filter:
          rules: [mine]
          selection_ip: {IpAddress: 10.20.9.9}
          condition: not 1 of selection_*
        """)
    rules = loaded(named, narrowing, other)
    assert [entry.kind for entry in rules.entries] == ["rule", "filter", "rule"]
    events = [{"A": "x", "IpAddress": "10.20.9.9"}, {"A": "x"}, {"A": "x", "B": "y", "IpAddress": "10.20.9.9"}]
    assert hits(rules, events) == {2, 3}
    assert hits(loaded(named, narrowing.replace("[mine]", "any"), other), events) == {2}
    assert hits(loaded(named, other), events) == {1, 2, 3}, "without the filter the rule compiles anew"


def test_what_is_odd_in_form_is_no_reason_to_refuse_a_rule():
    entry = one(
        rule(
            {"A": "x"},
            related=[{"id": "none", "type": "odd"}],
            author=["a", "b"],
            references="one",
            fields="A",
            status="Testing",
            falsepositives="none",
            modified=2026,
            license=1,
            level="HIGH",
            custom={"a": 1},
        )
    )
    assert (entry.state, entry.level) == ("ready", "high")


def test_yaml_that_grows_without_end_is_refused():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    begin = time.perf_counter()
    assert one(bomb).state == "failed"
    assert time.perf_counter() - begin < 10


@pytest.mark.parametrize("seed", range(30))
def test_no_text_makes_loading_raise(seed):
    dice = random.Random(seed)
    base = list(LOOSE + rule({"A|re": "x", "B|cidr": "10.0.0.0/8", "C|base64": "y"}))
    for _ in range(dice.randrange(1, 40)):
        base[dice.randrange(len(base))] = dice.choice(string.printable + "\u2028\x00é")
    loaded("".join(base))


def test_a_path_that_does_not_exist_is_said():
    with pytest.raises(InputError, match="nowhere"):
        load_rules(["nowhere"], schema_columns())


def test_rules_are_compiled_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for i in range(5):
        (tmp_path / f"{i}.yml").write_text(rule({"A": f"x{i}"}), "utf-8")
    compiled = []
    real = ruleset._compiled
    monkeypatch.setattr(ruleset, "_compiled", lambda wanted, *rest: compiled.append(len(wanted)) or real(wanted, *rest))
    first = load_rules([tmp_path], schema_columns())
    assert load_rules([tmp_path], schema_columns()) == first
    (tmp_path / "3.yml").write_text(rule({"A": "new"}), "utf-8")
    load_rules([tmp_path], schema_columns())
    load_rules([tmp_path], schema_columns(), {"name": ("value",)})
    assert compiled == [5, 0, 1, 5], "placeholders are part of what a rule compiles to"


def test_a_damaged_cache_only_costs_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "a.yml").write_text(rule({"A": "x"}), "utf-8")
    first = load_rules([tmp_path / "a.yml"], schema_columns())
    [file] = (tmp_path / "cache/hopwatch").glob("*.sqlite")
    file.write_bytes(b"no database")
    assert load_rules([tmp_path / "a.yml"], schema_columns()) == first
    assert load_rules([tmp_path / "a.yml"], schema_columns()) == first


def test_many_rules_load_quickly_the_second_time(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for i in range(40):
        texts = [
            rule({"CommandLine|contains": [f"{i}-{n}-{k}" for k in range(12)]}, name=f"r{i}-{n}") for n in range(20)
        ]
        (tmp_path / f"{i}.yml").write_text("---\n".join(texts), "utf-8")
    load_rules([tmp_path], schema_columns())
    begin = time.process_time()
    assert len(load_rules([tmp_path], schema_columns()).entries) == 800
    assert time.process_time() - begin < 1


def test_a_condition_that_counts_becomes_a_correlation():
    body = text("""
        title: many failures
        level: high
        logsource: {product: windows, service: security}
        detection:
          s: {EventID: 4625}
          f: {IpAddress: '-'}
          timeframe: 1m
          condition: s and not f | count(TargetUserName) by IpAddress >= 3
        """)
    rules = loaded(body)
    assert [(entry.kind, entry.state) for entry in rules.entries] == [("rule", "ready"), ("correlation", "ready")]
    assert said(rules.entries[1]) == [(8, "a condition that counts is of an older specification")]
    spray = [{"EventID": 4625, "Time": i * 20, "IpAddress": "10.20.1.1", "TargetUserName": f"u{i}"} for i in range(3)]
    one_name = [{"EventID": 4625, "Time": i, "IpAddress": "10.20.1.2", "TargetUserName": "u"} for i in range(9)]
    nowhere = [{"EventID": 4625, "Time": i, "IpAddress": "-", "TargetUserName": f"u{i}"} for i in range(9)]
    [row] = found(rules, [*spray, *one_name, *nowhere])
    assert (row["title"], row["level"], row["group"]) == ("many failures", "high", {"IpAddress": "10.20.1.1"})


def test_two_versions_of_a_rule_that_counts_each_count_their_own():
    version = text("""
        title: many failures
        id: 0d7a5f6e-1111-4c1e-9f44-1b2c3d4e5f60
        name: many
        logsource: {product: windows, service: security}
        detection:
          s: {EventID: @ID}
          timeframe: 1m
          condition: s | count() by IpAddress > 2
        """)
    rules = loaded(version.replace("@ID", "4625"), version.replace("@ID", "4771"))
    assert {entry.state for entry in rules.entries} == {"ready"}
    events = [{"EventID": 4625, "Time": i, "IpAddress": "10.20.1.1"} for i in range(3)]
    events += [{"EventID": 4771, "Time": i, "IpAddress": "10.20.1.2"} for i in range(4)]
    rows = found(rules, events)
    assert [(row["rule"], row["group"]["IpAddress"], row["value"]) for row in rows] == [
        ("many", "10.20.1.1", 3),
        ("many", "10.20.1.2", 4),
    ]


def test_a_condition_counts_without_brackets_too():
    rules = loaded(
        text("""
        title: many
        logsource: {product: windows, service: security}
        detection:
          s: {EventID: 4688}
          timeframe: 1h
          condition: s | count by MachineName > 2
        """)
    )
    one_host = [{"EventID": 4688, "Computer": "srv01.corp.example"}] * 3
    [row] = found(rules, [*one_host, {"EventID": 4688, "Computer": "srv02.corp.example"}])
    assert row["group"] == {"MachineName": "srv01.corp.example"}


def test_a_field_and_null_alone_below_a_modifier_ask_for_absence():
    rules = loaded(rule({"A|contains": None, "B": "x"}))
    assert hits(rules, [{"B": "x"}, {"A": "", "B": "x"}]) == {1}


def test_hints_for_what_can_hardly_be_meant():
    source = {"product": "windows", "category": "process_creation"}
    cases = {
        "Image": ({"Image": "cmd.exe"}, "whole path"),
        "EventID": ({"EventID": 1, "Image|endswith": "\\x.exe"}, "keeps a rule"),
        "a network": ({"DestinationIp": ["10.0.0.0/8"]}, "as text"),
        "Message": ({"Message|contains": "x"}, "renders"),
        "Opcode": ({"Opcode": 1}, "does not store"),
    }
    for detection, words in cases.values():
        entry = one(
            yaml.safe_dump({"title": "x", "logsource": source, "detection": {"s": detection, "condition": "s"}})
        )
        assert entry.state == "ready"
        assert any(words in told for _, told in said(entry))
