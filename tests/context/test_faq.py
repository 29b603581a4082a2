"""Each entry that the documentation gives against a false alarm silences that work, and nothing beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from hopwatch.model.rule import Policy
from tests.context.drafts import draft, judged, weights_of

PAGE = (Path(__file__).parents[2] / "docs/faq.md").read_text("utf-8")
ENTRIES = dict(re.findall(r"^## ([^\n]+)\n[^#]*?```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
PUSH = "remote_service"
EARLY, DAY, NIGHT = (datetime(2026, 3, 10, hour) for hour in (3, 12, 23))


@dataclass(frozen=True)
class Work:
    """Work that a section is about; the same of `stranger` alerts all the same."""

    source: str
    target: str
    account: str
    way: str
    at: datetime = DAY
    ip: str | None = None
    stranger: str = "mallory"


WORK = {
    "SCCM / Configuration Manager: client push and remote tools": Work("SCCM01", "WS11", "svc-sccm", PUSH, NIGHT),
    "Veeam and other backup": Work("BKP01", "SQL02", "svc-veeam", "remote_service", NIGHT),
    "Vulnerability scanners": Work("", "SRV03", "svc-scan", "remote_registry", EARLY, "10.20.9.7"),
    "Ansible and other automation over WinRM": Work("", "SRV03", "svc-ansible", "winrm_exec", ip="10.20.9.8"),
    "Administrators at a jump host": Work("JMP01", "SRV03", "adm-kim", "psexec"),
    "The helpdesk": Work("HELP02", "WS11", "hd-lee", "winrm_exec"),
    "Software deployment at night": Work("DEPLOY01", "WS11", "svc-deploy", "remote_task", NIGHT),
    "Monitoring over WMI": Work("MON01", "SRV03", "svc-mon", "wmi_exec"),
    "A test of the red team": Work("", "SRV03", "alice", "psexec", ip="10.20.66.9"),
    "SQL Server's jobs that start programs": Work("APP01", "SQL02", "svc-sql", "mssql"),
}  # fmt: skip
ANYBODY = {"A test of the red team"}  # whoever it is


def hop(work: Work, account: str):
    more = {"ip": work.ip} if work.ip else {}
    return draft(work.source, work.target, account, work.way, at=work.at, **more)


@pytest.mark.parametrize("name", WORK)
def test_the_entry_silences_the_work_that_it_is_for(name):
    work = WORK[name]
    assert [one.alert for one in judged("{}", hop(work, work.account))] == [True]
    assert [one.alert for one in judged(ENTRIES[name], hop(work, work.account))] == [False]


@pytest.mark.parametrize("name", sorted(set(WORK) - ANYBODY))
def test_the_same_by_another_account_alerts(name):
    work = WORK[name]
    assert [one.alert for one in judged(ENTRIES[name], hop(work, work.stranger))] == [True]


def test_every_entry_of_the_page_is_proved():
    assert set(ENTRIES) - set(WORK) == {"Windows event forwarding"}


def test_a_call_to_a_collector_is_usual():
    call = draft("WS11", "WEC01", "", "winrm_exec", policy=Policy.WEAK)
    assert weights_of(ENTRIES["Windows event forwarding"], call) == {"collector"}
    assert weights_of("{}", call) == set()
