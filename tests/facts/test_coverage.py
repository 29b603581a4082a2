"""What logs could have shown is said as somebody who reads the events would say it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hopwatch.facts import survey as facts
from hopwatch.model.coverage import Coverage, Delay, HostCoverage, LegSight, Sight
from hopwatch.pipeline.coverage import coverage_in, coverage_of
from hopwatch.pipeline.logs import LogOptions
from tests.support.hops import RULES, store_of
from tests.support.worlds import SYSMON, created, event, explicit, flow, logon, process, service

HOUR = 3600.0


def covered(*events: dict[str, Any]) -> Coverage:
    """The coverage of events, with record ids that go on by one a channel unless the event brings one."""
    counts: dict[tuple[str, str], int] = {}
    for one in events:
        system = one["Event"]["System"]
        place = (system["Computer"], system["Channel"])
        counts[place] = counts.get(place, 0) + 1
        system["EventRecordID"] = system["EventRecordID"] or 1000 + counts[place]
    con = store_of(list(events))
    facts.prepare(con)
    facts.survey(con)
    return coverage_in(con, RULES, whole=True)


def host(found: Coverage, name: str) -> HostCoverage:
    return next(one for one in found.hosts if one.host == name)


def leg(found: Coverage, name: str, technique: str, of: str) -> LegSight:
    return next(t for t in host(found, name).techniques if t.technique == technique).legs[of]


def texts(found: Coverage) -> list[str]:
    return [spot.text for spot in found.blind]


def logons(name: str, count: int = 30, step: float = 120.0) -> list[dict[str, Any]]:
    return [logon(name, i * step, "alice", "10.20.0.1", 0x2000 + i) for i in range(count)]


def test_wmi_is_blind_where_neither_4688_nor_sysmon_1_was_collected():
    found = covered(*logons("srv02"))
    assert leg(found, "srv02", "wmi_exec", "logon").sight == Sight.SEEN
    assert leg(found, "srv02", "wmi_exec", "execution").sight == Sight.BLIND
    assert any("wmi_exec" in text and "SRV02" in text and "no 4688 and no Sysmon 1" in text for text in texts(found))


def test_a_kind_that_happens_now_and_then_is_unproven_where_its_log_is_collected():
    rows = [service("srv02", i * 60.0, f"Svc{i}", "C:\\Windows\\svc.exe", None) for i in range(5)]
    found = covered(*rows)
    assert leg(found, "srv02", "remote_service", "execution").sight == Sight.SEEN
    assert leg(found, "srv02", "remote_task", "execution").sight == Sight.BLIND
    found = covered(*logons("srv02"))
    assert leg(found, "srv02", "remote_service", "execution").sight == Sight.UNPROVEN


def test_a_short_capture_does_not_prove_that_a_constant_kind_is_off():
    found = covered(*logons("srv02", 3, 10.0))
    assert leg(found, "srv02", "wmi_exec", "execution").sight == Sight.UNPROVEN


def test_4688_without_command_line_and_parent_is_partial_and_says_so():
    rows = [
        created("srv02", i * 60.0, "C:\\Windows\\System32\\cmd.exe", "alice", 0x2000, (100 + i, 4)) for i in range(40)
    ]
    found = covered(*rows)
    assert host(found, "srv02").without_command_line == 40
    assert leg(found, "srv02", "wmi_exec", "execution").sight == Sight.PARTIAL
    assert any(text.startswith("SRV02: 4688 without command line (40 of 40)") for text in texts(found))
    more = process("srv02", 5.0, "C:\\Windows\\System32\\cmd.exe", "C:\\a.exe", "cmd", (5, 4))
    assert leg(covered(*rows, more), "srv02", "wmi_exec", "execution").sight == Sight.SEEN


def test_the_network_leg_is_seen_by_the_hosts_own_events():
    found = covered(*logons("srv02"), flow("srv02", 5.0, ("10.20.0.1", 51000, "10.20.0.2", 445), False))
    sight = leg(found, "srv02", "psexec", "network")
    assert sight.sight == Sight.SEEN
    assert sight.kinds == (f"{SYSMON}/3",)
    assert sight.missing == ("Security/5156",)


def test_a_gap_is_where_record_ids_jump_and_not_where_a_host_was_quiet():
    before, after = logons("srv02", 20), logons("srv02", 20)
    for i, one in enumerate([*before, *after]):
        one["Event"]["System"]["EventRecordID"] = i + 1
    for one in after:
        one["Event"]["System"]["TimeCreated"]["#attributes"]["SystemTime"] = "2026-01-05T15:00:00.000000Z"
    assert host(covered(*before, *after), "srv02").gaps == ()
    for one in after:
        one["Event"]["System"]["EventRecordID"] += 500
    [gap] = host(covered(*before, *after), "srv02").gaps
    assert gap.records == 500
    assert gap.channel == "Security"


def test_a_selection_of_records_is_no_row_of_gaps():
    rows = logons("srv02", 60)
    for i, one in enumerate(rows):
        one["Event"]["System"]["EventRecordID"] = 1 + 37 * i
    assert host(covered(*rows), "srv02").gaps == ()


def test_a_host_that_only_others_saw_is_silent():
    machine = logon("dc01", 5.0, "SRV03$", "10.20.0.3", 0x3001, 3, "Kerberos")
    found = covered(*logons("dc01"), machine)
    silent = host(found, "srv03")
    assert silent.events == 0
    assert silent.silent is not None
    assert all(one.sight == Sight.BLIND for t in silent.techniques for one in t.legs.values())
    assert any(text.startswith("SRV03: no log of it is here") for text in texts(found))


def test_a_host_that_stops_is_silent_and_one_that_sleeps_at_night_is_not():
    steady = logons("dc01", 1000, 120.0)
    stopped = logons("srv02", 120, 120.0)
    found = covered(*steady, *stopped)
    assert host(found, "srv02").silent is not None
    late = [logon("ws01", 20 * HOUR + i, "alice", "10.20.0.9", 0x5000 + i) for i in range(5)]
    assert host(covered(*steady, *late), "ws01").silent is None


def test_a_clock_is_off_by_what_the_other_end_saw():
    ends = [("10.20.0.1", 51000 + i, "10.20.0.2", 445) for i in range(6)]
    rows = [flow("ws01", i * 10.0, one, True) for i, one in enumerate(ends)]
    rows += [flow("srv02", i * 10.0 + 42.0, one, False) for i, one in enumerate(ends)]
    found = covered(*rows)
    assert host(found, "srv02").offset == pytest.approx(42.0)
    assert any("SRV02: its clock is 42 s ahead" in text for text in texts(found))


def test_networks_without_a_sensor_and_what_no_log_shows_are_named():
    found = covered(flow("ws01", 5.0, ("10.20.0.1", 51000, "10.20.0.2", 445), True))
    assert any("no network sensor: 10.20.0.0/24" in text for text in texts(found))
    assert any("SMB over QUIC" in text for text in texts(found))


def test_changes_of_what_is_audited_are_told():
    changed = event("srv02", "Security", 4719, 9.0, {"SubjectUserName": "alice", "SubcategoryGuid": "{0CCE922B}"})
    assert any("the audit policy was changed once" in text for text in host(covered(changed), "srv02").audit)


def test_no_events_are_no_error():
    assert covered().hosts == ()
    assert covered(explicit("ws01", 1.0, "alice", "srv02")).to_dict()["hosts"][0]["host"] == "ws01"


def forwarded(name: str, *seconds: float) -> list[dict[str, Any]]:
    """Logons as Winlogbeat ships them, each received so many seconds after it was written."""
    first = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    written = [first + timedelta(minutes=i) for i in range(len(seconds))]
    return [
        {
            "@timestamp": at.isoformat(), "event": {"created": (at + timedelta(seconds=late)).isoformat()},
            "winlog": {"channel": "Security", "event_id": 4624, "computer_name": name, "record_id": i + 1,
                       "event_data": {"LogonType": "3", "TargetUserName": "alice"}},
        }
        for i, (at, late) in enumerate(zip(written, seconds, strict=True))
    ]  # fmt: skip


def delays(*records: dict[str, Any]) -> Coverage:
    con = store_of(list(records))
    facts.prepare(con)
    facts.survey(con)
    return coverage_in(con, RULES, whole=True)


def test_the_time_that_forwarding_takes_is_told_by_its_median_and_its_worst():
    found = delays(*forwarded("srv02", 1.0, 2.0, 4.0, 9.0, 40.0))
    assert host(found, "srv02").delay == Delay(records=5, median=4.0, worst=40.0, late=0)
    assert not any("forwarding takes" in text for text in texts(found))
    assert host(covered(*logons("srv02")), "srv02").delay is None


def test_forwarding_that_a_live_correlation_would_not_wait_for_is_a_blind_spot():
    late = delays(*forwarded("srv02", *[2.0] * 40, 400.0, 900.0))
    assert any(
        "SRV02: forwarding takes 2 s (median), 15 min at worst; 2 of 42 records came later" in text
        for text in texts(late)
    )
    assert any(
        "SRV02: forwarding takes 90 s (median)" in text for text in texts(delays(*forwarded("srv02", *[90.0] * 9)))
    )
    once = delays(*forwarded("srv02", *[2.0] * 400, 900.0))
    assert host(once, "srv02").delay == Delay(401, 2.0, 900.0, 1)
    assert not any("forwarding takes" in text for text in texts(once))


def test_records_that_are_received_before_they_are_written_tell_of_a_wrong_clock():
    found = delays(*forwarded("srv02", *[-42.0] * 9))
    assert any("SRV02: records are dated 42 s after their receipt" in text for text in texts(found))


def conn(folder: Path, name: str, *ends: tuple[str, str], **more: object) -> None:
    """A Zeek conn.log in JSON with one SMB flow for each pair of ends."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"_path": "conn", "ts": 1767614400.0 + i, "uid": f"C{folder.parent.name}{folder.name}{i}", "id.orig_h": orig,
         "id.orig_p": 50000 + i, "id.resp_h": resp, "id.resp_p": 445, "proto": "tcp", "conn_state": "SF",
         "duration": 2.0, "orig_bytes": 900, "resp_bytes": 900, **more}
        for i, (orig, resp) in enumerate(ends)
    ]  # fmt: skip
    (folder / name).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


A, B, C = "10.20.1.1", "10.20.2.2", "10.20.2.3"
KNOWN = "host,ip\n" + "".join(f"h{i},{ip}\n" for i, ip in enumerate((A, B, C)))


def sensed(folder: Path) -> dict[str, dict[str, int]]:
    (folder / "assets.csv").write_text(KNOWN, encoding="utf-8")
    options = LogOptions(assets=folder / "assets.csv")
    return {net.network: net.sensors for net in coverage_of([folder], options).subnets}


def test_sensors_without_a_name_go_by_their_folders_also_where_both_saw_a_flow(tmp_path: Path):
    conn(tmp_path / "zeek" / "core" / "2026-01-05", "conn.12:00:00-13:00:00.log", (A, B), (A, C))
    conn(tmp_path / "zeek" / "cellar" / "current", "conn.log", (A, B))
    both = {"zeek cellar": 1, "zeek core": 1}
    assert sensed(tmp_path) == {"10.20.1.0/24": both, "10.20.2.0/24": both | {"zeek core": 2}}


def test_one_sensor_is_one_whatever_folders_its_logs_lie_in(tmp_path: Path):
    for day in ("2026-01-05", "2026-01-06", "current"):
        conn(tmp_path / "core" / day, "conn.log", (A, B))
    assert sensed(tmp_path) == {"10.20.1.0/24": {"zeek": 1}, "10.20.2.0/24": {"zeek": 1}}


def test_a_sensor_that_says_its_name_goes_by_it(tmp_path: Path):
    conn(tmp_path / "a", "conn.log", (A, B), _system_name="north")
    record = {"timestamp": "2026-01-05T12:30:00.0+0000", "event_type": "flow", "flow_id": 7, "host": "south",
              "src_ip": A, "src_port": 51000, "dest_ip": C, "dest_port": 445, "proto": "TCP",
              "flow": {"start": "2026-01-05T12:30:00.0+0000", "state": "closed", "pkts_toserver": 9, "pkts_toclient": 9,
                       "bytes_toserver": 2000, "bytes_toclient": 2000, "age": 1}}  # fmt: skip
    (tmp_path / "eve.json").write_text(json.dumps(record), encoding="utf-8")
    seen = sensed(tmp_path)
    assert seen["10.20.1.0/24"] == {"suricata south": 1, "zeek north": 1}
    assert seen["10.20.2.0/24"] == {"suricata south": 1, "zeek north": 1}


def test_a_sensor_at_the_edge_of_a_network_is_said_not_to_see_inside_it(tmp_path: Path):
    conn(tmp_path / "core", "conn.log", (A, B), (A, C))
    (tmp_path / "assets.csv").write_text(KNOWN, encoding="utf-8")
    options = LogOptions(assets=tmp_path / "assets.csv")
    edge = "no sensor saw a flow between two hosts of 10.20.2.0/24"
    assert [text for text in texts(coverage_of([tmp_path], options)) if text.startswith(edge)]
    conn(tmp_path / "core", "conn.log", (A, B), (B, C))
    assert not [text for text in texts(coverage_of([tmp_path], options)) if text.startswith(edge)]
