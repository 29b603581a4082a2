"""The checks of what a run of a tool left: on its target, on the wire, and in the correlation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hopwatch.lab.forms import table
from hopwatch.lab.runs import FORWARD, Lab, host_of, pointers, runs
from hopwatch.lab.settings import SYSMON, fix
from hopwatch.model.checklist import Check, Status
from hopwatch.model.hop import LegState

if TYPE_CHECKING:
    from hopwatch.model.hop import Hop

WITHIN = timedelta(minutes=5)
PORTS = {"winrm_exec": "5985 or 5986"}  # of the others: 445, or 135 and a dynamic port
PRIVILEGED = (
    "psexec",
    "psexec_like",
    "smbexec",
    "remote_service",
    "wmi_exec",
    "winrm_exec",
    "remote_task",
    "dcom_exec",
)


@dataclass(frozen=True)
class Found:
    """What was found of one thing that a run should have left."""

    what: str
    records: tuple[str, ...]
    fix: str


def left(lab: Lab) -> Iterator[Check]:
    """Check of every run of a tool what it left on its target."""
    for run in table("checks")["run"]:
        by_target = _by_target(runs(lab.hops, run["techniques"]))
        if not by_target:
            yield Check(
                run["name"], run["title"], Status.NOT_SEEN, text=f"no such run is in these logs; try: {run['try']}"
            )
        for host, hops in sorted(by_target.items()):
            yield max(
                (_run(lab, run, host, hop) for hop in hops),
                key=lambda check: (check.status == Status.PASS, len(check.records)),
            )


def _run(lab: Lab, run: dict[str, Any], host: str, hop: Hop) -> Check:
    if not lab.logs(host):
        return Check(run["name"], run["title"], Status.FAIL, host, "the target forwards no log",
                     pointers(hop, "source", "network"), FORWARD)  # fmt: skip
    found = [
        Found(n["what"], tuple(lab.around(hop, n["where"])), n["fix"])
        for n in (*run["needs"], table("checks")["logon"])
    ]
    records = tuple(record for one in found for record in one.records[:1])
    missing = [one for one in found if not one.records]
    if not missing:
        return Check(run["name"], run["title"], Status.PASS, host, _names(found), records)
    if all(one.fix == "Security/4688" for one in missing) and lab.names_parents(host):
        text = f"processes are collected with their parents, and no {_names(missing)} is among them: none ran"
        return Check(run["name"], run["title"], Status.NOT_SEEN, host, text, records)
    there = _names([one for one in found if one.records]) or "nothing of it"
    text = f"no {' and no '.join(one.what for one in missing)}; there is {there}"
    return Check(run["name"], run["title"], Status.FAIL, host, text, records, _fix(lab, host, missing[0]))


def _names(found: Iterable[Found]) -> str:
    return ", ".join(one.what for one in found)


def _fix(lab: Lab, host: str, missing: Found) -> str:
    """What to switch on: where process creations are audited and yet say nothing, Sysmon says more."""
    if missing.fix == "Security/4688" and lab.collects(host, missing.fix):
        return f"4688 is collected, and names no such parent: {fix(f'{SYSMON}/1')}"
    return lab.fix(host, missing.fix)


def _by_target(hops: Iterable[Hop]) -> dict[str, list[Hop]]:
    found: dict[str, list[Hop]] = {}
    for hop in hops:
        found.setdefault(host_of(hop), []).append(hop)
    return found


def executed(lab: Lab) -> dict[str, list[Hop]]:
    """The hops that executed something on another host, by target."""
    return _by_target(runs(lab.hops, PRIVILEGED))


def connected(lab: Lab) -> Iterator[Check]:
    """Check that a connection on the tool's port matches the logon."""
    title = "The logon is matched by a connection on 445, 135 or 5985/5986"
    for host, hops in sorted(executed(lab).items()):
        best = max(hops, key=_is_connected)
        if _is_connected(best):
            yield Check("connection", title, Status.PASS, host, "network leg seen", pointers(best, "network"))
        else:
            absent = best.legs["network"] == LegState.ABSENT
            text = (
                "connections are collected, and none of this pair is among them"
                if absent
                else "no connections are collected"
            )
            ports = PORTS.get(best.technique, "445 and 135")
            mend = f"{fix(f'{SYSMON}/3')}; or a Zeek or Suricata sensor that sees ports {ports}"
            yield Check("connection", title, Status.FAIL, host, text, pointers(best, "logon"), mend)


def _is_connected(hop: Hop) -> bool:
    """Whether a connection itself was seen: by the host (Sysmon 3, 5156) or by a sensor; a pipe is none."""
    return any(e.leg == "network" and (e.event_id in (3, 5156) or e.host is None) for e in hop.evidence)


def privileged(lab: Lab) -> Iterator[Check]:
    """Check that the privileges of the account's logon were told (4672)."""
    title = "4672 tells the privileges of the account that logged on"
    for host, hops in sorted(executed(lab).items()):
        found = next(((hop, some) for hop in hops if (some := _special(lab, hop))), None)
        if found is not None:
            name = found[0].account.name or "the account"
            yield Check("special_privileges", title, Status.PASS, host, f"of {name}", tuple(found[1][:1]))
        elif lab.collects(host, "Security/4672"):
            yield Check(
                "special_privileges", title, Status.NOT_SEEN, host, "4672 is collected, and none is of this logon"
            )
        else:
            yield Check("special_privileges", title, Status.FAIL, host, "no 4672", (), lab.fix(host, "Security/4672"))


def _special(lab: Lab, hop: Hop) -> list[str]:
    if not hop.account.logon_id:
        return []
    number = int(hop.account.logon_id, 16)
    return lab.around(hop, f"channel = 'Security' AND event_id = 4672 AND subject_logon_id = {number}")


def correlated(lab: Lab) -> Iterator[Check]:
    """Check that logon and execution were joined to one hop within five minutes."""
    title = "The correlation fired: logon and execution within five minutes are one hop"
    every = executed(lab)
    if not every:
        yield Check("correlation", title, Status.NOT_SEEN, text="nothing was executed on another host in these logs")
    for host, hops in sorted(every.items()):
        best = max(hops, key=lambda hop: (_joined(hop), hop.alert, hop.score))
        legs = ", ".join(f"{leg} {state.value.replace('_', ' ')}" for leg, state in best.legs.items())
        about = f"{best.technique} {best.id}, score {best.score}: {legs}"
        if _joined(best):
            yield Check("correlation", title, Status.PASS, host, about, pointers(best, "logon", "execution"))
        else:
            missing = "Security/4624" if best.legs["logon"] != LegState.SEEN else "Security/4688"
            yield Check(
                "correlation",
                title,
                Status.FAIL,
                host,
                about,
                pointers(best, "execution", "source"),
                lab.fix(host, missing),
            )


def _joined(hop: Hop) -> bool:
    logons = [e.time for e in hop.evidence if e.leg == "logon"]
    acts = [e.time for e in hop.evidence if e.leg == "execution"]
    if not (logons and acts) or {hop.legs["logon"], hop.legs["execution"]} != {LegState.SEEN}:
        return False
    return min(abs(a - b) for a in logons for b in acts) <= WITHIN


def hunted(lab: Lab) -> Iterator[Check]:
    """Check that the hunting query returns a row, and that the command's own process is seen."""
    title = "The hunting query (4624 type 3, then 4688 of a remote tool within five minutes) returns a row"
    for host, hops in sorted(executed(lab).items()):
        row = lab.hunt_row(host)
        if row is not None:
            logon, process, account, image, records = row
            text = f"{account} at {logon:%H:%M:%S}, {image} {(process - logon).total_seconds():.0f} s later"
            yield Check("hunt", title, Status.PASS, host, text, records)
        else:
            yield _no_row(lab, host, title, hops[0])
        yield _process(lab, host, hops)


def _no_row(lab: Lab, host: str, title: str, hop: Hop) -> Check:
    """Why the hunting query has no row: what is not collected, or that no program of its list ran."""
    missing = [kind for kind in ("Security/4624", "Security/4688") if not lab.collects(host, kind)]
    if not missing:
        text = "4624 and 4688 are collected, and none of the query's programs started within five minutes of a logon"
        return Check("hunt", title, Status.NOT_SEEN, host, text)
    text = f"no {' and no '.join(kind.rpartition('/')[2] for kind in missing)}"
    return Check("hunt", title, Status.FAIL, host, text, pointers(hop, "execution"), lab.fix(host, missing[0]))


def _process(lab: Lab, host: str, hops: list[Hop]) -> Check:
    title = "The process of the command itself is seen on the target"
    found = next((some for hop in hops if (some := lab.around(hop, table("checks")["ran"]["where"]))), None)
    if found:
        return Check("process", title, Status.PASS, host, "a child of the tool's server side", tuple(found[:2]))
    if lab.names_parents(host):
        text = "processes are collected with their parents, and none is below the tool's server side: none ran"
        return Check("process", title, Status.NOT_SEEN, host, text)
    return Check(
        "process",
        title,
        Status.FAIL,
        host,
        "no process creation below the tool's server side",
        (),
        _fix(lab, host, Found("", (), "Security/4688")),
    )
