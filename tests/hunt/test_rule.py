"""A query about single events becomes a Sigma rule that finds the same events."""

from __future__ import annotations

import pytest
import yaml

from hopwatch.hunt.rule import rule_of
from hopwatch.model.errors import QueryError
from hopwatch.pipeline.cases import run_cases
from hopwatch.pipeline.rules import load
from tests.hunt.world import SYSMON, Log, asking, stored


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rule")
    log = Log()
    for i, path in enumerate(
        (r"C:\Windows\System32\cmd.exe", r"C:\a*b.exe", r"C:\Windows\explorer.exe", r"\\10.20.1.11\ADMIN$\x.exe")
    ):
        log.process("srv01", i, path, CommandLine=f"{path} /c {i}", SubjectUserName="WS01$" if i == 2 else "adm.keller")
    log.logon("srv01", 0)
    log.logon("srv02", 1, ip="192.168.1.1", LogonType="10")
    log.logon("srv02", 1, ip="-", user="")
    log.add(7045, "srv02", 4, channel="System", ServiceName="upd", ImagePath=r"\\10.20.1.11\ADMIN$\upd.exe")
    log.add(7045, "srv02", 5, channel="System", ServiceName="agent", ImagePath=r"C:\agent.exe")
    log.add(1, "srv03", 6, channel=SYSMON, Image=r"C:\Windows\System32\cmd.exe", CommandLine="cmd")
    return asking(stored(log, folder), folder), folder


QUERIES = (
    'EventID:4688 AND ProcessName:"cmd.exe"',
    r'EventID:4688 AND NewProcessName:"C:\a*b.exe"',
    "EventID:4688 AND NOT SubjectUserName:*$",
    "EventID:4688 AND (CommandLine:0 OR CommandLine:1) AND SubjectUserName:adm*",
    "EventID:4624 AND IpAddress:10.20.0.0/16",
    "EventID:4624 AND TargetUserName:*",
    "SecurityEvent | where EventID in (4624, 4625) and LogonType >= 10",
    'SecurityEvent | where EventID == 4688 and NewProcessName matches regex @"(?i)\\\\admin\\$\\\\" | project Computer',
    r'System | where EventID == 7045 and (ImagePath startswith @"\\" or ServiceName in~ ("psexesvc", "x")) | sort by TimeGenerated asc',  # noqa: E501
    'SecurityEvent | where EventID == 4688 | where SubjectUserName !endswith "$" and SubjectUserName != "x"',
    'Sysmon | where EventID == 1 and Image has "cmd.exe"',
)


@pytest.mark.parametrize("text", QUERIES)
def test_the_rule_finds_the_events_of_the_query_and_passes_its_own_cases(world, text):
    asks, folder = world
    file = folder / "rule.yml"
    file.write_text(rule_of(asks.con, asks.plan(text), asks.tables, "a-hunt"), "utf-8")
    rules = load([file])
    assert [problem.text for entry in rules.entries for problem in entry.problems if problem.fatal] == []
    results = run_cases(rules)
    assert [result.passed for result in results] == [True, True], results
    expected = {row["_record"] for row in asks.rows(text)}
    other = type(asks)(asks.con.cursor(), asks.tables)
    from hopwatch.hunt.limits import limits
    from hopwatch.hunt.worker import opened

    other = type(asks)(*opened(str(folder / "events.store"), limits(), str(folder)))
    assert {row["_record"] for row in other.rows(str(file), "sigma")} == expected != set()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SecurityEvent | where EventID == 4624 | summarize count() by Computer", "summarize"),
        ("SecurityEvent | where EventID == 4624 | join kind=inner (SecurityEvent) on Computer", "join"),
        ("hops | where score > 50", "no field for score"),
        ("TargetUserName:x", "know its log"),
        ('SecurityEvent | where EventID == 4624 and Account == "x"', "no field for Account"),
        ("SecurityEvent | where EventID == 4624 and TimeGenerated > ago(1d)", "no form|no field"),
        ("SELECT 1", "in sql"),
        ("SecurityEvent | take 5", "needs a condition"),
    ],
)
def test_a_query_that_is_no_signal_is_refused_with_the_reason(world, text, why):
    asks, _ = world
    with pytest.raises(QueryError, match=why):
        rule_of(asks.con, asks.plan(text), asks.tables, "x")


def test_a_rule_bears_what_the_rules_of_hopwatch_bear(world):
    asks, _ = world
    rule = yaml.safe_load(
        rule_of(asks.con, asks.plan('EventID:4688 AND ProcessName:"cmd.exe"'), asks.tables, "cmd-in-session")
    )
    assert rule["title"] == "Cmd in session"
    assert rule["logsource"] == {"product": "windows", "service": "security"}
    assert rule["tags"] == ["attack.lateral-movement"]
    assert [list(case)[1] for case in rule["cases"]] == ["hit", "miss"]
