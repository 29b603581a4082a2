"""Shows what logs could have shown: a matrix for the terminal, Markdown, JSON, and a layer for ATT&CK Navigator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson
from rich.table import Table
from rich.text import Text

from hopwatch.model.coverage import BlindSpot, Coverage, HostCoverage, LegSight, Sight, Subnet, TechniqueSight, span
from hopwatch.report.safe import json_text, shown
from hopwatch.report.words import count

if TYPE_CHECKING:
    from rich.console import RenderableType

LETTERS = {"logon": "L", "execution": "E", "network": "N"}
STYLES = {Sight.SEEN: "green", Sight.PARTIAL: "yellow", Sight.UNPROVEN: "dim", Sight.BLIND: "red"}
# Heads of the matrix: a technique's name, short.
HEADS = {
    "psexec": "psexec", "smbexec": "smbexec", "winrm_exec": "winrm", "wmi_exec": "wmi", "dcom_exec": "dcom",
    "remote_task": "task", "remote_service": "service", "mssql": "mssql", "rdp": "rdp", "remote_registry": "registry",
    "named_pipe": "pipe", "admin_share_copy": "copy",
}  # fmt: skip
LEGEND = "L logon, E execution, N network: seen; small: without what a detection needs; ? no such event yet; · blind"
WANTS = "Nothing came of these, also where something else shows the same"
SHORT_LINES = 4  # blind spots in the summary of a scan
NAVIGATOR = {"attack": "17", "navigator": "5.1.0", "layer": "4.5"}
COLOURS = ["#ff6666", "#ffe766", "#8ec843"]


def report(found: Coverage) -> Iterator[RenderableType]:
    """Render the matrix, then what is known of each host and network, then what is blind."""
    if not found.hosts:
        yield Text("No host logged anything here.")
    else:
        yield _matrix(found)
        yield Text(LEGEND, "dim")
        yield Text()
        yield _facts(found)
    if found.subnets:
        yield Text()
        yield _subnets(found)
    if found.wants:
        yield Text()
        yield Text(WANTS, "bold")
        yield from (Text(f"  {shown(text)}") for text in found.wants)
    yield Text()
    yield Text("What is blind", "bold")
    for spot in found.blind:
        yield Text(f"  {shown(spot.text)}", "" if spot.host else "dim")


def cell(technique: TechniqueSight) -> str:
    """A technique on a host in three letters."""
    return "".join(_letter(leg, technique.legs[leg]) for leg in LETTERS)


def _letter(leg: str, sight: LegSight) -> str:
    letter = LETTERS[leg]
    marks = {Sight.SEEN: letter, Sight.PARTIAL: letter.lower(), Sight.UNPROVEN: "?", Sight.BLIND: "·"}
    return marks[sight.sight]


def _matrix(found: Coverage) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("host", overflow="fold")
    names = [technique.technique for technique in found.hosts[0].techniques]
    for name in names:
        table.add_column(HEADS.get(name, name), no_wrap=True)
    for host in found.hosts:
        cells = [Text.assemble(*_styled(technique)) for technique in host.techniques]
        table.add_row(shown(host.host), *cells)
    return table


def _styled(technique: TechniqueSight) -> Iterator[tuple[str, str]]:
    for leg in LETTERS:
        sight = technique.legs[leg]
        yield _letter(leg, sight), STYLES[sight.sight]


def _facts(found: Coverage) -> Table:
    table = Table(
        "host", "events", "from", "to", "clock", "delay", "4688", "SMB signing", "note", box=None, padding=(0, 2, 0, 0)
    )
    for host in found.hosts:
        table.add_row(shown(host.host), *(shown(text) for text in _row(host)))
    return table


def _row(host: HostCoverage) -> tuple[str, ...]:
    notes = [*([host.silent] if host.silent else []), *host.audit]
    return (
        f"{host.events:,}",
        f"{host.first:%m-%d %H:%M}" if host.first else "-",
        f"{host.last:%m-%d %H:%M}" if host.last else "-",
        "-" if host.offset is None else f"{host.offset:+g} s",
        _delay(host),
        _processes(host),
        {None: "-", True: "required", False: "not required"}[host.signing],
        "; ".join(notes),
    )


def _delay(host: HostCoverage) -> str:
    """The median and the worst time that forwarding took."""
    if host.delay is None:
        return "-"
    usual, worst = span(host.delay.median), span(host.delay.worst)
    return usual if usual == worst else f"{usual}, worst {worst}"


def _processes(host: HostCoverage) -> str:
    if not host.processes:
        return "none"
    lacks = [
        name
        for name, n in (("command line", host.without_command_line), ("parent", host.without_parent))
        if n > 0.5 * host.processes
    ]
    return f"no {', no '.join(lacks)}" if lacks else "full"


def _subnets(found: Coverage) -> Table:
    table = Table("network", "known addresses", "seen by a sensor", "sensors", box=None, padding=(0, 2, 0, 0))
    for net in found.subnets:
        table.add_row(shown(net.network), str(net.addresses), str(net.seen), shown(_sensors(net)))
    return table


def _sensors(net: Subnet) -> str:
    return ", ".join(f"{name} ({n})" for name, n in net.sensors.items()) or "none"


def short(found: Coverage) -> Iterator[Text]:
    """Render the short form that stands in a scan's summary: how much is blind, and the worst of it."""
    spots = [spot for spot in found.blind if spot.host is not None]
    if not spots:
        return
    hosts = len({spot.host for spot in spots})
    yield Text(
        f"     blind spots on {hosts} of {count(len(found.hosts), 'host')} (hopwatch coverage shows all):", "yellow"
    )
    for spot in sorted(spots, key=_gravity)[:SHORT_LINES]:
        yield Text(f"       {shown(spot.text)}", "yellow")
    if rest := spots[SHORT_LINES:]:
        yield Text(f"       and {len(rest):,} more", "yellow")


def _gravity(spot: BlindSpot) -> tuple[bool, bool, str]:
    """Hosts without logs first, then missing logons and executions, then the rest."""
    return spot.leg is not None, spot.leg == "network", spot.text


def markdown(found: Coverage) -> Iterator[str]:
    """Give the coverage as a Markdown page."""
    yield "# What these logs could have shown\n\n"
    if found.hosts:
        names = [technique.technique for technique in found.hosts[0].techniques]
        yield _md_row(["host", *names]) + _md_row(["---"] * (len(names) + 1))
        for host in found.hosts:
            yield _md_row([host.host, *map(cell, host.techniques)])
        yield f"\n{LEGEND}\n\n"
        yield from _md_table(("host", "events", "from", "to", "clock", "delay", "4688", "SMB signing", "note"),
                             ([host.host, *_row(host)] for host in found.hosts))  # fmt: skip
    if found.subnets:
        rows = ([n.network, str(n.addresses), str(n.seen), _sensors(n)] for n in found.subnets)
        yield "\n"
        yield from _md_table(("network", "known addresses", "seen by a sensor", "sensors"), rows)
    if found.wants:
        yield f"\n## {WANTS}\n\n"
        yield from (f"- {md(text)}\n" for text in found.wants)
    yield "\n## What is blind\n\n"
    yield from (f"- {md(spot.text)}\n" for spot in found.blind)


def _md_table(head: tuple[str, ...], rows: Iterable[list[str]]) -> Iterator[str]:
    yield _md_row(list(head)) + _md_row(["---"] * len(head))
    yield from (_md_row(row) for row in rows)


def _md_row(cells: list[str]) -> str:
    return "| " + " | ".join(md(text) for text in cells) + " |\n"


def md(text: object) -> str:
    """Text for Markdown: what would become markup stands behind a backslash."""
    safe = shown(text)
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#$" else char for char in safe)


def as_json(found: Coverage) -> str:
    """Give the coverage as one JSON object."""
    return json_text(orjson.dumps(found.to_dict(), option=orjson.OPT_INDENT_2).decode()) + "\n"


def navigator(found: Coverage) -> str:
    """Give a layer for ATT&CK Navigator: each technique by the share of hosts on which its execution could be seen."""
    scores: dict[str, list[tuple[float, str]]] = {}
    for technique in [t.technique for t in found.hosts[0].techniques] if found.hosts else []:
        for attack in found.attack.get(technique, ()):
            scores.setdefault(attack, []).append((_share(found, technique), _comment(found, technique)))
    layer = {
        "name": "hopwatch coverage",
        "versions": NAVIGATOR,
        "domain": "enterprise-attack",
        "description": "On how many hosts of these logs the execution of a technique could have been seen, in per cent",
        "techniques": [_layer(attack, said) for attack, said in sorted(scores.items())],
        "gradient": {"colors": COLOURS, "minValue": 0, "maxValue": 100},
        "hideDisabled": False,
    }
    return json_text(orjson.dumps(layer, option=orjson.OPT_INDENT_2).decode()) + "\n"


def _layer(attack: str, said: list[tuple[float, str]]) -> dict[str, Any]:
    score = round(100 * min(share for share, _ in said))
    return {"techniqueID": attack, "score": score, "comment": "; ".join(text for _, text in said), "enabled": True}


def _share(found: Coverage, technique: str) -> float:
    return 1 - len(_blind(found, technique)) / len(found.hosts)


def _blind(found: Coverage, technique: str) -> list[str]:
    return [
        host.host
        for host in found.hosts
        for one in host.techniques
        if one.technique == technique and one.legs["execution"].sight == Sight.BLIND
    ]


def _comment(found: Coverage, technique: str) -> str:
    blind = _blind(found, technique)
    some = ", ".join(blind[:10]) + (f" and {len(blind) - 10} more" if len(blind) > 10 else "")
    return f"{technique}: {f'blind on {some}' if blind else 'could be seen on every host'}"
