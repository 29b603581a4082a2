"""Where a part of a simulated lab's telemetry is switched off, coverage names that part, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hopwatch.lab import build, simulate
from hopwatch.lab.forms import forms
from hopwatch.model.coverage import Coverage, HostCoverage, Sight
from hopwatch.pipeline.coverage import coverage_of
from hopwatch.pipeline.logs import LogOptions

OFF = "app"  # the role of the host on which something is off
SYSMON = "Microsoft-Windows-Sysmon/Operational"
EXECUTED = "wmi_exec, dcom_exec, mssql, rdp"

# what is off; what is then absent; the techniques whose execution is blind, or whose leg for all
SWITCHES: dict[str, tuple[tuple[str, ...], set[str], str]] = {
    "nothing": ((), set(), ""),
    "Sysmon": (("sysmon.",), {SYSMON}, ""),
    "4688": (("security.4688",), {"Security/4688"}, ""),
    "4688 and Sysmon 1": (("security.4688", "sysmon.1"), {"Security/4688", f"{SYSMON}/1"}, "execution"),
    "4688 and Sysmon": (("security.4688", "sysmon."), {"Security/4688", SYSMON}, "execution"),
    "4624": (("security.4624",), {"Security/4624"}, "logon"),
    "4672": (("security.4672",), {"Security/4672"}, ""),
    "5145": (("security.5145",), {"Security/5145"}, ""),
    "the Security log": (("security.",), {"Security"}, "logon"),
    "the System log": (("system.",), {"System"}, ""),
    "Sysmon 3": (("sysmon.3", "security.5156"), {f"{SYSMON}/3"}, "network"),
    "the small logs": (
        ("winrm.", "task.", "powershell."),
        {f"Microsoft-Windows-{log}/Operational" for log in ("WinRM", "TaskScheduler", "PowerShell")},
        "",
    ),
}


def simulated(out: Path, off: tuple[str, ...], patch: pytest.MonkeyPatch, **about: object) -> Coverage:
    """A day of an organisation whose hosts log everything, but for one, on which kinds of events are off."""
    muted = frozenset(k for k in forms() if any(k == o or (o.endswith(".") and k.startswith(o)) for o in off))

    def telemetry(host, dice) -> None:
        host.muted = muted if host.role == OFF else frozenset()
        host.command_lines = host.forwards = True
        for name, value in about.items() if host.role == OFF else ():
            setattr(host, name, value)

    patch.setattr(build, "_telemetry", telemetry)
    patch.setattr(build, "_audit_smb", lambda org: None)
    patch.setattr(build, "_darken", lambda org, dice: None)
    attacks = ("psexec", "wmic", "winrm", "schtasks")
    simulate.simulate(simulate.Options(out, 4, 8, 1, 3, attacks, ("winlogbeat",), 1.0, "2026-03-02"))
    return coverage_of([out / "windows"], LogOptions())


def of(found: Coverage) -> HostCoverage:
    return next(one for one in found.hosts if OFF in one.host)


@pytest.mark.parametrize("name", SWITCHES)
def test_coverage_names_what_is_off_and_what_that_blinds(name, tmp_path, monkeypatch):
    off, absent, blind = SWITCHES[name]
    found = simulated(tmp_path, off, monkeypatch)
    host = of(found)
    assert set(host.absent) == absent
    seen = {(t.technique, leg): sight.sight for t in host.techniques for leg, sight in t.legs.items()}
    dark = {place for place, sight in seen.items() if sight == Sight.BLIND}
    if blind == "execution":
        assert dark == {(technique, "execution") for technique in EXECUTED.split(", ")}
    else:
        assert dark == {place for place in seen if place[1] == blind}
    texts = [spot.text for spot in found.blind if spot.host == host.host]
    assert len(texts) == bool(blind), texts
    assert all(f", {blind}: no " in text for text in texts)
    others = {one.host: one.absent for one in found.hosts if one is not host}
    assert not {kind for kinds in others.values() for kind in kinds if kind.startswith(("Security", SYSMON))}
    assert all(
        host.host.upper() in text for text in found.wants if any(text.startswith(a) for a in ("4", "5", "Sysmon"))
    )


def test_4688_without_command_lines_is_said_of_that_host_alone(tmp_path, monkeypatch):
    found = simulated(tmp_path, ("sysmon.",), monkeypatch, command_lines=False)
    host = of(found)
    assert host.processes == host.without_command_line
    assert {one.host for one in found.hosts if one.without_command_line} == {host.host}
    assert any(f"{host.host.upper()}: 4688 without command line" in spot.text for spot in found.blind)
    assert all(t.legs["execution"].sight == Sight.PARTIAL for t in host.techniques if t.technique in EXECUTED)


def test_a_host_that_forwards_nothing_is_silent(tmp_path, monkeypatch):
    found = simulated(tmp_path, (), monkeypatch, forwards=False)
    assert [one.host for one in found.hosts if one.silent] == [of(found).host]
    assert of(found).events == 0


@pytest.mark.parametrize(("lag", "late"), [(30.0, False), (900.0, True)])
def test_a_host_that_forwards_slowly_is_told_where_it_hurts(lag, late, tmp_path, monkeypatch):
    found = simulated(tmp_path, (), monkeypatch, lag=lag)
    host = of(found)
    assert host.delay is not None
    assert host.delay.median == pytest.approx(lag, abs=3.0)
    assert (host.delay.late == host.delay.records) is late
    slow = [spot.host for spot in found.blind if "forwarding takes" in spot.text]
    assert (host.host in slow) is late


def test_a_clock_that_is_off_is_told_of_that_host_alone(tmp_path, monkeypatch):
    found = simulated(tmp_path, (), monkeypatch, offset=42.0)
    host = of(found)
    assert host.offset == pytest.approx(42.0, abs=2.0)
    assert [spot.host for spot in found.blind if "its clock is" in spot.text] == [host.host]
    assert host.delay is not None
    assert 0 <= host.delay.median <= host.delay.worst
