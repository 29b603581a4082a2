"""Logons joined with processes, as people write it for SIEMs, against a join written in Python."""

from __future__ import annotations

import random
import re
from datetime import datetime

import pytest

from hopwatch.hunt.explain import explained
from hopwatch.hunt.plan import Asked
from tests.hunt.world import START, Log, asking, stored

QUERY = """EventID:4624 AND LogonType:3 AND TargetUserName:*
| join kind=inner (
  EventID:4688 AND (ProcessName:"cmd.exe" OR ProcessName:"psexec.exe" OR ProcessName:"wmic.exe")
) on Computer
| where datetime_diff("minute", TimeGenerated, TimeGenerated1) <= 5
"""
PATHS = (
    r"C:\Windows\System32\cmd.exe", r"C:\Windows\System32\CMD.EXE", r"C:\Tools\PsExec.exe", "wmic.exe", r"C:\Windows\notcmd.exe",  # noqa: E501
    r"C:\Windows\System32\wbem\WMIC.exe", r"C:\cmd.exe\other.exe", r"C:\Windows\explorer.exe",
)  # fmt: skip
NAMES = ("cmd.exe", "psexec.exe", "wmic.exe")


def busy_log() -> Log:
    """Logons and processes of three hosts over an hour, some exactly at the turn of a minute."""
    chance = random.Random(7)
    log = Log()
    for _ in range(60):
        host, at = f"srv{chance.randint(1, 3):02}", chance.choice((chance.uniform(0, 60), float(chance.randint(0, 60))))
        log.logon(
            host, at, user=chance.choice(("adm.keller", "m.huber", "")), LogonType=chance.choice(("3", "3", "2", "10"))
        )
        log.process(host, chance.uniform(0, 60), chance.choice(PATHS))
    log.add(4688, "srv01", 3, channel="Application", NewProcessName="cmd.exe")
    return log


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("joined")
    log = busy_log()
    store = stored(log, folder)
    return log, asking(store, folder)


def minute(text: str) -> int:
    """The number of the minute that a time lies in."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((time - START.replace(hour=0)).total_seconds() // 60)


def pairs(log: Log, low: float, high: float) -> list[tuple[int, int]]:
    """The pairs of records that the query means: minutes crossed from the process to the logon, sign and all."""
    events = [(r["Event"]["System"], r["Event"]["EventData"]) for r in log.records]
    logons = [s for s, d in events if s["EventID"] == 4624 and d["LogonType"] == "3" and d["TargetUserName"]]
    begun = [
        s for s, d in events if s["EventID"] == 4688 and s["Channel"] == "Security"
        and re.split(r"[\\/]", d["NewProcessName"])[-1].lower() in NAMES
    ]  # fmt: skip
    when = lambda s: minute(s["TimeCreated"]["#attributes"]["SystemTime"])  # noqa: E731
    return sorted(
        (a["EventRecordID"], b["EventRecordID"]) for a in logons for b in begun
        if a["Computer"] == b["Computer"] and low <= when(a) - when(b) <= high
    )  # fmt: skip


def found(asking, text: str) -> list[tuple[int, int]]:
    return sorted((row["EventRecordId"], row["EventRecordId1"]) for row in asking.rows(text))


def test_the_query_runs_verbatim_and_gives_the_pairs_of_a_join_written_in_python(world):
    log, asking = world
    expected = pairs(log, float("-inf"), 5)
    assert len(expected) > 100
    assert found(asking, QUERY) == expected


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ('datetime_diff("minute", TimeGenerated, TimeGenerated1) between (-5 .. 0)', -5, 0),
        ('abs(datetime_diff("minute", TimeGenerated, TimeGenerated1)) <= 2', -2, 2),
        (
            'datetime_diff("minute", TimeGenerated1, TimeGenerated) >= 0 and datetime_diff("minute", TimeGenerated1, TimeGenerated) < 4',  # noqa: E501
            -3,
            0,
        ),
        (
            'datetime_diff("minute", TimeGenerated, TimeGenerated1) >= -1 and datetime_diff("minute", TimeGenerated, TimeGenerated1) <= 1',  # noqa: E501
            -1,
            1,
        ),
    ],
)
def test_a_bound_on_both_sides_joins_by_slots_of_time_and_gives_the_same_pairs(world, condition, low, high):
    log, asking = world
    text = QUERY[: QUERY.index("| where")] + f"| where {condition}"
    assert "hopwatch_slot" in (asking.plan(text).kql or "")
    assert found(asking, text) == pairs(log, low, high) != []


def test_a_bound_by_spans_gives_what_the_same_join_gives_without_slots(world):
    _, asking = world
    spans = QUERY[: QUERY.index("| where")] + "| where TimeGenerated1 between (TimeGenerated .. (TimeGenerated + 5m))"
    plain = (
        QUERY[: QUERY.index("| where")]
        + "| where TimeGenerated1 >= TimeGenerated | where TimeGenerated1 - TimeGenerated <= 5m"
    )
    assert "hopwatch_slot" in (asking.plan(spans).kql or "")
    assert "hopwatch_slot" not in (asking.plan(plain).kql or "")
    assert found(asking, spans) == found(asking, plain) != []


def test_a_bounded_join_does_not_make_all_pairs_of_a_host(tmp_path):
    log = Log()
    for i in range(400):
        log.logon("srv01", i * 10)
        log.process("srv01", i * 10 + 1, "cmd.exe")
    asks = asking(stored(log, tmp_path), tmp_path)
    bounded = (
        QUERY[: QUERY.index("| where")]
        + '| where datetime_diff("minute", TimeGenerated1, TimeGenerated) between (0 .. 5)'
    )
    before, _, _ = (asks.plan(bounded).kql or "").partition("\n| where datetime_diff")
    assert len(asks.rows(bounded)) == 400
    (made,) = asks.rows(before + "\n| count")
    assert 400 <= made["Count"] < 1200, "of 160,000 pairs of the host"


def test_every_row_keeps_the_pointers_to_both_records_also_through_a_projection(world):
    _, asking = world
    row = asking.rows(QUERY + "| project Computer, ProcessName1")[0]
    assert list(row) == ["Computer", "ProcessName1", "_record", "_record1"]
    assert re.search(r"events\.ndjson Security 4624 #\d+$", row["_record"])
    assert re.search(r"events\.ndjson Security 4688 #\d+$", row["_record1"])


def test_explain_names_what_is_likely_not_meant(world):
    _, asking = world
    said = explained(asking.con, Asked(QUERY), asking.plan(QUERY), asking.tables)
    warnings = " / ".join(said["warnings"])
    for word in (
        "one side",
        "hours later",
        "local logons are included",
        "ties the process to the session",
        "machine accounts",
    ):
        assert word in warnings
    tightened = said["tightened"]
    for word in ("admin_hosts", "rarely", "SessionId", "between (0 .. 5)", "leftanti (own)"):
        assert word in tightened


def test_the_tightened_form_runs_and_gives_a_part_of_the_pairs(tmp_path):
    log = Log()
    log.logon("srv01", 0, TargetLogonId="0x51000")
    hit = log.process("srv01", 1, r"C:\Windows\System32\cmd.exe", SubjectLogonId="0x51000")
    log.process("srv01", 1, r"C:\Windows\System32\cmd.exe", SubjectLogonId="0x62000")  # of another session
    log.process("srv01", 300, r"C:\Windows\System32\cmd.exe", SubjectLogonId="0x51000")  # hours later
    log.logon("srv02", 0, ip="127.0.0.1")  # local
    log.process("srv02", 1, r"C:\Windows\System32\cmd.exe")
    log.logon("srv03", 0, user="WS01$")  # a machine's
    log.process("srv03", 1, r"C:\Windows\System32\cmd.exe")
    for i in range(8):  # a host that everybody comes to
        log.logon("srv04", i, ip=f"10.20.1.{50 + i}", user=f"user{i}")
    log.process("srv04", 8, r"C:\Windows\System32\cmd.exe")
    asks = asking(stored(log, tmp_path), tmp_path)
    tightened = explained(asks.con, Asked(QUERY), asks.plan(QUERY), asks.tables)["tightened"]
    assert [row["EventRecordId1"] for row in asks.rows(tightened)] == [hit]
    assert len(asks.rows(QUERY)) > 10


def test_a_query_that_is_tight_already_gets_no_warning(world):
    _, asking = world
    tight = """SecurityEvent | where EventID == 4624 and LogonType == 3 and IpAddress != "127.0.0.1"
    | join kind=inner (SecurityEvent | where EventID == 4688) on Host, SessionId
    | where datetime_diff("minute", TimeGenerated1, TimeGenerated) between (0 .. 5)"""
    assert explained(asking.con, Asked(tight), asking.plan(tight), asking.tables)["warnings"] == []
