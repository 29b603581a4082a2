"""Compares what a scan finds in a simulation with the truth: recall, attribution, false alerts, delay."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from hopwatch.lab.course import Course, Pathway, bare, empty, follow
from hopwatch.lab.verify import Truth, logs_of, truth_of
from hopwatch.model.hop import Hop
from hopwatch.model.path import Path as Told
from hopwatch.pipeline.logs import LogOptions
from hopwatch.pipeline.past import PastOptions
from hopwatch.pipeline.scan import Result, ScanOptions, scan

SLACK = timedelta(minutes=2)
# Techniques that one movement may rightly be called by: the tool's own name, or what it does.
FAMILIES = (
    frozenset({"psexec", "psexec_like", "smbexec", "remote_service"}),
    frozenset({"winrm_exec"}),
    frozenset({"wmi_exec", "dcom_exec"}),
    frozenset({"remote_task"}),
    frozenset({"rdp"}),
)


@dataclass(frozen=True)
class Span:
    """The simulated time that counts: after the days of the baseline."""

    begin: datetime
    days: float


@dataclass
class Tally:
    """Hops of one technique: how many there are, found, and attributed."""

    hops: int = 0
    found: int = 0
    source: int = 0
    account: int = 0
    technique: int = 0


@dataclass
class Score:
    """All figures of one comparison."""

    total: Tally = field(default_factory=Tally)
    campaigns: dict[str, Course] = field(default_factory=dict)
    techniques: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    missed: list[str] = field(default_factory=list)
    alerts: int = 0
    false_alerts: int = 0
    false_by: dict[str, int] = field(default_factory=dict)
    false_paths: int = 0
    days: float = 0.0
    delays: list[float] = field(default_factory=list)
    best_ranks: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    events: int = 0

    def _attribution(self) -> dict[str, float | None]:
        return {name: ratio(getattr(self.total, name), self.total.found) for name in ("source", "account", "technique")}

    def to_dict(self) -> dict[str, Any]:
        """Give the figures in JSON's types."""
        return {
            "hops": self.total.hops, "recall": ratio(self.total.found, self.total.hops),
            "techniques": {name: _shown(tally) for name, tally in sorted(self.techniques.items())},
            "attribution": self._attribution(),
            "campaigns": {name: asdict(course) for name, course in self.campaigns.items()},
            "campaigns_complete": sum(course.complete for course in self.campaigns.values()),
            "campaigns_in_one_path": sum(course.one_path for course in self.campaigns.values()),
            "false_paths": self.false_paths, "missed": self.missed, "alerts": self.alerts, "days": round(self.days, 2),
            "false_alerts": self.false_alerts, "false_alerts_a_day": ratio(self.false_alerts, self.days),
            "false_by": self.false_by, "best_ranks": self.best_ranks,
            "seconds_to_alert": round(median(self.delays), 1) if self.delays else None,
            "scan_seconds": round(self.seconds, 1), "events": self.events,
        }  # fmt: skip


def score(folder: Path, baseline_days: int = 0, context: Path | None = None) -> Score:
    """Scan a simulation and compare, with a context where one is given.

    The first `baseline_days` teach a baseline and do not count.

    The delay of a hop is from its first evidence to the last that its alert leans on.
    Raises InputError for a folder that is not a simulation.
    """
    truth, paths = truth_of(folder), logs_of(folder)
    about = orjson.loads((folder / "lab.json").read_bytes())
    begin = datetime.fromisoformat(about["start"]) + timedelta(days=baseline_days)
    started = time.monotonic()
    result = scan(paths, ScanOptions(LogOptions(context=context), past=PastOptions(days=baseline_days or None)))
    span = Span(begin, max(about["days"] - baseline_days, 0.01))
    figures = compare(result.hops, truth, span, result.paths)
    figures.seconds, figures.events = time.monotonic() - started, _events(result)
    return figures


def _events(result: Result) -> int:
    return result.summary.records


def compare(hops: Sequence[Hop], truth: Truth, span: Span, paths: Sequence[Told] = ()) -> Score:
    """Compare hops, and the scan's paths of them, with the truth within a span."""
    figures = Score(days=span.days)
    true_hops = [hop for hop in truth["hops"] if _moment(hop["time"]) >= span.begin]
    alerts = [hop for hop in hops if hop.alert and hop.end >= span.begin]
    for true in true_hops:
        _count(true, _found(true, alerts), figures)
    false = [alert for alert in alerts if not any(matches(alert, true) for true in truth["hops"])]
    figures.alerts, figures.false_alerts = len(alerts), len(false)
    figures.false_by = _by(false)
    figures.best_ranks = ranks(hops, truth)
    by_id = {hop.id: hop for hop in hops}
    told = [(path, [by_id[name] for name in path.hops if name in by_id]) for path in paths if path.end >= span.begin]
    figures.campaigns = courses(hops, truth, true_hops, told)
    figures.false_paths = sum(empty(path, along, truth, matches) for path, along in told)
    return figures


def courses(
    hops: Sequence[Hop], truth: Truth, true_hops: Sequence[Truth], paths: Sequence[Pathway] = ()
) -> dict[str, Course]:
    """Tell of each campaign how many of its hops alerts found, in which order, and how much of it one path holds."""
    alerts = [hop for hop in hops if hop.alert]
    campaigns = {campaign["campaign"]: campaign for campaign in truth.get("campaigns", ())}
    found: dict[str, Course] = {}
    for name in dict.fromkeys(true["campaign"] for true in true_hops):
        course = found[name] = _followed([true for true in true_hops if true["campaign"] == name], alerts)
        if paths:
            follow(course, campaigns.get(name, {"campaign": name}), truth, paths, _is)
    return found


def _followed(campaign: list[Truth], alerts: Sequence[Hop]) -> Course:
    """Follow a campaign by alerts: each hop by the one that agrees best, with the right source where there is one."""
    best = [max(_found(true, alerts), key=lambda hop: (_agreement(hop, true), hop.score), default=None)
            for true in campaign]  # fmt: skip
    starts = [hop.start for hop in best if hop is not None]
    right = all(hop is None or _source(hop, true) for hop, true in zip(best, campaign, strict=True))
    return Course(len(campaign), len(starts), right and starts == sorted(starts))


def _is(hop: Hop, true: Truth) -> bool:
    return matches(hop, true) and _source(hop, true)


def _found(true: Truth, alerts: Sequence[Hop]) -> list[Hop]:
    return [alert for alert in alerts if matches(alert, true)]


def matches(hop: Hop, true: Truth) -> bool:
    """Tell whether a hop is a true one: the same target at the same time, within two minutes."""
    if not same_host(hop.target.host, hop.target.ip, true["target"], true["target_ip"]):
        return False
    return hop.start <= _moment(true["end"]) + SLACK and hop.end >= _moment(true["time"]) - SLACK


def same_host(host: str | None, ip: str | None, name: str, address: str) -> bool:
    """Tell whether two ways to name a host agree: by name where there is one, else by address."""
    if host and not host.replace(".", "").isdigit():
        return host.split(".")[0].lower() == name.split(".")[0].lower()
    return ip == address


def _count(true: Truth, found: list[Hop], figures: Score) -> None:
    tallies = (figures.total, figures.techniques[true["technique"]])
    best = max(found, key=lambda hop: (_agreement(hop, true), hop.score), default=None)
    for tally in tallies:
        tally.hops += 1
        if best is not None:
            tally.found += 1
            tally.source += _source(best, true)
            tally.account += _account(best, true)
            tally.technique += _technique(best, true)
    if best is None:
        figures.missed.append(
            f"{true['id']} {true['campaign']}: {true['source']} to {true['target']} at {true['time']}"
        )
    else:
        figures.delays.append(max(0.0, (best.end - _moment(true["time"])).total_seconds()))


def _agreement(hop: Hop, true: Truth) -> int:
    return _source(hop, true) + _account(hop, true) + _technique(hop, true)


def _source(hop: Hop, true: Truth) -> bool:
    return same_host(hop.source.host, hop.source.ip, true["source"], true["source_ip"])


def _account(hop: Hop, true: Truth) -> bool:
    names = {bare(name) for name in (hop.account.name, *hop.account.also) if name}
    return true["account"].lower() in names


def _technique(hop: Hop, true: Truth) -> bool:
    right = {true["technique"], *true["also"]}
    family = next((f for f in FAMILIES if true["technique"] in f), right)
    return hop.technique in right | family


def ranks(hops: Sequence[Hop], truth: Truth) -> dict[str, int]:
    """Give the rank by score of each campaign's best hop among all hops, alerts or not; 1 is the highest."""
    ordered = sorted(hops, key=lambda hop: (-hop.score, hop.id))
    found: dict[str, int] = {}
    for rank, hop in enumerate(ordered, 1):
        for true in truth["hops"]:
            if true["campaign"] not in found and matches(hop, true) and _source(hop, true):
                found[true["campaign"]] = rank
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _by(false: list[Hop]) -> dict[str, int]:
    """How many false alerts there are of each technique and account, the most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for hop in false:
        counts[f"{hop.technique} {hop.account.name or '-'}"] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20])


def _shown(tally: Tally) -> dict[str, Any]:
    return {"hops": tally.hops, "found": tally.found, "recall": ratio(tally.found, tally.hops)}


def ratio(part: float, whole: float) -> float | None:
    """Give a quotient with three digits; null where there is nothing to divide by."""
    return round(part / whole, 3) if whole else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))
