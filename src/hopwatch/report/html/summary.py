"""The summary in plain words: what was read, what was found, what could not be seen, and how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hopwatch.model.hop import LEGS, SEVERITIES, Hop, LegState
from hopwatch.report.words import count, short

if TYPE_CHECKING:
    from hopwatch.model.path import Path
    from hopwatch.model.summary import Summary
    from hopwatch.report.html.report import Report

MOST = 12  # lines of one kind
SHOWS = {
    "logon": "as whom somebody came",
    "execution": "what was run",
    "network": "the connection itself",
}


def summary_of(report: Report) -> dict[str, Any]:
    """Give `headline` and four lists of sentences: `read`, `found`, `unseen`, `sure`."""
    return {
        "headline": _headline(report),
        "read": list(_read(report.summary)),
        "found": list(_found(report)),
        "unseen": list(_unseen(report)),
        "sure": list(_sure(report)),
    }


def _headline(report: Report) -> str:
    if not report.summary.files:
        return "Nothing was read"
    alerts = _alerts(report)
    if not alerts:
        return "No sign of an intruder moving in what was read"
    path = next((path for path in report.paths if path.alert), None)
    first = alerts[0]
    if path:
        where = f"the gravest path leads from {_name(path.hosts[0])} to {_name(path.hosts[-1])}"
    else:
        where = f"the gravest is {first.severity}, on {_name(first.target.host or first.target.ip or '?')}"
    return f"{count(len(alerts), 'alert')}: {where}"


def _alerts(report: Report) -> list[Hop]:
    return [hop for hop in report.hops if hop.alert]


def _read(summary: Summary) -> Iterator[str]:
    if not summary.files:
        yield "None of the files is a log that hopwatch reads."
        return
    formats = ", ".join(f"{number:,} {name}" for name, number in sorted(summary.formats.items()))
    yield f"{count(summary.files, 'log')} with {count(summary.records, 'record')} of {count(summary.hosts, 'host')}."
    kept = summary.kept - summary.duplicates
    yield f"{kept:,} of the records can tell of movement and were kept{f' ({formats})' if formats else ''}."
    if summary.first and summary.last:
        yield f"They span {summary.first:%Y-%m-%d %H:%M} to {summary.last:%Y-%m-%d %H:%M} UTC."
    if summary.duplicates:
        yield f"{count(summary.duplicates, 'record')} came twice and {_is(summary.duplicates)} counted once."
    yield from _some([f"A clock was mended: {text}" for text in sorted(summary.corrected)])
    yield from _some([f"Of the context: {text}" for text in summary.warnings])


def _found(report: Report) -> Iterator[str]:
    summary, alerts = report.summary, _alerts(report)
    grave = Counter(hop.severity for hop in alerts)
    ranks = ", ".join(f"{grave[name]:,} {name}" for name in reversed(SEVERITIES) if grave[name])
    yield f"{count(summary.hops, 'hop')} between hosts; {count(len(alerts), 'alert')}{f' ({ranks})' if ranks else ''}."
    if weak := summary.hops - len(report.hops) - report.omitted:
        yield f"{count(weak, 'hop')} {_is(weak)} not asked for, or of weak evidence alone (--all has them)."
    paths = [path for path in report.paths if path.alert]
    if paths:
        yield f"{_many(paths)}: the gravest leads from {_route(paths[0])}."
    if summary.suppressed:
        yield f"{count(summary.suppressed, 'hop')} {_is(summary.suppressed)} allowed by the context, and suppressed."
    for e in summary.escalations[:MOST]:
        how = f"by Kerberos (service {e.service}): no hop, but grave"
        yield f"On {e.host}, {e.account} became the machine itself {how}."
    if report.omitted:
        yield f"{count(report.omitted, 'hop')} of the least score {_is(report.omitted)} left out of this page."


def _many(paths: list[Path]) -> str:
    return f"{count(len(paths), 'path')} of hops that led to each other"


def _route(path: Path) -> str:
    hosts = [_name(host) for host in path.hosts]
    names = hosts if len(hosts) <= 5 else [*hosts[:4], f"{len(hosts) - 4} more"]
    return f"{names[0]} to {' and '.join([', '.join(names[1:-1]), names[-1]] if len(names) > 2 else names[1:])}"


def _name(host: str) -> str:
    return short(host).upper()


def _unseen(report: Report) -> Iterator[str]:
    alerts, hidden = _alerts(report), False
    for leg in LEGS:
        missing = sum(hop.legs[leg] is LegState.NOT_COLLECTED for hop in alerts)
        if missing:
            hidden = True
            yield f"For {missing:,} of {count(len(alerts), 'alert')} no log was collected that shows {SHOWS[leg]}."
    nowhere = sum(not (hop.source.host or hop.source.ip) for hop in alerts)
    if nowhere:
        hidden = True
        yield f"Of {count(nowhere, 'alert')} nothing says where it came from."
    blind = (report.coverage or {}).get("blind", ())
    yield from _some([spot["text"] for spot in blind if spot.get("host")], 6)
    skips = report.summary.skips
    yield from _some([f"Not read: {skip.file}: {skip.reason} ({skip.count:,})" for skip in skips])
    if not hidden and not skips and not blind and report.summary.files:
        yield "Whatever no log tells of: hosts and networks that were not collected are not in here at all."


def _sure(report: Report) -> Iterator[str]:
    alerts = _alerts(report)
    if not alerts:
        yield from _sure_of_nothing(report)
        return
    legs = Counter(sum(hop.legs[leg] is LegState.SEEN for leg in LEGS) for hop in alerts)
    if legs[3]:
        yield f"{count(legs[3], 'alert')} {_stand(legs[3])} on three independent proofs: logon, execution and network."
    if legs[2]:
        yield f"{count(legs[2], 'alert')} {_stand(legs[2])} on two of the three."
    if few := legs[1] + legs[0]:
        yield f"{count(few, 'alert')} {_stand(few)} on one alone, or on the source's own word: look at these with care."
    plain = sum(any("no baseline or context covers" in reason.text for reason in hop.reasons) for hop in alerts)
    if plain:
        why = "no baseline or context says what is usual there"
        yield f"{count(plain, 'alert')} could be an administrator's work: {why}."


def _sure_of_nothing(report: Report) -> Iterator[str]:
    if not report.summary.files:
        yield "Nothing can be said either way."
        return
    yield "No alert is no proof that nothing happened; it holds for what these logs can show."
    if report.hops:
        yield f"{count(len(report.hops), 'hop')} below an alert can be shown under the filters."


def _some(texts: list[str], most: int = MOST) -> Iterator[str]:
    yield from texts[:most]
    if len(texts) > most:
        yield f"… and {len(texts) - most:,} more of this kind."


def _is(number: int) -> str:
    return "was" if number == 1 else "were"


def _stand(number: int) -> str:
    return "stands" if number == 1 else "stand"
