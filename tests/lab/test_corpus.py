"""The lab's events against real ones: the same fields in the same order, and the same sequence for every tool."""

from __future__ import annotations

import random
import zipfile
from functools import partial
from pathlib import Path

import orjson
import pytest
from evtx import PyEvtxParser

from hopwatch.lab.coercion import COERCIONS, coerced
from hopwatch.lab.formats import zeek
from hopwatch.lab.forms import forms
from hopwatch.lab.intruder import Intruder, overlay
from hopwatch.lab.tools import copy, dcom, psexec, service_push, services, smbexec, tasks, winrm, wmi
from hopwatch.lab.tools.job import Job
from tests.lab.stage import Stage

DATA = Path(__file__).parents[3] / "shared/corpus/data"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/corpus is not there"),
]
MDECREVOISIER, SAMPLES = "mdecrevoisier", "evtx-attack-samples"
MOVES = f"{SAMPLES}/Lateral_Movement"
OTRF = "otrf/atomic/windows/lateral_movement/host"
# EVTX files that between them hold most kinds; the order of fields is theirs.
FIELD_FILES = (
    f"{MOVES}/LM_ScheduledTask_ATSVC_target_host.evtx",
    f"{MOVES}/remote_file_copy_system_proc_file_write_sysmon_11.evtx",
    f"{MOVES}/lm_remote_registry_sysmon_1_13_3.evtx",
    f"{MOVES}/LM_WMIC_4648_rpcss.evtx",
    f"{SAMPLES}/Defense_Evasion/DE_renamed_psexec_service_sysmon_17_18.evtx",
    f"{SAMPLES}/Privilege_Escalation/NTLM2SelfRelay-med0x2e-security_4624_4688.evtx",
    f"{SAMPLES}/Credential_Access/remote_sam_registry_access_via_backup_operator_priv.evtx",
    f"{MDECREVOISIER}/TA0002-Execution/T1047-Windows_Management_Instrumentation/ID4688-5145-WMIexec_execution_via_SMB.evtx",
    f"{MDECREVOISIER}/TA0008-Lateral_Movement/T1021.003-Distributed_Component_Object_Model_DCOM_/ID4688_4674-DCOMexec_process_spawned.evtx",
    f"{MDECREVOISIER}/EVTX_full_APT_attack_steps/ID47x_4661-4662_5136_4688_4697-SAM_the_admin_CVE-2021-42287_.evtx",
    f"{MDECREVOISIER}/TA0003-Persistence/T1543.003-Create_or_Modify_System_Process-Windows_Service/ID7045-7036_PSexec_service_installation.evtx",
    f"{MDECREVOISIER}/TA0003-Persistence/T1543.003-Create_or_Modify_System_Process-Windows_Service/ID4688-4697_RDP_hijack_via_service_creation.evtx",
    f"{MDECREVOISIER}/TA0003-Persistence/T1136-Create_account/ID4720-Local_user_created.evtx",
    f"{MDECREVOISIER}/TA0007-Discovery/T1046-Network_Service_Scanning/ID131-RDP_brutforce_no_user_info_.evtx",
    f"{MDECREVOISIER}/TA0001-Initial_access/T1078-Valid_accounts/ID1149-RDP_success_logins_to_multiple_hosts.evtx",
    f"{MDECREVOISIER}/TA0008-Lateral_Movement/T1021.001-Remote_Desktop_Protocol/ID4688_4778_4779_RDP_hijack_direct.evtx",
    f"{SAMPLES}/Credential_Access/sysmon_10_lsass_mimikatz_sekurlsa_logonpasswords.evtx",
)
SPOOLER = f"{MDECREVOISIER}/TA0006-Credential_Access/T1557-Man_in_the_middle/ID5145-Print_spooler_bug_abuse.evtx"
WRITE, DELETE = 0x2, 0x10000


def evtx(name):
    """The events of an EVTX file: channel, id, computer, fields."""
    path = DATA / name
    if not path.exists():
        return
    for record in PyEvtxParser(str(path)).records_json():
        event = orjson.loads(record["data"])["Event"]
        system, event_id = event["System"], event["System"]["EventID"]
        event_id = event_id["#text"] if isinstance(event_id, dict) else event_id
        fields = event.get("EventData") or next(
            (v for k, v in (event.get("UserData") or {}).items() if k != "#attributes"), {}
        )
        yield system["Channel"], event_id, system["Computer"], {k: v for k, v in fields.items() if k != "#attributes"}


def nxlog(name):
    """The events of a zip of flat JSON: channel, id, computer, fields."""
    with zipfile.ZipFile(DATA / OTRF / name) as archive:
        for member in (m for m in archive.namelist() if not m.startswith("__MACOSX")):
            for line in archive.read(member).splitlines():
                if not line.startswith(b"{"):
                    continue
                record = orjson.loads(line)
                channel = record["Channel"].replace("security", "Security")
                yield channel, int(record["EventID"]), record["Hostname"], record


@pytest.fixture(scope="module")
def real_fields():
    """Every order of fields seen, by channel and event id."""
    seen = {}
    for name in FIELD_FILES:
        for channel, event_id, _, fields in evtx(name):
            seen.setdefault((channel, int(event_id)), set()).add(tuple(fields))
    return seen


ORDERED = (
    "security.4624", "security.4634", "security.4648", "security.4672", "security.4674", "security.4688",
    "security.4697",
    "security.4698", "security.4699", "security.4776", "security.5140", "security.5145", "system.7036", "system.7045",
    "sysmon.1", "sysmon.3", "sysmon.10", "sysmon.11", "sysmon.13", "sysmon.17", "sysmon.18", "security.4720",
    "security.4732", "security.4778", "security.4779", "eventlog.1102", "rdpcore.131", "rcm.1149",
)  # fmt: skip


@pytest.mark.parametrize("kind", ORDERED)
def test_an_event_has_the_fields_of_a_real_one_in_their_order(real_fields, kind):
    form = forms()[kind]
    known = real_fields.get((form.channel.name, form.event_id))
    if not known:
        pytest.skip("this corpus has no such event as EVTX")
    assert tuple(form.fields) in known


# Flat exports keep no order, and add fields of their own.
UNORDERED = (
    "security.4702", "security.5156", "security.4769", "sysmon.22", "task.106", "task.129", "task.140", "task.200",
    "task.201", "powershell.4104", "powershell.53504",
)  # fmt: skip


@pytest.fixture(scope="module")
def flat_fields():
    seen = {}
    files = (
        "schtask_modification.zip",
        "covenant_psremoting_command.zip",
        "covenant_dcom_executeexcel4macro_allowed.zip",
    )
    for name in (*files, "covenant_sharpsc_start_dcerpc_smb_svcctl.zip"):
        for channel, event_id, _, fields in nxlog(name):
            seen.setdefault((channel, event_id), set()).add(frozenset(fields))
    return seen


@pytest.mark.parametrize("log", ["conn", "dns", "kerberos", "smb_mapping", "smb_files", "dce_rpc", "http"])
def test_a_zeek_log_has_the_header_of_a_real_one(log):
    real = set()
    for file in (DATA / "otrf/zeek").glob(f"*/{log}.log"):
        lines = file.read_text().splitlines()
        real |= {tuple(line for line in lines if line.startswith(("#path", "#fields", "#types")))}
    assert real
    ours = zeek.head(log).decode().splitlines()
    assert tuple(line for line in ours if line.startswith(("#path", "#fields", "#types"))) in real


@pytest.mark.parametrize("kind", UNORDERED)
def test_an_event_has_the_fields_that_a_flat_export_of_a_real_one_has(flat_fields, kind):
    form = forms()[kind]
    assert any(set(form.fields) <= fields for fields in flat_fields[form.channel.name, form.event_id])


def step(channel, event_id, fields):
    """What an event says of the course of things, without the names of the run."""
    event_id = int(event_id)
    if channel == "Security" and event_id == 4624 and fields.get("LogonType") in (3, "3"):
        return "logon" if fields.get("AuthenticationPackageName") in ("NTLM", "Kerberos") else None
    if event_id in (5140, 5145) and channel == "Security":
        return _share_step(event_id, fields)
    if (channel, event_id) in STEPS:
        return STEPS[channel, event_id]
    image = fields.get("NewProcessName") if event_id == 4688 else None
    return f"run {image.rsplit(chr(92), 1)[-1].lower()}" if image else None


STEPS = {
    ("Security", 4697): "service", ("System", 7045): "service", ("Security", 4698): "task", ("Security", 4702): "task",
    ("Security", 4699): "task deleted",
}  # fmt: skip


def _share_step(event_id, fields):
    name = fields["ShareName"].removeprefix("\\\\*\\")
    if event_id == 5140:
        return f"share {name}"
    path, mask = fields["RelativeTargetName"], int(fields["AccessMask"], 16)
    if name == "IPC$":
        return f"pipe {path.rsplit('-', 1)[-1] if path.count('-') > 1 else path}".lower()
    return f"{name} " + ("write" if mask & WRITE else "delete" if mask & DELETE else "read")


def course(events, keep=lambda fields: True):
    """The steps of some events, each where it comes first."""
    found = (step(channel, event_id, fields) for channel, event_id, _, fields in events if keep(fields))
    return list(dict.fromkeys(s for s in found if s))


def played(tool, **about):
    """The steps of a tool on the stage's target."""
    stage = Stage()
    tool(stage.scene, stage.move(**about), Job("cmd.exe /c whoami", about.pop("name", ""), "tool.exe"))
    events = ((e.form.channel.name, e.form.event_id, "", e.fields) for e in stage.on(stage.target))
    return course(events)


def of_account(*names):
    wanted = {name.lower() for name in names}

    def keep(fields):
        mine = {str(fields.get(key)).lower() for key in ("SubjectUserName", "TargetUserName")}
        return bool(mine & wanted) or str(fields.get("SubjectUserName")).endswith("$")

    return keep


def renamed(scene, move, job, tool):
    """A tool whose service has a name of its own."""
    tool(scene, move, Job(job.command, "ITOps", job.program))


def asked_to_print(scene, move, job):
    """A host that is coerced over its spooler."""
    intruder = Intruder(scene.org.accounts["user"][0])
    intruder.arrive(scene)
    dice = random.Random(next(n for n in range(99) if random.Random(n).choice(COERCIONS)[0] == "spoolss"))
    coerced(scene, intruder, move.target, dice)


NTLM = {"package": "NTLM", "remote_tool": True, "by_ip": True}
# Tool, how it authenticates, the real run, whose events there, and the steps that both must show, in this order.
RUNS = {
    "atexec": (
        tasks.atexec, NTLM, FIELD_FILES[0], of_account("Administrator"),
        ["logon", "share IPC$", "pipe atsvc", "task", "run cmd.exe", "run conhost.exe", "task deleted", "share ADMIN$",
         "ADMIN$ read", "ADMIN$ delete"],
    ),
    "wmiexec": (
        wmi.wmiexec, NTLM, FIELD_FILES[7], of_account("admmig"),
        ["logon", "run cmd.exe", "run conhost.exe", "share ADMIN$", "ADMIN$ write", "ADMIN$ delete"],
    ),
    "smbexec": (
        smbexec.smbexec, NTLM, FIELD_FILES[9], of_account("admmhorvath"),
        ["logon", "share IPC$", "pipe svcctl", "service", "run cmd.exe", "share C$", "C$ write", "C$ read",
         "C$ delete"],
    ),
    "psexec": (
        psexec.psexec, {}, f"{MOVES}/LM_renamed_psexecsvc_5145.evtx", of_account("IEUser"),
        ["ADMIN$ read", "ADMIN$ write", "pipe svcctl", "pipe stdin", "pipe stdout", "pipe stderr"],
    ),
    "psexec_renamed": (
        partial(renamed, tool=psexec.psexec), {}, f"{MOVES}/LM_renamed_psexecsvc_5145.evtx", of_account("IEUser"),
        ["ADMIN$ read", "ADMIN$ write", "pipe svcctl", "pipe stdin", "pipe stdout", "pipe stderr"],
    ),
    "remcom": (
        service_push.impacket_psexec, NTLM, f"{MOVES}/LM_REMCOM_5145_TargetHost.evtx", of_account("IEUser"),
        ["ADMIN$ write", "pipe svcctl"],
    ),
    "svcctl": (
        services.sc, {}, f"{MOVES}/LM_Remote_Service01_5145_svcctl.evtx", lambda fields: True, ["pipe svcctl"],
    ),
    "spooler": (
        asked_to_print, {}, SPOOLER, of_account("admmig"), ["logon", "pipe spoolss"],
    ),
    "mmc20": (
        dcom.mmc20, NTLM, FIELD_FILES[8], of_account("admmig"),
        ["logon", "run mmc.exe"],
    ),
}  # fmt: skip
FLAT_RUNS = {
    "copy": (
        copy.copy_file, {}, "covenant_copy_smb_CreateRequest.zip", "WORKSTATION6",
        ["logon", "share IPC$", "share C$", "C$ read", "C$ write"],
    ),
    "schtasks": (tasks.schtasks, {}, "schtask_modification.zip", "WORKSTATION6", ["logon", "task"]),
    "sc": (
        services.sc, {}, "covenant_sharpsc_start_dcerpc_smb_svcctl.zip", "WORKSTATION6",
        ["logon", "share IPC$", "pipe svcctl"],
    ),
    "wmic": (wmi.wmic, {}, "empire_wmic_add_user_backdoor.zip", "WORKSTATION6", ["logon", "run wmiprvse.exe"]),
    "invoke_command": (
        winrm.invoke_command, {}, "covenant_psremoting_command.zip", "WORKSTATION6", ["logon", "run wsmprovhost.exe"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_a_tool_takes_the_steps_of_a_real_run(name):
    tool, how, file, keep, steps = RUNS[name]
    real = [s for s in course(evtx(file), keep) if s in steps]
    ours = [s for s in played(tool, **how) if s in steps]
    if not real:
        pytest.skip("this corpus has no such run")
    assert real == steps
    assert ours == steps


@pytest.mark.parametrize("name", FLAT_RUNS)
def test_a_tool_takes_the_steps_of_a_real_run_in_a_flat_export(name):
    tool, how, file, host, steps = FLAT_RUNS[name]
    events = [event for event in nxlog(file) if event[2].startswith(host)]
    real = [s for s in course(events, of_account("pgustavo")) if s in steps]
    ours = [s for s in played(tool, **how) if s in steps]
    assert sorted(real) == sorted(steps)  # a flat export has whole seconds and is not in order
    assert ours == steps


def test_a_tool_with_its_own_smb_asks_for_the_keys_of_a_real_run():
    real = {
        str(fields["KeyLength"])
        for channel, event_id, _, fields in evtx(FIELD_FILES[7])
        if (channel, int(event_id)) == ("Security", 4624) and fields["TargetUserName"] == "admmig"
        and fields["AuthenticationPackageName"] == "NTLM"
    }  # fmt: skip
    if not real:
        pytest.skip("this corpus has no such run")
    stage = Stage()
    wmi.wmiexec(stage.scene, stage.move(**NTLM), Job("cmd.exe /c whoami"))
    assert {e.fields["KeyLength"] for e in stage.on(stage.target) if e.form.kind == "security.4624"} == real


SAME = ("LogonType", "LogonProcessName", "AuthenticationPackageName", "IpAddress", "IpPort", "ProcessName", "KeyLength")


def test_a_logon_with_other_credentials_is_that_of_a_real_pass_the_hash():
    file = f"{MOVES}/LM_4624_mimikatz_sekurlsa_pth_source_machine.evtx"
    real = [fields for _, event_id, _, fields in evtx(file) if int(event_id) == 4624]
    if not real:
        pytest.skip("this corpus has no such run")
    stage = Stage()
    overlay(stage.scene, stage.source.running["explorer"], stage.org.accounts["admin"][0])
    [ours] = [e.fields for e in stage.on(stage.source) if e.form.kind == "security.4624"]
    assert {name: str(real[0][name]) for name in SAME} == {name: ours[name] for name in SAME}
    assert ours["SubjectUserSid"] == ours["TargetUserSid"]
    assert real[0]["SubjectUserSid"] == real[0]["TargetUserSid"]


@pytest.mark.parametrize(("file", "pipe"), [(FIELD_FILES[9], "svcctl"), (FIELD_FILES[0], "atsvc")])
def test_a_tool_with_its_own_smb_asks_for_the_rights_to_a_pipe_of_a_real_run(file, pipe):
    tools = {"svcctl": smbexec.smbexec, "atsvc": tasks.atexec}
    real = {f["AccessMask"] for _, i, _, f in evtx(file) if int(i) == 5145 and f["RelativeTargetName"] == pipe}
    stage = Stage()
    tools[pipe](stage.scene, stage.move(**NTLM), Job("cmd.exe /c whoami"))
    opened = [e.fields for e in stage.on(stage.target) if e.form.kind == "security.5145"]
    ours = {f["AccessMask"] for f in opened if f["RelativeTargetName"] == pipe}
    if not real:
        pytest.skip("this corpus has no such run")
    assert ours == real


def test_only_the_fields_of_the_newer_task_events_are_not_from_the_corpus():
    stage = Stage()
    stage.target.os = "2022"
    tasks.schtasks(stage.scene, stage.move(), Job("cmd.exe /c whoami"))
    newer = next(e for e in stage.on(stage.target) if e.form.kind == "security.4698")
    assert set(newer.fields) - set(newer.form.fields) == {
        "ClientProcessStartKey", "ClientProcessId", "ParentProcessId", "RpcCallClientLocality", "FQDN",
    }  # fmt: skip
