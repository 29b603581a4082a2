"""What checklist and coverage say of recorded runs agrees with what plain counting of the records gives."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from evtx import PyEvtxParser

from hopwatch.lab.checklist import checklist
from hopwatch.model.checklist import Check, Status
from hopwatch.model.coverage import Coverage, Sight
from hopwatch.pipeline.coverage import coverage_of
from hopwatch.pipeline.logs import LogOptions

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
SCENARIOS = (
    "md-psexesvc-7045", "sb-renamed-psexec-5145", "md-smbexec-sysmon", "md-samtheadmin-smbexec", "md-wmiexec-fs03vuln",
    "sb-wmi-4624-4688-target", "otrf-empire-wmic-add-user-backdoor", "sb-psremoting-hostname",
    "otrf-covenant-psremoting-command", "otrf-schtask-modification", "sb-atexec-example", "md-dcomexec-target",
    "otrf-covenant-dcom-executeexcel4macro-allowed", "sb-sharprdp-runmru", "otrf-apt29-day2-utica-newyork-zeek",
    "sb-neg-sysmon-13-1-meterpreter-getsystem-namedpipeimpersonation", "md-neg-id7045-random-service-installation",
)  # fmt: skip
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not (CORPUS / "labels.yaml").exists(), reason="the labelled corpus is not here"),
]
Raw = dict[str, Counter[tuple[str, int]]]
NAMED = re.compile(r"\bno (?:Security |System )?(4624|4672|4688|4697|7045)\b")


@cache
def files_of(name: str) -> tuple[Path, ...]:
    entries = yaml.safe_load((CORPUS / "labels.yaml").read_text("utf-8"))
    named = [CORPUS / file for entry in entries if entry["id"] == name for file in entry["files"]]
    return tuple(file for file in named if file.exists())


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file as they stand there, of whatever shape."""
    if path.suffix == ".evtx":
        for one in PyEvtxParser(str(path)).records_json():
            yield json.loads(one["data"])["Event"]
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".json") and "__MACOSX" not in name:
                    yield from (json.loads(line) for line in archive.read(name).splitlines() if line.strip())


def first(record: dict[str, Any], *names: str) -> Any:
    value = next((record[name] for name in names if record.get(name) is not None), None)
    return value.get("#text") if isinstance(value, dict) else value


@cache
def raw(name: str) -> tuple[Raw, Counter[str]]:
    """By host, how often each kind of event stands in the files; and 4688 without a command line."""
    counts: Raw = defaultdict(Counter)
    bare: Counter[str] = Counter()
    for path in files_of(name):
        for record in records(path):
            system, data = record.get("System", record), record.get("EventData") or record.get("event_data") or record
            channel, number = first(system, "Channel", "log_name"), first(system, "EventID", "event_id")
            host = first(system, "Computer", "Hostname", "computer_name")
            if channel is None or number is None or host is None:
                continue
            short = str(host).split(".")[0].lower()
            counts[short][str(channel).lower(), int(number)] += 1
            if (str(channel).lower(), int(number)) == ("security", 4688):
                bare[short] += str(data.get("CommandLine") or "").strip() in ("", "-")
    return counts, bare


@cache
def told(name: str) -> tuple[Coverage, tuple[Check, ...]]:
    paths = list(files_of(name))
    return coverage_of(paths, LogOptions()), tuple(checklist(paths, LogOptions()))


def has(counts: Raw, host: str, kind: str) -> bool:
    channel, _, number = kind.rpartition("/")
    return bool(counts[host][channel.lower(), int(number)])


@pytest.mark.parametrize("name", SCENARIOS)
def test_coverage_counts_the_kinds_that_stand_in_the_files(name):
    counts, bare = raw(name)
    found = told(name)[0]
    logging = {host.host: host for host in found.hosts if host.events}
    assert set(logging) == set(counts)
    for host, one in logging.items():
        kinds = {(kind.channel.lower(), kind.event_id): kind.count for kind in one.kinds}
        assert set(kinds) == set(counts[host])
        assert all(n <= counts[host][kind] for kind, n in kinds.items())  # a record that is there twice counts once
        if kinds.get(("security", 4688)) == counts[host]["security", 4688]:
            assert one.without_command_line == bare[host]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_leg_is_seen_where_a_kind_that_shows_it_is_there_and_only_there(name):
    counts, _ = raw(name)
    for host in told(name)[0].hosts:
        channels = {channel for channel, _ in counts[host.host]}
        for technique in host.techniques:
            for leg, sight in technique.legs.items():
                kinds = [kind for kind in (*sight.kinds, *sight.missing) if not kind.startswith("sensor/")]
                there = any(has(counts, host.host, kind) for kind in kinds)
                sensed = leg == "network" and any(kind.startswith("sensor/") for kind in sight.kinds)
                assert (sight.sight in (Sight.SEEN, Sight.PARTIAL)) == (there or sensed)
                if sight.sight == Sight.UNPROVEN:
                    assert {kind.rpartition("/")[0].lower() for kind in kinds} & channels
                assert not any(has(counts, host.host, kind) for kind in sight.missing)
        for item in host.absent:
            log = item.rpartition("/")[0] if item.rpartition("/")[2].isdigit() else None
            assert item.lower() not in channels if log is None else not has(counts, host.host, item)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_check_passes_on_records_that_are_there_and_fails_for_want_of_those_that_are_not(name):
    counts, _ = raw(name)
    for check in told(name)[1]:
        if check.host is None or check.host not in counts:
            continue
        if check.status == Status.PASS:
            assert all(_stands(counts, record) for record in check.records), check
        elif check.status == Status.FAIL:
            lacking = {int(number) for number in NAMED.findall(check.text)}
            for number in lacking - {4624}:  # of 4624 only those of type 3 count
                log = "System" if number == 7045 else "Security"
                near = check.name not in ("hunt", "special_privileges")
                assert near or not has(counts, check.host, f"{log}/{number}"), check
            assert check.fix, check


def _stands(counts: Raw, record: str) -> bool:
    """Whether the kind of event that a pointer names is one of its host's."""
    told = re.match(r"(?P<log>[\w/-]+(?: [\w/-]+)*?) (?P<id>\d+)(?: record \d+)? on (?P<host>\S+)", record)
    if told is None:
        return "sensor" in record
    host, number = told["host"].split(".")[0].lower(), int(told["id"])
    return any(n == number and told["log"].lower() in channel for channel, n in counts[host])


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_a_check_asks_to_switch_on_is_not_there_already(name):
    counts, _ = raw(name)
    for check in told(name)[1]:
        if check.status != Status.FAIL or check.host not in counts or not check.fix:
            continue
        if check.fix.startswith("forward its log Security"):
            assert not any(channel == "security" for channel, _ in counts[check.host]), check
        elif check.fix.startswith("auditpol") and check.name in ("hunt", "special_privileges"):
            kinds = ("4624", "4688") if check.name == "hunt" else ("4672",)
            assert not all(has(counts, check.host, f"Security/{kind}") for kind in kinds), check
        elif "install Sysmon" in check.fix and check.name in ("process", "wmi", "winrm"):
            assert not has(counts, check.host, "Microsoft-Windows-Sysmon/Operational/1"), check


NETWORK_ONLY = [name for name in SCENARIOS if name.endswith("-zeek")]


@pytest.mark.parametrize("name", NETWORK_ONLY)
def test_of_a_capture_with_sensors_alone_no_host_is_said_to_log(name):
    counts, _ = raw(name)
    found, checks = told(name)
    assert not any(counts.values())
    assert all(host.silent and not host.events for host in found.hosts)
    assert {net.seen > 0 for net in found.subnets} == {True}
    assert all("forward its logs" in (check.fix or "") for check in checks if check.status == Status.FAIL)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if "-neg-" in name])
def test_what_stayed_on_one_host_is_no_run(name):
    assert not [check for check in told(name)[1] if check.name == "correlation" and check.status != Status.NOT_SEEN]
