"""What the command line promises: exit codes, one sentence for a mistake, and output that no log can bend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hopwatch import scan
from hopwatch.cli.main import main
from hopwatch.model.hop import LEGS, SEVERITIES, TECHNIQUES
from tests.golden.reports import copied_samples

HOP = [
    "id", "group", "start", "end", "source", "target", "account", "technique", "techniques", "attack", "auth", "legs",
    "score", "severity", "alert", "reasons", "evidence", "evidence_total", "suppressed_by", "supersedes",
]  # fmt: skip
PARTS = {
    "source": ["host", "ip", "port", "roles", "known_by", "candidates"],
    "target": ["host", "ip", "roles"],
    "account": ["name", "domain", "sid", "logon_id", "also"],
    "auth": ["logon_type", "package", "process", "elevated", "flags"],
    "legs": list(LEGS),
}
REASON = ["points", "text"]
EVIDENCE = ["signal", "leg", "time", "host", "channel", "event_id", "record_id", "file", "text"]


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def hops(self) -> list[dict[str, Any]]:
        """The hops of a jsonl output."""
        return [row for row in self.lines if "target" in row]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All lines of a jsonl output."""
        return [json.loads(line) for line in self.out.splitlines()]


class Cli:
    """Runs `hopwatch` in this process."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def __call__(self, *arguments: str | Path) -> Done:
        self._patch.setattr(sys, "argv", ["hopwatch", *map(str, arguments)])
        self._capture.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        return Done(code, *self._capture.readouterr())

    def hops(self, *arguments: str | Path) -> list[dict[str, Any]]:
        """The hops of a scan of the samples; all of them, if the arguments do not say otherwise."""
        done = self("scan", "samples", "--all", "--format", "jsonl", *arguments)
        assert (done.code, done.err) == (0, "")
        return done.hops


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(monkeypatch, capsys)


@pytest.fixture(scope="module", autouse=True)
def samples():
    with copied_samples():
        yield


@pytest.fixture(scope="module")
def every(samples: None) -> list[dict[str, Any]]:
    """Every hop of the samples, as one run of the command gives them."""
    lines = run("scan", "samples", "--all", "--format", "jsonl").stdout.splitlines()
    return [row for line in lines if "target" in (row := json.loads(line))]


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run `hopwatch` as a process of its own."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run([sys.executable, "-m", "hopwatch", *arguments], check=False, **streams | options)


# Exit codes


def test_a_scan_that_finds_alerts_exits_with_0_and_is_silent_on_stderr(cli):
    done = cli("scan", "samples")
    assert (done.code, done.err) == (0, "")
    assert "alert" in done.out


def test_fail_on_exits_with_1_only_where_there_is_such_an_alert(cli, every):
    severities = {hop["severity"] for hop in every if hop["alert"]}
    assert severities, "the samples hold no alert"
    for severity in SEVERITIES:
        reached = any(SEVERITIES.index(s) >= SEVERITIES.index(severity) for s in severities)
        assert cli("scan", "samples", "--fail-on", severity).code == int(reached)
    assert cli("scan", "samples", "--fail-on", "low", "--host", "no-such-host").code == 0


@pytest.mark.parametrize("options", [(), ("--format", "jsonl"), ("--quiet",)])
def test_a_scan_without_any_log_says_so_and_exits_with_2(cli, tmp_path, options):
    (tmp_path / "notes.txt").write_text("no log")
    done = cli("scan", tmp_path, *options)
    assert (done.code, done.err) == (2, f"hopwatch: nothing in {tmp_path} is a log that hopwatch reads\n")
    assert ("notes.txt: not a format" in done.out) == (options == ())
    (tmp_path / "log.json").write_text('{"a": 1}')
    assert cli("scan", tmp_path, *options).code == 0


@pytest.mark.parametrize("command", ["identity", "auth"])
def test_other_commands_exit_with_2_too_where_nothing_is_a_log(cli, tmp_path, command):
    (tmp_path / "notes.txt").write_text("no log")
    done = cli(command, tmp_path)
    assert (done.code, done.err) == (2, f"hopwatch: nothing in {tmp_path} is a log that hopwatch reads\n")


def test_a_mistake_in_hopwatch_is_told_whole_and_exits_with_3(cli, monkeypatch):
    def fails(*_: object) -> None:
        raise ZeroDivisionError("of our own making")

    monkeypatch.setattr("hopwatch.cli.scan.run_scan", fails)
    done = cli("scan", "samples")
    assert done.code == 3
    assert "of our own making" in done.err
    assert done.err.endswith("hopwatch: this is a mistake in hopwatch; please report it with the lines above\n")


def test_a_scan_that_is_told_to_end_leaves_nothing_on_disk(tmp_path):
    command = [sys.executable, "-m", "hopwatch", "scan", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | {"TMPDIR": str(tmp_path)}) as process:
        assert process.stdin
        while not list(tmp_path.iterdir()) and process.poll() is None:
            process.stdin.write(b"{}\n" * 100_000)
            process.stdin.flush()
        process.terminate()
        process.stdin.close()  # a signal between two reads is heard of after the second
        assert process.wait() == 143
    assert not list(tmp_path.iterdir())


def test_fail_on_still_prints_the_report(cli):
    assert cli("scan", "samples", "--fail-on", "low").out == cli("scan", "samples").out


def test_version_and_help_exit_with_0(cli):
    assert cli("--version").out.startswith("hopwatch 0.")
    for arguments in (("--help",), ("scan", "--help"), ("scan", "-h")):
        assert (done := cli(*arguments)).code == 0
        assert "Usage" in done.out


MISTAKES = {
    "no such path": (("scan", "no-such-folder"), "no-such-folder"),
    "an escape in a path": (("scan", "no\x1b[31m-such"), "no\\x1b[31m-such"),
    "an empty path": (("scan", ""), "''"),
    "no path": (("scan",), "PATH"),
    "no such command": (("scann", "samples"), "scann"),
    "no such option": (("scan", "samples", "--sinse", "2026-01-01"), "--sinse"),
    "an option without its value": (("scan", "samples", "--since"), "--since"),
    "since": (("scan", "samples", "--since", "yesterday"), "'yesterday'"),
    "until": (("scan", "samples", "--until", "2026-13-01"), "'2026-13-01'"),
    "a time before all times": (("scan", "samples", "--since", "0001-01-01T00:00:00+14:00"), "'0001-01-01T"),
    "a time after all times": (("scan", "samples", "--until", "9999-12-31T23:59:59-14:00"), "'9999-12-31T"),
    "until before since": (("scan", "samples", "--since", "2026-03-11", "--until", "2026-03-10"), "2026-03-10"),
    "a window of nothing": (("scan", "samples", "--window", "0"), "'0'"),
    "a window of words": (("scan", "samples", "--window", "5 minutes"), "'5 minutes'"),
    "a window of days": (("scan", "samples", "--window", "25h"), "'25h'"),
    "format": (("scan", "samples", "--format", "xml"), "'xml'"),
    "technique": (("scan", "samples", "--technique", "magic"), "'magic'"),
    "min-severity": (("scan", "samples", "--min-severity", "grave"), "'grave'"),
    "fail-on": (("scan", "samples", "--fail-on", "grave"), "'grave'"),
    "out in a folder that is not there": (("scan", "samples", "--out", "nowhere/report.txt"), "nowhere/report.txt"),
    "out is a folder": (("scan", "samples", "--out", "samples"), "samples"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_one_sentence_with_the_value_and_exit_2(cli, mistake):
    arguments, value = MISTAKES[mistake]
    done = cli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert value in done.err
    assert done.err.startswith("hopwatch: ")
    assert done.err.count("\n") == 1
    assert done.err.endswith("\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_gives_one_sentence_and_exit_2():
    with open("/dev/full", "wb") as full:
        piped = run("scan", "samples", stdout=full)
    written = run("scan", "samples", "--out", "/dev/full")
    for done in (piped, written):
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1


# Choosing hops


def test_by_default_the_alerts_are_printed_and_the_rest_is_counted(cli, every):
    alerts = [hop for hop in every if hop["alert"]]
    assert cli("scan", "samples", "--format", "jsonl").hops == alerts
    report = cli("scan", "samples").out
    assert f"{len(alerts)} alerts among {len(every)} hops" in report
    assert f"{len(every) - len(alerts)} not shown" in report
    assert all((hop["id"] in report) == hop["alert"] for hop in every)


def test_paths_follow_the_hops_that_they_name_and_stand_first_in_the_text(cli, every):
    lines = cli("scan", "samples", "--format", "jsonl").lines
    kinds = ["path" if "path" in row else "hop" for row in lines]
    assert kinds == sorted(kinds)
    (path,) = [row for row in lines if "path" in row]
    assert set(path["hops"]) <= {row["id"] for row in lines if "target" in row}
    assert len(path["hops"]) == len(path["parents"]) >= 2
    report = cli("scan", "samples", "--quiet").out
    assert report.index(path["path"]) < min(report.index(hop["id"]) for hop in every if hop["id"] in report)


def test_a_host_chooses_hops_and_the_paths_through_it_whose_tree_is_drawn_whole(cli):
    lines = cli("scan", "samples", "--format", "jsonl").lines
    (path,) = [row for row in lines if "path" in row]
    target = next(row["target"]["host"] for row in lines if row.get("id") == path["hops"][-1])
    chosen = cli("scan", "samples", "--format", "jsonl", "--host", target)
    assert [row for row in chosen.lines if "path" in row] == [path]
    assert all(target in (hop["source"]["host"], hop["target"]["host"]) for hop in chosen.hops)
    report = cli("scan", "samples", "--host", target).out
    assert all(hop in report for hop in path["hops"])
    assert path["path"] not in cli("scan", "samples", "--host", "NOBODY").out


def test_all_prints_every_hop(cli, every):
    report = cli("scan", "samples", "--all").out
    assert all(hop["id"] in report for hop in every)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_min_severity_prints_hops_from_there_on_alert_or_not(cli, severity, every):
    wanted = SEVERITIES[SEVERITIES.index(severity) :]
    done = cli("scan", "samples", "--format", "jsonl", "--min-severity", severity)
    along = {hop for row in done.lines if "path" in row for hop in row["hops"]}  # printed with their path
    assert done.hops == [hop for hop in every if hop["severity"] in wanted or hop["id"] in along]


def is_srv01(end: dict[str, Any]) -> bool:
    return (end["host"] or "").lower().split(".")[0] == "srv01" or end["ip"] == "10.20.2.21"


@pytest.mark.parametrize("name", ["SRV01", "srv01", "srv01.corp.example", "10.20.2.21"])
def test_host_takes_a_name_short_or_long_or_an_address_of_either_end(cli, name, every):
    found = cli.hops("--host", name)
    assert found
    assert found == [hop for hop in every if is_srv01(hop["source"]) or is_srv01(hop["target"])]


def test_host_and_technique_can_be_given_several_times(cli, every):
    both = cli.hops("--technique", "psexec", "--technique", "winrm_exec")
    assert both == [hop for hop in every if {"psexec", "winrm_exec"} & set(hop["techniques"])]
    assert {hop["technique"] for hop in both} >= {"psexec", "winrm_exec"}
    first, second = cli.hops("--host", "srv01"), cli.hops("--host", "srv05")
    assert cli.hops("--host", "srv01", "--host", "srv05") == [hop for hop in every if hop in first or hop in second]


def test_since_and_until_leave_out_events_before_and_from_then_on(cli):
    early = cli.hops("--until", "2026-03-10T09:20:00Z")
    late = cli.hops("--since", "2026-03-10T09:20:00Z")
    middle = cli.hops("--since", "2026-03-10 09:20", "--until", "2026-03-10T11:40:00+02:00")
    assert early
    assert all(hop["end"] < "2026-03-10T09:20" for hop in early)
    assert late
    assert all(hop["start"] >= "2026-03-10T09:20" for hop in late)
    assert middle
    assert all("2026-03-10T09:20" <= hop["start"] <= hop["end"] < "2026-03-10T09:40" for hop in middle)
    assert cli.hops("--since", "2027-01-01") == []


# What is printed where


def test_out_writes_to_the_file_what_would_be_printed(cli, tmp_path):
    for arguments in (("scan", "samples"), ("scan", "samples", "--all", "--format", "jsonl")):
        file = tmp_path / "report"
        done = cli(*arguments, "--out", file)
        assert (done.code, done.out, done.err) == (0, "", "")
        assert file.read_text("utf-8") == cli(*arguments).out


def test_quiet_leaves_out_what_was_read(cli):
    loud, quiet = cli("scan", "samples").out, cli("scan", "samples", "--quiet").out
    assert loud.endswith(quiet)
    assert "Read 5 files" in loud
    assert "Read 5 files" not in quiet


def test_what_could_not_be_read_is_named(cli, tmp_path):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing of a log")
    (tmp_path / "torn.ndjson").write_bytes(b'{"winlog": {"channel": "Security"\n')
    done = cli("scan", tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "picture.png" in done.out
    assert "torn.ndjson" in done.out


def test_a_pipe_gets_no_colour_and_no_progress_bar():
    done = run("scan", "samples", env=os.environ | {"FORCE_COLOR": "", "TERM": "xterm-256color"})
    assert b"\x1b" not in done.stdout
    assert done.stderr == b""


def test_a_pipe_that_is_closed_early_ends_the_command_quietly():
    for arguments in (("--format", "jsonl", "--all"), ("--all",)):
        command = [sys.executable, "-m", "hopwatch", "scan", "samples", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0


def test_the_same_input_gives_the_same_bytes():
    for arguments in (("--all",), ("--all", "--format", "jsonl")):
        runs = {run("scan", "samples", *arguments, env=os.environ | {"PYTHONHASHSEED": seed}).stdout for seed in "12"}
        assert len(runs) == 1
        assert runs != {b""}


# The contract of jsonl


def test_jsonl_is_one_hop_of_the_contract_a_line(cli, every):
    for hop in every:
        assert list(hop) == HOP
        assert {part: list(hop[part]) for part in PARTS} == PARTS
        assert {tuple(reason) for reason in hop["reasons"]} <= {tuple(REASON)}
        assert {tuple(evidence) for evidence in hop["evidence"]} == {tuple(EVIDENCE)}


def test_the_values_of_a_hop_are_those_of_the_contract(cli, every):
    for hop in every:
        assert hop["id"].startswith("h-")
        assert hop["group"].startswith("g-")
        assert hop["start"] <= hop["end"]
        assert hop["end"].endswith("Z")
        assert hop["techniques"][0] == hop["technique"]
        assert set(hop["techniques"]) <= set(TECHNIQUES)
        assert set(hop["legs"].values()) <= {"seen", "absent", "not_collected"}
        assert hop["severity"] in SEVERITIES
        assert 0 <= hop["score"] <= 100
        assert len(hop["evidence"]) == min(50, hop["evidence_total"])


def test_python_gives_the_same_hops_as_the_command(cli, every):
    result = scan(["samples"])
    assert [hop.to_dict() for hop in result.hops] == every
    assert result.to_arrow().num_rows == len(result.hops)
    assert result.to_arrow().column_names == HOP
    assert result.summary.files == 5
    assert scan(["samples/admin-noise.evtx"]).to_arrow().num_rows == len(scan(["samples/admin-noise.evtx"]).hops)


# What stands in a log is data

HOSTILE = (
    "a\x1b[2J\x1b]0;x\x07\x9b31m\u202ecod.exe\u2066\u200b\u2028b\x00\r\n"
    "FAKE 0 alerts\ud800[bold red]{Image}%s'\"</script>"
)


def hostile_log(folder: Path) -> Path:
    """A winlogbeat file in which every text that an attacker chooses is hostile: a PsExec run."""
    service = {"ServiceName": "PSEXESVC", "ImagePath": f"%SystemRoot%\\PSEXESVC.exe {HOSTILE}", "ServiceType": HOSTILE}
    user = {"TargetUserName": f"u{HOSTILE}", "TargetDomainName": HOSTILE, "TargetLogonId": "0x1234"}
    logon = user | {
        "TargetUserSid": "S-1-5-21-1-2-3-1104", "LogonType": "3", "IpAddress": "10.9.9.9", "IpPort": "50001",
        "ProcessId": "0x0", "WorkstationName": f"w{HOSTILE}", "AuthenticationPackageName": "NTLM",
        "LogonProcessName": HOSTILE,
    }  # fmt: skip
    write = {
        "SubjectUserName": f"u{HOSTILE}", "SubjectDomainName": HOSTILE, "SubjectLogonId": "0x1234",
        "IpAddress": "10.9.9.9", "ShareName": "\\\\*\\ADMIN$", "RelativeTargetName": f"PSEXESVC{HOSTILE}.exe",
        "AccessMask": "0x2", "AccessList": "%%4417",
    }  # fmt: skip
    run = user | {
        "SubjectUserSid": "S-1-5-18", "SubjectLogonId": "0x3e7", "NewProcessName": f"C:\\Windows\\{HOSTILE}.exe",
        "ParentProcessName": "C:\\Windows\\PSEXESVC.exe", "CommandLine": HOSTILE, "NewProcessId": "0x99",
        "ProcessId": "0x98",
    }  # fmt: skip
    events = [("Security", 4624, logon), ("Security", 5145, write), ("System", 7045, service), ("Security", 4688, run)]
    lines = [
        json.dumps({
            "@timestamp": f"2026-03-10T09:00:0{n}.000Z",
            "winlog": {
                "channel": channel, "computer_name": f"T{HOSTILE}.x", "event_id": event_id, "record_id": n,
                "event_data": fields, "user": {"identifier": "S-1-5-21-1-2-3-1104"},
            },
        })
        for n, (channel, event_id, fields) in enumerate(events)
    ]  # fmt: skip
    file = folder / "log\x1b[31m\u202e.json"
    file.write_text("\n".join(lines) + '\n{"torn": "\x1b[2J\n', "utf-8")
    return file


def acting(text: str) -> set[str]:
    """The characters that a terminal obeys or hides, but for the ends of lines."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and c != "\n"}


def test_nothing_that_a_log_holds_acts_on_a_terminal(cli, tmp_path):
    done = cli("scan", hostile_log(tmp_path), "--all")
    assert (done.code, done.err, acting(done.out)) == (0, "", set())
    assert "1 alert among" in done.out
    assert not any(line.startswith("FAKE") for line in done.out.splitlines())
    assert "\\x1b[2J" in done.out
    assert "[bold red]" in done.out


def test_jsonl_escapes_what_acts_and_loses_nothing(cli, tmp_path):
    done = cli("scan", hostile_log(tmp_path), "--all", "--format", "jsonl")
    assert (done.code, done.err, acting(done.out)) == (0, "", set())
    assert len(done.hops) == done.out.count("\n") >= 1
    texts = json.dumps(done.hops, ensure_ascii=False)
    assert "\u202ecod.exe" in texts
    assert json.dumps("\x1b[2J")[1:-1] in texts
