"""What `lab simulate` promises: the same seed, the same files; formats that can be read; clear refusals."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import orjson
import pytest

from hopwatch.lab.attacks import WAYS
from hopwatch.lab.build import Size, build
from hopwatch.lab.simulate import Options, simulate
from hopwatch.lab.verify import truth_of, verify
from hopwatch.lab.write import FORMATS
from hopwatch.model.errors import InputError
from hopwatch.pipeline.scan import scan

NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"


def small(out, **about):
    return Options(out, **{"workstations": 12, "servers": 8, "days": 1, "noise": 0.3, **about})


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A day of a small organisation with every attack, in several formats."""
    out = tmp_path_factory.mktemp("world")
    simulate(small(out, formats=("winlogbeat", "xml", "zeek", "suricata")))
    return out


@pytest.fixture(scope="module")
def verdict(world):
    return verify(world)


def test_the_evidence_of_every_attack_is_there_and_consistent(verdict):
    assert verdict.problems == []
    assert verdict.found == verdict.evidence > 500


@pytest.mark.parametrize("name", WAYS)
def test_every_attack_moves_and_leaves_evidence(world, name):
    hops = [hop for hop in truth_of(world)["hops"] if hop["campaign"] == name]
    assert hops
    assert any(hop["evidence"] for hop in hops)
    assert all({"source", "target", "account", "technique", "time", "evidence"} <= set(hop) for hop in hops)


def test_events_as_xml_alone_give_the_hops_of_the_same_events_from_winlogbeat(tmp_path):
    for name in ("xml", "winlogbeat"):
        simulate(small(tmp_path / name, formats=(name,)))
        assert verify(tmp_path / name).problems == []
    (log,) = (tmp_path / "xml" / "windows").iterdir()
    log.write_bytes(
        re.sub(rb"(SystemTime='[^'.]*\.\d{3})\d{4}", rb"\1", log.read_bytes())
    )  # as winlogbeat writes times
    xml, winlogbeat = (
        [without_files(hop) for hop in scan([tmp_path / n / "windows"]).hops] for n in ("xml", "winlogbeat")
    )
    assert len(xml) > 20
    assert xml == winlogbeat


def without_files(hop):
    return orjson.loads(re.sub(rb'"file":"[^"]*"', b'"file":""', orjson.dumps(hop.to_dict())))


@pytest.fixture(scope="module")
def half_seen(tmp_path_factory):
    """A day of an organisation whose core sensor loses what goes to one network."""
    out = tmp_path_factory.mktemp("half")
    seed = next(s for s in range(1, 30) if any(sensor.blind == "clients2" for sensor in world_of(s).sensors))
    simulate(small(out, seed=seed, formats=("winlogbeat", "zeek-json", "suricata")))
    return out


def world_of(seed):
    return build(Size(12, 8), seed, 1_772_409_600.0, 1_772_496_000.0)


def test_a_sensor_that_loses_a_direction_sees_no_bytes_of_it_and_no_protocol(half_seen):
    conns = [orjson.loads(line) for line in (next((half_seen / "zeek/core").glob("conn-*"))).read_bytes().splitlines()]
    lost = [c for c in conns if c["conn_state"] in ("SHR", "SH", "OTH")]
    assert {"SHR", "SH"} <= {c["conn_state"] for c in lost if c["proto"] == "tcp"}
    assert all((c["orig_bytes"] == 0) != (c["resp_bytes"] == 0) and "service" not in c for c in lost)
    uids = {c["uid"] for c in lost}
    others = [f for f in (half_seen / "zeek/core").iterdir() if not f.name.startswith("conn-")]
    assert not uids & {orjson.loads(line).get("uid") for f in others for line in f.read_bytes().splitlines()}


def test_evidence_is_found_also_where_a_sensor_lost_a_direction(half_seen):
    assert verify(half_seen).problems == []


def test_a_flow_that_no_sensor_wrote_is_missed(half_seen, tmp_path):
    truth = truth_of(half_seen)
    piece = next(p for hop in truth["hops"] for p in hop["evidence"] if p["leg"] == "network" and "uid" in p)
    shutil.copytree(half_seen, tmp_path / "copy")
    for file in (tmp_path / "copy" / "zeek" / piece["sensor"]).iterdir():
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(line for line in lines if piece["uid"].encode() not in line))
    assert any(piece["orig"] in problem for problem in verify(tmp_path / "copy").problems)


def test_clocks_differ_by_up_to_a_minute_and_controllers_hardly():
    hosts = [host for seed in range(1, 6) for host in world_of(seed).hosts]
    assert any(abs(host.offset) > 5 for host in hosts)
    assert all(abs(host.offset) <= 60 for host in hosts)
    assert all(abs(host.offset) <= 2 for host in hosts if host.role == "dc")


def test_events_come_mixed_late_and_sometimes_twice(world):
    keys, arrival = [], []
    for file in sorted((world / "windows").glob("*.ndjson")):
        for line in file.read_bytes().splitlines():
            event = orjson.loads(line)
            keys.append((event["host"]["name"], event["winlog"]["channel"], event["winlog"]["record_id"]))
            arrival.append(event["@timestamp"])
    assert 0 < len(keys) - len(set(keys)) < 0.01 * len(keys)
    late = sum(a > b for a, b in pairwise(arrival))
    assert late > 0.05 * len(arrival)


def test_an_event_that_is_taken_away_is_missed(world, tmp_path):
    truth = truth_of(world)
    piece = next(p for hop in truth["hops"] for p in hop["evidence"] if p["leg"] == "logon")
    (tmp_path / "truth.json").write_bytes(orjson.dumps(truth))
    (tmp_path / "windows").mkdir()
    for file in (world / "windows").glob("*.ndjson"):
        lines = file.read_bytes().splitlines(keepends=True)
        mark = f'"record_id":{piece["record_id"]}'.encode()
        (tmp_path / "windows" / file.name).write_bytes(b"".join(line for line in lines if mark not in line))
    problems = verify(tmp_path).problems
    assert any(f"record {piece['record_id']} is not there" in problem for problem in problems)


def test_the_same_seed_gives_the_same_files(tmp_path):
    first, second, other = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    about = {"workstations": 6, "servers": 5, "attacks": ("psexec", "wmiexec"), "formats": ("winlogbeat", "zeek-json")}
    simulate(small(first, **about))
    simulate(small(second, **about))
    simulate(small(other, **about, seed=2))
    assert contents(first) == contents(second)
    assert contents(first)["truth.json"] != contents(other)["truth.json"]


def test_attacks_do_not_change_what_is_planned_of_everyday_work(tmp_path):
    quiet, loud = tmp_path / "quiet", tmp_path / "loud"
    about = {"workstations": 6, "servers": 5, "formats": ("winlogbeat",)}
    simulate(small(quiet, **about, attacks=()))
    simulate(small(loud, **about, attacks=("sc",)))
    assert truth_of(quiet) == {"hops": [], "campaigns": []}
    kinds = [Counter(line.split(b'"code":"')[1][:4] for line in lines(folder)) for folder in (quiet, loud)]
    assert sum((kinds[0] - kinds[1]).values()) < 0.01 * sum(kinds[0].values())


def lines(folder):
    return [line for file in sorted((folder / "windows").iterdir()) for line in file.read_bytes().splitlines()]


def test_event_xml_says_what_winlogbeat_says(world):
    winlogbeat = {}
    for line in (line for file in (world / "windows").glob("*.ndjson") for line in file.read_bytes().splitlines()):
        record = orjson.loads(line)["winlog"]
        key = (record["computer_name"], record["channel"], record["record_id"])
        winlogbeat[key] = record.get("event_data") or record["user_data"]
    xml = {}
    for file in (world / "windows").glob("*.xml"):
        for event in ET.parse(file).getroot():
            xml |= [read_xml(event)]
    assert xml == winlogbeat


def read_xml(event):
    system = event.find(f"{NAMESPACE}System")
    computer, channel = (system.find(f"{NAMESPACE}{name}").text for name in ("Computer", "Channel"))
    record = int(system.find(f"{NAMESPACE}EventRecordID").text)
    data = event.find(f"{NAMESPACE}EventData")
    if data is not None:
        return (computer, channel, record), {item.get("Name"): item.text or "" for item in data}
    inner = event.find(f"{NAMESPACE}UserData")[0]
    return (computer, channel, record), {item.tag.removeprefix(NAMESPACE): item.text or "" for item in inner}


def test_record_ids_rise_with_time_on_every_host_and_channel(world):
    seen = {}
    for line in (line for file in (world / "windows").glob("*.ndjson") for line in file.read_bytes().splitlines()):
        event = orjson.loads(line)
        record = event["winlog"]
        seen.setdefault((record["computer_name"], record["channel"]), {})[record["record_id"]] = event["@timestamp"]
    for times in seen.values():
        ordered = [times[number] for number in sorted(times)]
        assert ordered == sorted(ordered)
        assert sorted(times) == list(range(min(times), max(times) + 1))


def test_zeek_and_suricata_saw_the_same_flows(world):
    zeek = set()
    for file in (world / "zeek").rglob("conn-*.log"):
        rows = [line.split("\t") for line in file.read_text().splitlines() if not line.startswith("#")]
        zeek |= {(file.parent.name, row[2], int(row[3]), row[4], int(row[5])) for row in rows}
    eve = [
        (file, orjson.loads(line)) for file in (world / "suricata").iterdir() for line in file.read_bytes().splitlines()
    ]
    flows = {
        (file.name.split("-eve-")[0], r["src_ip"], r["src_port"], r["dest_ip"], r["dest_port"])
        for file, r in eve
        if r["event_type"] == "flow"
    }
    assert {sides(*flow) for flow in zeek} == {sides(*flow) for flow in flows}
    assert {r["event_type"] for _, r in eve} == {"flow", "dns", "dhcp", "http", "krb5", "smb", "dcerpc"}


def sides(sensor, *ends):
    """A flow without saying which end asked: sensors that lose a direction may take one for the other."""
    return sensor, frozenset([ends[:2], ends[2:]])


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"attacks": ("psexec", "telepathy")}, "telepathy"),
        ({"formats": ("winlogbeat", "parquet")}, "parquet"),
        ({"formats": ("zeek", "zeek-json")}, "choose one"),
        ({"start": "tomorrow"}, "tomorrow"),
        ({"workstations": 1}, "--workstations 1"),
        ({"days": 0}, "--days 0"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence_before_anything_is_written(tmp_path, about, words):
    with pytest.raises(InputError, match=words):
        simulate(replace(small(tmp_path / "new"), **about))
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_else_is_left_alone_and_an_earlier_simulation_is_replaced(tmp_path):
    (tmp_path / "precious.txt").write_text("do not delete")
    with pytest.raises(InputError, match="something else"):
        simulate(small(tmp_path))
    assert (tmp_path / "precious.txt").read_text() == "do not delete"
    out = tmp_path / "lab"
    about = {"workstations": 4, "servers": 4, "attacks": (), "noise": 0.0}
    simulate(small(out, **about))
    simulate(small(out, **about, formats=("xml",)))
    assert not (out / "zeek").exists()
    assert {path.suffix for path in (out / "windows").iterdir()} == {".xml"}


def test_every_format_has_a_name(tmp_path):
    assert set(FORMATS) == {"winlogbeat", "xml", "zeek", "zeek-json", "suricata"}
