"""Searches in Lucene's and Kibana's languages find what they say."""

from __future__ import annotations

import pytest

from hopwatch.hunt.terms import Join, Term, parse, terms
from tests.hunt.world import SYSMON, Log, asking, stored


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    log = Log()
    log.logon("srv01", 0)  # 1000
    log.logon("srv02", 1, user="m.huber", ip="192.168.7.9", LogonType="10")  # 1001
    log.process("srv01", 2, r"C:\Windows\System32\cmd.exe", CommandLine=r"cmd.exe /c whoami > C:\out.txt")  # 1002
    log.process("srv01", 3, r"D:\tools\mycmd.exe", CommandLine="mycmd -x *")  # 1003
    log.add(7045, "srv02", 4, channel="System", ServiceName="upd", ImagePath=r"\\10.20.1.11\ADMIN$\upd.exe")  # 1004
    log.add(
        10,
        "srv02",
        5,
        channel=SYSMON,
        SourceImage=r"C:\a.exe",
        TargetImage=r"C:\Windows\lsass.exe",
        CallTrace="UNKNOWN(1)",
    )  # 1005
    log.add(4625, "srv03", 60 * 24, TargetUserName="adm.keller", IpAddress="10.20.9.9", LogonType="3")  # 1006
    return asking(stored(log, folder), folder)


CASES = {
    "EventID:4624": [1000, 1001],
    "EventID:4624 AND LogonType:3": [1000],
    "EventID:4624 AND NOT LogonType:3": [1001],
    "EventID:(4624 OR 4625) AND TargetUserName:adm.keller": [1000, 1006],
    "EventID:[4620 TO 4624]": [1000, 1001],
    "EventID:{4624 TO 4689}": [1002, 1003, 1006],
    "EventID:>=7045": [1004],
    "EventID:46* AND LogonType:*": [1000, 1001, 1006],
    'ProcessName:"cmd.exe"': [1002],
    "ProcessName:*cmd.exe": [1002, 1003],
    r'ProcessName:"C:\Windows\System32\cmd.exe"': [1002],
    r"ProcessName:C\:\\Windows\\*": [1002],
    r'NewProcessName:"System32\cmd.exe"': [],
    "CommandLine:whoami": [1002],
    r"CommandLine:mycmd\ -x\ \*": [1003],
    "CommandLine:/.*who(am)?i.*/": [1002],
    "IpAddress:10.20.0.0/16": [1000, 1006],
    "TimeGenerated:2026-03-11": [1006],
    "TimeGenerated:[2026-03-10 TO 2026-03-10]": [1000, 1001, 1002, 1003, 1004, 1005],
    '@timestamp:>"2026-03-10T08:04:30Z"': [1005, 1006],
    "CallTrace:UNKNOWN*": [1005],
    "winlog.event_data.CallTrace:*": [1005],
    "whoami": [1002],
    r'"ADMIN$\upd"': [1004],
    "+EventID:4624 -TargetUserName:m.huber": [1000],
    "TargetUserName:m.huber TargetUserName:adm.keller": [1000, 1001, 1006],
    "eventid:4624^2 && computer:srv01*": [1000],
    "event.code: 4688 and process.name: cmd.exe": [1002],
    "event.code: (4688 or 7045) and not host.name: srv01*": [1004],
    "winlog.event_id > 4688 and winlog.channel: System": [1004],
    "source.ip: 192.168.*": [1001],
    "NOT EventID:(4624 OR 4625 OR 4688)": [1004, 1005],
}


@pytest.mark.parametrize("text", CASES)
def test_a_search_finds_its_events(world, text):
    assert world.numbers(text) == CASES[text]


def test_a_search_can_be_a_stage_anywhere_in_a_query(world):
    assert world.numbers("SecurityEvent | where EventID == 4624 | TargetUserName:adm*") == [1000]
    assert world.numbers("SecurityEvent | where EventID:4624 AND LogonType:10") == [1001]
    assert (
        world.rows("EventID:4624 | summarize n = count() by Computer | sort by Computer asc | Computer:srv02*")[0]["n"]
        == 1
    )


def test_a_search_is_over_the_table_that_is_named(world):
    found = world.rows("target_host:srv* AND technique:*", table="hops")
    assert {row["account"] for row in found} == {"adm.keller", "m.huber"}
    assert world.rows("target_host:srv* AND score:>100", table="hops") == []
    assert len(world.rows("AccountName:adm.keller AND LogonType:Network", table="DeviceLogonEvents")) == 2


def test_kibana_reads_words_side_by_side_as_values_of_one_field():
    node = parse("user.name: keller huber", kibana=True).node
    assert isinstance(node, Join)
    assert [(t.field, t.value) for t in terms(node)] == [
        ("user.name", "keller"),
        ("user.name", "huber"),
    ]
    assert [t.field for t in terms(parse("user.name: keller huber").node)] == ["user.name", None]


def test_conditions_side_by_side_are_remarked_upon(world):
    assert "write AND" in world.plan("EventID:4624 LogonType:3").notes[0]
    assert world.plan("EventID:4624 AND LogonType:3").notes == ()


def test_a_backslash_before_a_letter_is_one_of_a_path():
    node = parse(r'Image:"C:\Windows\x.exe"').node
    assert isinstance(node, Term)
    assert node.value == r"C:\Windows\x.exe"
