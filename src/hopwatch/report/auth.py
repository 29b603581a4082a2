"""Shows how accounts authenticate to hosts: as tables, or as JSON lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import orjson
from rich.table import Table
from rich.text import Text

from hopwatch.model.hop import iso
from hopwatch.report.safe import json_text, shown
from hopwatch.report.words import count

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.authentication import AuthUse, Escalation, Signing

ROWS = 40  # of each table that are shown; JSON lines have all
USUAL = {
    "account": "the account, there",
    "pair": "the two hosts",
    "domain": "each, elsewhere",
}


@dataclass(frozen=True)
class Authentication:
    """All that the report tells; `compared` says that earlier logs were given."""

    uses: Sequence[AuthUse]
    signing: Sequence[Signing]
    escalations: Sequence[Escalation]
    compared: bool = False


def report(found: Authentication) -> Iterator[RenderableType]:
    """Render accounts by package, NTLM that is out of place, what changed, and who asks for signatures."""
    if not found.uses:
        yield Text("No logon over the network is in these logs.")
        return
    yield from _accounts(found.uses)
    yield from _pairs(
        "NTLM where Kerberos is usual or expected", [u for u in found.uses if u.usual], _why, "who uses Kerberos"
    )
    if found.compared:
        yield from _pairs("Changed since the earlier logs", [u for u in found.uses if u.was], _change, "before")
        new = sorted((u for u in found.uses if u.was == ()), key=lambda u: u.package == "Kerberos")
        yield from _pairs("New since the earlier logs", new, lambda _: "", "")
    yield from _signing(found.signing)
    for e in found.escalations:
        what = f"{shown(e.account)} logged on from the host itself and made the service {shown(e.service)}"
        yield Text(f"local escalation on {shown(e.host)}: {what} at {e.first:%Y-%m-%d %H:%M:%S}", "yellow")


def _accounts(uses: Sequence[AuthUse]) -> Iterator[RenderableType]:
    rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for use in uses:
        rows[use.account][use.package or "?"] += use.n
    packages = sorted({p for row in rows.values() for p in row})
    people = {name: row for name, row in rows.items() if not name.endswith("$")}
    table = _table("account", *packages, numbers=len(packages))
    ranked = sorted(people.items(), key=lambda item: (-sum(n for p, n in item[1].items() if p != "Kerberos"), item[0]))
    for name, row in ranked[:ROWS]:
        table.add_row(shown(name), *(f"{row[p]:,}" if row.get(p) else "" for p in packages))
    machines = [row for name, row in rows.items() if name.endswith("$")]
    if machines:
        sums = (sum(row.get(p, 0) for row in machines) for p in packages)
        table.add_row(Text(count(len(machines), "machine account"), "dim"), *(f"{n:,}" if n else "" for n in sums))
    yield Text("Logons over the network by account and package", "bold")
    yield table
    yield from _more(len(ranked))


def _pairs(title: str, uses: Sequence[AuthUse], note: Callable[[AuthUse], str], noted: str) -> Iterator[RenderableType]:
    yield Text()
    yield Text(f"{title}: {count(len(uses), 'pair') if uses else 'none'}", "bold")
    if not uses:
        return
    table = _table("account", "from", "to", "with", "logons", "last (UTC)", noted)
    for use in uses[:ROWS]:
        source = f"{use.source} ({use.ip})" if use.source and use.ip else use.source or use.ip or "-"
        last = f"{use.last:%Y-%m-%d %H:%M:%S}"
        cells = map(shown, (use.account, source, use.target, use.way, use.n, last, note(use)))
        table.add_row(*cells)
    yield table
    yield from _more(len(uses))


def _why(use: AuthUse) -> str:
    return USUAL[use.usual or ""]


def _change(use: AuthUse) -> str:
    return ", ".join(use.was or ())


def _signing(signing: Sequence[Signing]) -> Iterator[RenderableType]:
    unknown = sum(s.required is None for s in signing)
    yield Text()
    yield Text("SMB signing", "bold")
    for s in [s for s in signing if s.required is not None][:ROWS]:
        word = "required" if s.required else "not required"
        yield Text(f"  {shown(s.host)}: {word} ({shown(s.known_by)})", "" if s.required else "yellow")
    yield Text(
        f"  unknown for {count(unknown, 'host')}: no log or asset list says" if unknown else "  known for all hosts"
    )


def _more(n: int) -> Iterator[Text]:
    if n > ROWS:
        yield Text(f"  and {n - ROWS:,} more (--format jsonl has all)", "dim")


def _table(*columns: str, numbers: int = 0) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for i, name in enumerate(columns):
        table.add_column(name, overflow="fold", justify="right" if numbers and i else "left")
    return table


def lines(found: Authentication) -> Iterator[str]:
    """Give one JSON object a line: logons (key `account`), signing (key `signing`), escalations (key `escalation`)."""
    for use in found.uses:
        yield _line(asdict(use) | {"first": iso(use.first), "last": iso(use.last)})
    for s in found.signing:
        yield _line({"signing": s.host, "required": s.required, "known_by": s.known_by})
    for e in found.escalations:
        yield _line({"escalation": e.host, "by": e.account, "service": e.service, "time": iso(e.first)})


def _line(row: dict[str, object]) -> str:
    return json_text(orjson.dumps(row).decode()) + "\n"
