"""Every query of the library finds what it is for, and not what only looks alike."""

from __future__ import annotations

import re

import pytest

from hopwatch.hunt.library import queries
from tests.hunt.world import SYSMON, Log, asking, stored

DAY = 24 * 60
MSI = r"\\*\ADMIN$"


def elevated(log: Log, host: str, at: float, logon: str = "0x51000") -> None:
    log.add(4672, host, at, SubjectLogonId=logon, SubjectUserName="adm.keller")


def rare_admin_pairs(log: Log) -> None:
    log.logon("pair-hit", 0, ip="10.20.1.11")
    elevated(log, "pair-hit", 0.01)
    for day in range(3):
        log.logon("pair-miss-daily", day * DAY, ip="10.20.1.12", TargetLogonId=f"0x{day}aa1")
        elevated(log, "pair-miss-daily", day * DAY, f"0x{day}aa1")
    log.logon("pair-miss-plain", 0, ip="10.20.1.13", TargetLogonId="0x777")


def first_ntlm(log: Log) -> None:
    for host in ("ntlm-hit", "ntlm-miss-kerberos"):
        log.logon(host, 0, user="k.fuchs")
    log.logon("ntlm-hit", 60, user="k.fuchs", AuthenticationPackageName="NTLM", LmPackageName="NTLM V2")
    log.logon("ntlm-miss-always", 60, user="k.fuchs", AuthenticationPackageName="NTLM")


def services_from_shares(log: Log) -> None:
    for i, path in enumerate(
        (
            r"\\127.0.0.1\ADMIN$\a.exe",
            r"\\10.20.1.11\tools\a.exe",
            "%COMSPEC% /Q /c echo x",
            r"C:\Windows\System32\cmd.exe /c x",
        )
    ):
        log.add(7045, f"service-hit{i}", 0, channel="System", ServiceName="upd", ImagePath=path)
    log.add(4697, "service-hit-audit", 0, ServiceName="upd", ServiceFileName=r"\\10.20.1.11\c$\upd.exe")
    log.add(
        7045,
        "service-miss",
        0,
        channel="System",
        ServiceName="agent",
        ImagePath=r"C:\Program Files\Agent\cmdagent.exe -k",
    )


def winrm_by_non_admins(log: Log) -> None:
    for host in ("winrm-hit", "winrm-miss-admin"):
        log.logon(host, 0, TargetLogonId="0x61000")
        log.process(
            host,
            1,
            r"C:\Windows\System32\whoami.exe",
            SubjectLogonId="0x61000",
            ParentProcessName=r"C:\Windows\System32\wsmprovhost.exe",
        )
    elevated(log, "winrm-miss-admin", 0.1, "0x61000")
    log.process("winrm-miss-other", 1, r"C:\Windows\System32\whoami.exe", ParentProcessName=r"C:\Windows\explorer.exe")


def logons_before_log_clearing(log: Log) -> None:
    log.logon("clear-hit", 0)
    log.add(1102, "clear-hit", 30, SubjectUserName="adm.keller")
    log.logon("clear-miss-later", 0)
    log.add(1102, "clear-miss-later", 90, SubjectUserName="adm.keller")
    log.add(104, "clear-miss-before", 0, channel="System")
    log.logon("clear-miss-before", 5)
    log.logon("clear-miss-local", 0, ip="127.0.0.1")
    log.add(1102, "clear-miss-local", 10)


def fan_out(log: Log) -> None:
    for i in range(6):
        log.logon(f"fan-hit{i}", i, user="spray", ip="10.20.1.66")
        log.logon(f"fan-miss{i}", i * 60, user="slow", ip="10.20.1.67")


def dormant_accounts(log: Log) -> None:
    log.logon("dormant-miss-first", 0, user="old.admin")
    log.logon("dormant-hit", 40 * DAY, user="old.admin")
    for day in range(0, 60, 20):
        log.logon("dormant-miss", day * DAY, user="steady")


def shells_in_remote_sessions(log: Log) -> None:
    log.logon("shell-hit", 0, TargetLogonId="0x71000")
    log.process("shell-hit", 1, r"C:\Windows\System32\cmd.exe", SubjectLogonId="0x71000")
    log.logon("shell-miss", 0, TargetLogonId="0x71000")
    log.process("shell-miss", 1, r"C:\Windows\System32\cmd.exe", SubjectLogonId="0x99000")
    log.process("shell-miss", 1, r"C:\Windows\System32\notepad.exe", SubjectLogonId="0x71000")


def psexec_pipes(log: Log) -> None:
    log.add(
        5145,
        "pipe-hit",
        0,
        ShareName=r"\\*\IPC$",
        RelativeTargetName="svcx-WS01-1234-stdin",
        SubjectUserName="adm.keller",
    )
    log.add(17, "pipe-hit-sysmon", 0, channel=SYSMON, PipeName=r"\PSEXESVC", Image="System")
    log.add(5145, "pipe-miss", 0, ShareName=r"\\*\IPC$", RelativeTargetName="srvsvc", SubjectUserName="adm.keller")
    log.add(
        5145, "pipe-miss-file", 0, ShareName=r"\\*\data", RelativeTargetName="notes-stdin", SubjectUserName="adm.keller"
    )


def explicit_credentials(log: Log) -> None:
    fields = {"SubjectUserName": "m.huber", "TargetUserName": "adm.keller", "ProcessName": r"C:\Tools\psexec.exe"}
    log.add(4648, "explicit-hit", 0, TargetServerName="srv09.corp.example", **fields)
    log.add(4648, "explicit-miss-local", 0, TargetServerName="localhost", **fields)
    log.add(4648, "explicit-miss-own", 0, TargetServerName="EXPLICIT-MISS-OWN", **fields)
    log.add(4648, "explicit-miss-same", 0, TargetServerName="srv09", **(fields | {"TargetUserName": "M.Huber"}))


def tasks_by_remote_sessions(log: Log) -> None:
    for host, address in (("task-hit", "10.20.1.11"), ("task-miss", "127.0.0.1")):
        log.logon(host, 0, ip=address, TargetLogonId="0x81000")
        log.add(
            4698,
            host,
            1,
            SubjectLogonId="0x81000",
            SubjectUserName="adm.keller",
            TaskName=r"\upd",
            TaskContent="<Task/>",
        )


def programs_to_admin_shares(log: Log) -> None:
    fields = {"SubjectUserName": "adm.keller", "IpAddress": "10.20.1.11"}
    log.add(
        5145, "program-hit", 0, ShareName=MSI, RelativeTargetName=r"Temp\upd.exe", AccessList="%%4417 %%4418", **fields
    )
    log.add(
        5145, "program-hit-drive", 0, ShareName=r"\\*\C$", RelativeTargetName="run.ps1", AccessList="%%4417", **fields
    )
    log.add(
        5145,
        "program-miss-read",
        0,
        ShareName=MSI,
        RelativeTargetName=r"System32\cmd.exe",
        AccessList="%%4416",
        **fields,
    )
    log.add(
        5145,
        "program-miss-share",
        0,
        ShareName=r"\\*\data",
        RelativeTargetName="upd.exe",
        AccessList="%%4417",
        **fields,
    )
    log.add(5145, "program-miss-text", 0, ShareName=MSI, RelativeTargetName="notes.txt", AccessList="%%4417", **fields)


def failures_then_logon(log: Log) -> None:
    for host, times in (("guess-hit", 6), ("guess-miss-few", 2)):
        for i in range(times):
            log.add(4625, host, i, TargetUserName=f"user{i}", IpAddress="10.20.1.77", LogonType="3")
        log.logon(host, 8, ip="10.20.1.77")
    for i in range(6):
        log.add(4625, "guess-miss-after", 20 + i, TargetUserName="user", IpAddress="10.20.1.77", LogonType="3")
    log.logon("guess-miss-after", 10, ip="10.20.1.77")


def weak_service_tickets(log: Log) -> None:
    for user, service, cipher in (
        ("hit", "svc_sql", "0x17"),
        ("miss-aes", "svc_sql", "0x12"),
        ("miss-host", "SRV01$", "0x17"),
    ):
        log.add(
            4769,
            "dc01",
            0,
            TargetUserName=f"ticket-{user}",
            ServiceName=service,
            TicketEncryptionType=cipher,
            Status="0x0",
            IpAddress="10.20.1.5",
        )


STORIES = {
    "rare-admin-pairs": rare_admin_pairs, "first-ntlm": first_ntlm, "services-from-shares": services_from_shares,
    "winrm-by-non-admins": winrm_by_non_admins, "logons-before-log-clearing": logons_before_log_clearing, "fan-out": fan_out,  # noqa: E501
    "dormant-accounts": dormant_accounts, "shells-in-remote-sessions": shells_in_remote_sessions, "psexec-pipes": psexec_pipes,  # noqa: E501
    "explicit-credentials": explicit_credentials, "tasks-by-remote-sessions": tasks_by_remote_sessions,
    "programs-to-admin-shares": programs_to_admin_shares, "failures-then-logon": failures_then_logon,
    "weak-service-tickets": weak_service_tickets,
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One store of all the stories, each on hosts or accounts of its own."""
    folder = tmp_path_factory.mktemp("library")
    log = Log()
    for story in STORIES.values():
        story(log)
    return log, asking(stored(log, folder), folder)


def marks(log: Log, story: str) -> set[str]:
    """The hosts or accounts of a story whose names say that they are hits."""
    own = Log()
    STORIES[story](own)
    names = {
        w
        for r in own.records
        for w in (r["Event"]["System"]["Computer"].split(".")[0], r["Event"]["EventData"].get("TargetUserName", ""))
    }
    return {name for name in names if re.search(r"-(hit|miss)", name)}


@pytest.mark.parametrize("name", STORIES)
def test_a_query_finds_its_hits_and_none_of_what_looks_alike(world, name):
    log, asks = world
    text = next(query.text for query in queries() if query.name == name)
    found = str(asks.rows(text, "kql"))
    expected = marks(log, name)
    assert {mark for mark in expected if re.search(rf"\b{mark}\b", found)} == {
        mark for mark in expected if "-hit" in mark
    }


def test_hops_between_workstations_are_found_among_the_hops(tmp_path):
    log = Log()
    log.logon("ws01")
    store = stored(log, tmp_path)
    import duckdb

    con = duckdb.connect(str(store))
    con.execute("DELETE FROM hops")
    for number, (source, target, technique) in enumerate(
        (
            ("workstation", "workstation", "psexec"),
            ("workstation", "server", "psexec"),
            ("workstation", "workstation", "remote_logon"),
        )
    ):
        con.execute(
            "INSERT INTO hops (id, source_roles, target_roles, technique) VALUES (?, ?, ?, ?)",
            [f"h-{number}", source, target, technique],
        )
    con.close()
    asks = asking(store, tmp_path)
    text = next(query.text for query in queries() if query.name == "hops-between-workstations")
    assert [row["technique"] for row in asks.rows(text, "kql")] == ["psexec"]


def test_connections_of_one_day_are_found_among_those_of_hosts_that_a_sensor_knows(tmp_path):
    log = Log()
    log.logon("ws01")
    store = stored(log, tmp_path)
    import duckdb

    con = duckdb.connect(str(store))
    for day, server in ((1, "10.20.2.1"), (2, "10.20.2.1"), (2, "10.20.2.9")):
        con.execute(
            "INSERT INTO connection (key, time, orig_ip, resp_ip, resp_port) VALUES (?, ?, '10.20.1.1', ?, 445)",
            [day * 100 + len(server + str(day)), f"2026-03-0{day}", server],
        )
    con.close()
    asks = asking(store, tmp_path)
    text = next(query.text for query in queries() if query.name == "new-admin-connections")
    assert [row["resp_ip"] for row in asks.rows(text, "kql")] == ["10.20.2.9"]


def test_every_query_has_a_test_and_says_what_it_is_for():
    tested = {*STORIES, "hops-between-workstations", "new-admin-connections"}
    assert {query.name for query in queries()} == tested
    for query in queries():
        assert all((query.title, query.why.endswith("."), query.attack, query.like))
        assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", name) for name in query.attack)
