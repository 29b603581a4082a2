"""Says in sentences what is blind: on which host, for which technique, for want of which events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hopwatch.model.coverage import BlindSpot, HostCoverage, Sight, Subnet, span

SHORT = {
    "Security": "", "System": "System ", "Microsoft-Windows-Sysmon/Operational": "Sysmon ",
    "Microsoft-Windows-TaskScheduler/Operational": "TaskScheduler ", "Microsoft-Windows-WinRM/Operational": "WinRM ",
    "Microsoft-Windows-PowerShell/Operational": "PowerShell ",
}  # fmt: skip
NAMED = 12  # hosts that a line names
LARGE_OFFSET = 5.0  # seconds
SLOW = 60.0  # seconds that half of the records take: a fifth of the correlation's window
LATE = 0.01  # of the records later than that window: more than a restart now and then


def blind_spots(
    hosts: Iterable[HostCoverage], subnets: Iterable[Subnet], told: Mapping[str, Any]
) -> tuple[BlindSpot, ...]:
    """Give what is blind: of each host, of each network, and what no log here can show."""
    known = list(subnets)
    spots = [spot for host in hosts for spot in _host(host)]
    sensed = any(net.sensors for net in known)
    spots += [_net(net, sensed) for net in known if net.seen < net.addresses]
    spots += [_edge(net) for net in known if net.seen > 1 and not net.inside]
    return (*spots, *(BlindSpot(None, one["text"]) for one in told["blind"]))


def wants(hosts: Iterable[HostCoverage], told: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what is not collected although it should be, each log and kind with the hosts that lack it."""
    found: dict[str, list[str]] = defaultdict(list)
    for host in hosts:
        for name in host.absent:
            found[name].append(host.host.upper())
    logs = sorted((name for name in found if not _is_kind(name)), key=lambda name: name in told["quiet"])
    kinds = sorted((name for name in found if _is_kind(name)), key=lambda name: (name.rpartition("/")[0], name))
    return tuple(f"{_want(name, told)}: {_some(found[name])}" for name in (*logs, *kinds))


def _want(name: str, told: Mapping[str, Any]) -> str:
    if _is_kind(name):
        return kind_name(name)
    return f"the log {kind_name(name)}{' (or it was not used)' if name in told['quiet'] else ''}"


def _some(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def _is_kind(name: str) -> bool:
    return name.rpartition("/")[2].isdigit()


def kind_name(kind: str) -> str:
    """Write `Microsoft-Windows-Sysmon/Operational/1` as people say it, Sysmon 1, and a log alike: Sysmon."""
    if not _is_kind(kind):
        return SHORT.get(kind, kind).strip() or kind
    channel, _, number = kind.rpartition("/")
    return f"{SHORT[channel]}{number}" if channel in SHORT else f"{channel} {number}"


def _net(net: Subnet, sensed: bool) -> BlindSpot:
    if not sensed:
        return BlindSpot(None, f"no network sensor: {net.network}, with {_hosts(net.addresses)}")
    left = net.addresses - net.seen
    return BlindSpot(None, f"no sensor saw {left} of {_hosts(net.addresses)} in {net.network}")


def _edge(net: Subnet) -> BlindSpot:
    text = f"no sensor saw a flow between two hosts of {net.network}: movement inside that network may pass unseen"
    return BlindSpot(None, text)


def _hosts(n: int) -> str:
    return f"{n} known address{'' if n == 1 else 'es'}"


def _host(host: HostCoverage) -> Iterator[BlindSpot]:
    name = host.host.upper()
    if host.silent:
        yield BlindSpot(host.host, f"{name}: {host.silent}")
    if host.events:
        yield from _legs(host, name)
    yield from _poor(host, name)
    if host.offset is not None and abs(host.offset) >= LARGE_OFFSET:
        way = "ahead" if host.offset > 0 else "behind"
        yield BlindSpot(host.host, f"{name}: its clock is {abs(host.offset):g} s {way}")
    yield from _late(host, name)
    yield from _gaps(host, name)


def _late(host: HostCoverage, name: str) -> Iterator[BlindSpot]:
    """Forwarding so slow that what belongs together within five minutes does not arrive together."""
    delay = host.delay
    if delay is None:
        return
    if delay.median < -LARGE_OFFSET:
        after = f"{name}: records are dated {span(-delay.median)} after their receipt"
        yield BlindSpot(host.host, f"{after}: its clock is ahead, or the collector's behind")
    elif delay.median >= SLOW or delay.late > LATE * delay.records:
        times = f"{span(delay.median)} (median), {span(delay.worst)} at worst"
        late = f"{delay.late:,} of {delay.records:,} records came later than five minutes"
        text = f"{name}: forwarding takes {times}; {late}: a live correlation over five minutes has to wait for them"
        yield BlindSpot(host.host, text)


def _poor(host: HostCoverage, name: str) -> Iterator[BlindSpot]:
    """Process creations that lack what detections lean on, and which techniques have nothing better there."""
    for lack, n in (("command line", host.without_command_line), ("the parent's name", host.without_parent)):
        if host.processes and n > 0.5 * host.processes:
            leaning = [t.technique for t in host.techniques if t.legs["execution"].sight == Sight.PARTIAL]
            worse = f", and no Sysmon 1: weak for {', '.join(leaning)}" if leaning else ""
            yield BlindSpot(host.host, f"{name}: 4688 without {lack} ({_share(n, host)}){worse}")


def _share(n: int, host: HostCoverage) -> str:
    return f"{n:,} of {host.processes:,}"


def _legs(host: HostCoverage, name: str) -> Iterator[BlindSpot]:
    """One sentence for each leg and want of events, with all techniques that it blinds."""
    wants: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for technique in host.techniques:
        for leg, sight in technique.legs.items():
            if sight.sight == Sight.BLIND:
                wants[leg, sight.missing].append(technique.technique)
    for (leg, missing), techniques in wants.items():
        text = " and ".join(f"no {kind_name(kind)}" for kind in missing)
        one = techniques[0] if len(techniques) == 1 else None
        yield BlindSpot(host.host, f"{', '.join(techniques)} on {name}, {leg}: {text}", one, leg)


def _gaps(host: HostCoverage, name: str) -> Iterator[BlindSpot]:
    for gap in host.gaps[:3]:
        lost = f"{gap.records:,} records missing" if gap.records is not None else "nothing written"
        yield BlindSpot(
            host.host, f"{name}: {gap.channel}: {lost} from {gap.begin:%Y-%m-%d %H:%M:%S} to {gap.end:%H:%M:%S} UTC"
        )
