"""Shows who was behind which address: as a table, or as JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import orjson
from rich.table import Table
from rich.text import Text

from hopwatch.model.hop import iso
from hopwatch.report.safe import json_text, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.identity import AddressFact, Conflict
    from hopwatch.model.observed import RoleSaid

SOURCES = {
    "own": "its own connections",
    "machine_logon": "logons of its machine account",
    "ticket": "Kerberos tickets of its machine account",
    "service_ticket": "a ticket used at it",
    "server_name": "its own name in NTLM",
    "dhcp": "DHCP",
    "asset": "the list of assets",
    "sysmon_name": "a name that Sysmon looked up",
    "share_path": "a path that a client wrote",
    "dns": "a DNS answer",
    "workstation": "the client's own word (weak)",
}


def report(
    facts: list[AddressFact], conflicts: list[Conflict], roles: Sequence[RoleSaid] = ()
) -> Iterator[RenderableType]:
    """Render facts as a table, contradictions and roles after it."""
    if not facts:
        yield Text("Nothing here says whose address was whose.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("address", "host", "from", "to", "known by"):
        table.add_column(name, overflow="fold")
    for fact in facts:
        known = SOURCES.get(fact.source, fact.source)
        table.add_row(shown(fact.ip), shown(fact.host), _time(fact.first), _time(fact.last), known)
    yield table
    for conflict in conflicts:
        hosts = ", ".join(map(shown, conflict.hosts))
        yield Text(f"{shown(conflict.ip)}: {hosts}: {conflict.meaning}", "yellow")
    if roles:
        yield Text()
        yield _roles(roles)


def _roles(roles: Sequence[RoleSaid]) -> Table:
    table = Table("host", "role", "known by", box=None, padding=(0, 2, 0, 0))
    for said in roles:
        known = f"the context, {said.told}" if said.told else f"inferred: {said.why}"
        table.add_row(shown(said.host), said.role, shown(known))
    return table


def lines(facts: Iterable[AddressFact], conflicts: Iterable[Conflict], roles: Iterable[RoleSaid] = ()) -> Iterator[str]:
    """Give one JSON object a line: facts, then contradictions (key `conflict`), then roles (key `role`)."""
    for fact in facts:
        row = asdict(fact) | {"first": _iso(fact.first), "last": _iso(fact.last)}
        yield json_text(orjson.dumps(row).decode()) + "\n"
    for conflict in conflicts:
        row = {"conflict": conflict.ip, "hosts": list(conflict.hosts), "meaning": conflict.meaning}
        yield json_text(orjson.dumps(row).decode()) + "\n"
    for said in roles:
        yield json_text(orjson.dumps(asdict(said)).decode()) + "\n"


def _time(time: datetime | None) -> str:
    return "always" if time is None else f"{time:%Y-%m-%d %H:%M:%S}"


def _iso(time: datetime | None) -> str | None:
    return None if time is None else iso(time)
