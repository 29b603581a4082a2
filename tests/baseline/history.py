"""A past made by hand: an organisation whose days are alike, and hops in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from hopwatch.baseline.ask import ask
from hopwatch.baseline.learn import rows_of
from hopwatch.baseline.replay import Terms
from hopwatch.baseline.rows import merge, table
from hopwatch.model.baseline import Baseline
from hopwatch.model.draft import Contribution, Draft
from hopwatch.model.hop import LEGS, Account, Auth, LegState, Source, Target
from hopwatch.model.rule import Policy

MONDAY = datetime(2026, 3, 2)
SERVERS = [f"APP{n:02d}" for n in range(1, 9)]
OTHERS = ["DC01", "DC02", "DC03", "JMP01", "BKP01"]
STATIONS = [f"WS{n:02d}" for n in range(1, 31)]
HOSTS = [*SERVERS, *OTHERS, *STATIONS]
NUMBERS = count(1)
WORKDAYS = (0, 1, 2, 3, 4)


def hop(day, source, target, account, technique="psexec", hour=10, policy=Policy.DUAL_USE, **more):  # noqa: PLR0913
    """A hop on a day (0 is a Monday); `policy` WEAK is a logon alone."""
    start, ip = MONDAY + timedelta(days=day, hours=hour), more.pop("ip", "10.20.0.9")
    come_from = Source(f"{source}.corp.example", ip) if source else Source()
    given = Contribution("rule", "execution", 30, policy, "said", "Security 1", 1)
    values = {
        "id": f"h-{next(NUMBERS)}", "start": start, "end": start + timedelta(minutes=1),
        "source": more.pop("known", come_from), "target": Target(f"{target}.corp.example"),
        "account": Account(account, "CORP"), "technique": technique, "techniques": (technique,), "attack": (),
        "auth": Auth(), "key_length": None, "legs": dict.fromkeys(LEGS, LegState.SEEN),
        "remote_origin": "a network logon from another host", "contributions": (given,), "evidence": (),
        "evidence_total": 1,
    }  # fmt: skip
    return Draft(**values | more)


def row(part, day, source, target, account=None, what=None):
    """A row of a baseline on a day."""
    return (part, (MONDAY + timedelta(days=day)).date(), source, target, account, what, 1 << 10, None)


def covered(days, hosts=HOSTS):
    """Rows that say that hosts sent their logs on some days."""
    return [
        row("covers", day, None, host.lower(), None, what)
        for day in days
        for host in hosts
        for what in ("logon", "execution")
    ]


def usual(days=range(10)):
    """What is done on every working day: two administrators from the jump host, backup, deployment, helpdesk."""
    for day in days:
        if day % 7 in WORKDAYS:
            for i, target in enumerate(SERVERS[:6]):
                yield hop(day, "JMP01", target, "adm.keller", "psexec" if i % 2 else "winrm_exec", hour=8 + i)
                yield hop(day, "JMP01", target, "adm.rossi", "winrm_exec", hour=9 + i)
            for target in STATIONS[:8]:
                yield hop(day, "WS01", "WS09" if target == "WS01" else target, "desk.amin", hour=11)
        for target in SERVERS:
            yield hop(day, "BKP01", target, "svc-backup", "remote_service", hour=22)
        for target in STATIONS[day % 7 : day % 7 + 8]:
            yield hop(day, "BKP01", target, "svc-deploy", "remote_service", hour=19)


def logons(days=range(10)):
    """Who logs on where on every day: users at their keyboards, and to file servers."""
    rows = []
    for day in days:
        for n, station in enumerate(STATIONS):
            rows.append(row("console", day, station.lower(), station.lower(), f"user{n}"))
            rows.append(row("logon", day, station.lower(), "app08", f"user{n}", "network Kerberos"))
        for dc in ("dc01", "dc02", "dc03"):
            rows.append(row("role", day, None, dc, None, "directory"))
        rows.append(row("logon", day, "ws02", "jmp01", "adm.keller", "desktop Negotiate"))
    return rows


def past(days=range(10), more=(), alerting=(), rows=()):
    """Everything that is usual, on these days."""
    known = [*usual(days), *more]
    parts = [rows_of(known, {draft.id for draft in alerting}), rows_of(list(alerting), {d.id for d in alerting})]
    return merge([Baseline(part) for part in (*parts, table([*covered(days), *logons(days), *rows]))])


def said(baseline, *hops, teaching=None):
    """What the baseline says of hops that follow it; they are part of their own day."""
    days = sorted({(draft.start - MONDAY).days for draft in hops})
    here = merge([baseline, Baseline(rows_of(hops, ())), Baseline(table(covered(days)))])
    return ask(here, hops, Terms(teaching))


def texts(standing):
    return [finding.text for finding in standing.findings]


def weights_of(standing):
    return [finding.weight.removeprefix("baseline.") for finding in standing.findings]
