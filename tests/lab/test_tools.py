"""What every tool must keep: ids, ports and addresses that agree between the hosts and the wire."""

from __future__ import annotations

import pytest

from hopwatch.lab.tools import copy, dcom, psexec, service_push, services, smbexec, tasks, winrm, wmi
from hopwatch.lab.tools.job import Job
from tests.lab.stage import Stage

TOOLS = {
    "psexec": psexec.psexec,
    "impacket_psexec": service_push.impacket_psexec,
    "smbexec": smbexec.smbexec,
    "wmic": wmi.wmic,
    "wmiexec": wmi.wmiexec,
    "invoke_command": winrm.invoke_command,
    "winrs": winrm.winrs,
    "schtasks": tasks.schtasks,
    "atexec": tasks.atexec,
    "sc": services.sc,
    "scshell": services.scshell,
    "mmc20": dcom.mmc20,
    "copy_and_run": copy.copy_and_run,
}
JOB = Job("cmd.exe /c whoami /all", program="tool.exe")


@pytest.fixture(params=TOOLS)
def played(request):
    """A stage on which one tool was used."""
    stage = Stage()
    stage.landed = TOOLS[request.param](stage.scene, stage.move(), JOB)
    stage.name = request.param
    return stage


def of_kind(events, kind):
    return [event for event in events if event.form.kind == kind]


def test_a_command_runs_on_the_target(played):
    assert played.landed.host is played.target
    assert of_kind(played.on(played.target), "security.4688")


def test_logons_come_from_the_source_on_a_port_that_the_wire_saw(played):
    logons = [e for e in of_kind(played.on(played.target), "security.4624") if e.fields["LogonType"] == "3"]
    wire = {flow.orig for flow in played.seen_flows() if flow.target is played.target}
    inbound = {
        (e.fields["SourceIp"], int(e.fields["SourcePort"])) for e in of_kind(played.on(played.target), "sysmon.3")
    }
    assert logons
    for logon in logons:
        if logon.fields["IpAddress"] != "-":
            ends = (logon.fields["IpAddress"], int(logon.fields["IpPort"]))
            assert ends in wire
            assert ends in inbound


def test_winrm_logons_have_no_address(played):
    if played.name in ("invoke_command", "winrs"):
        logons = of_kind(played.on(played.target), "security.4624")
        assert {e.fields["IpAddress"] for e in logons if e.fields["LogonType"] == "3"} == {"-"}


def test_a_ticket_for_the_target_is_fetched_before_the_first_logon(played):
    controller = played.org.controller(played.source)
    tickets = of_kind(played.on(controller), "security.4769")
    first = of_kind(played.on(played.target), "security.4624")[0]
    assert any(t.fields["ServiceName"] == played.target.me.name and t.time <= first.time for t in tickets)
    assert {t.fields["IpAddress"] for t in tickets} == {f"::ffff:{played.source.ip}"}


def test_what_carries_a_logon_id_has_that_of_a_logon(played):
    events = played.on(played.target)
    opened = {e.fields["TargetLogonId"] for e in of_kind(events, "security.4624")} | {"0x3e7", "0x3e4", "0x3e5"}
    for kind in ("security.5140", "security.5145", "security.4697", "security.4698", "security.4672", "security.4634"):
        name = "TargetLogonId" if kind == "security.4634" else "SubjectLogonId"
        assert {e.fields[name] for e in of_kind(events, kind)} <= opened
    assert {e.fields["LogonId"] for e in of_kind(events, "sysmon.1")} <= opened


def test_every_process_has_a_parent_that_runs(played):
    events = played.on(played.target)
    always = {str(process.pid) for process in played.target.running.values()}
    started = {e.fields["ProcessId"]: e for e in of_kind(events, "sysmon.1")}
    for event in started.values():
        assert event.fields["ParentProcessId"] in always | set(started)
    audited = {int(e.fields["NewProcessId"], 16) for e in of_kind(events, "security.4688")}
    assert audited == {int(pid) for pid in started}
