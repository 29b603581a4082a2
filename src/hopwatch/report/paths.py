"""Paths for a reader at a terminal: a line on each, its reasons, and its hops as a tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from hopwatch.report.margin import Margin
from hopwatch.report.safe import shown
from hopwatch.report.words import STYLES, count, end, short

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Origin, Path, Switch

DEPTH = 8  # levels of a tree that are drawn
WIDTH = 12  # hops from one host that are drawn
EFFECTS = 6  # preparations and after-effects that are shown

Children = dict[str | None, list["Hop"]]


def path(one: Path, hops: Mapping[str, Hop]) -> Iterator[RenderableType]:
    """Render one path; `hops` holds its hops by id."""
    yield _title(one)
    # The first reason says what the tree shows.
    reasons = [(Text(f"{reason.points:+d}", "bold"), Text(shown(reason.text))) for reason in one.reasons[1:]]
    yield Margin([(Text("when", "dim"), Text(_when(one), "dim")), *reasons])
    yield _tree(one, hops)
    yield from _effects(one)


def _title(one: Path) -> Text:
    users = [shown(account) for account in one.accounts]
    mark = f" PATH {one.severity.upper()} {one.score} "
    places = [shown(short(host)) for host in one.hosts]
    line = " → ".join([places[0], "…", places[-1]] if len(places) > 6 else places)
    who = ", ".join(users[:4]) + (f" and {len(users) - 4} more" if len(users) > 4 else "")
    return Text.assemble((mark, STYLES[one.severity]), " ", (line, "bold"), f"  as {who or '?'}")


def _when(one: Path) -> str:
    last = f"{one.end:%H:%M:%S}" if one.end.date() == one.start.date() else f"{one.end:%Y-%m-%d %H:%M:%S}"
    return f"{one.start:%Y-%m-%d %H:%M:%S} to {last} UTC · {one.id} · {count(len(one.hops), 'hop')}"


def _tree(one: Path, hops: Mapping[str, Hop]) -> Tree:
    children: Children = defaultdict(list)
    for hop, parent in zip(one.hops, one.parents, strict=True):
        children[parent].append(hops[hop])
    switches = {switch.hop: switch for switch in one.switches}
    tree = Tree(Text.assemble((_place(one.origin.host, one.origin.ip), "bold"), _user(one.origin)), guide_style="dim")
    _grow(tree, None, children, switches, one)
    return tree


def _user(origin: Origin) -> str:
    if not origin.user:
        return ""
    if origin.user_known_by == "address":
        return f", from whose address {shown(origin.user)} logged on elsewhere before"
    return f", where {shown(origin.user)} was logged on"


def _grow(
    tree: Tree, parent: str | None, children: Children, switches: Mapping[str, Switch], one: Path, depth: int = 1
) -> None:
    for hop in children[parent][:WIDTH]:
        branch = tree.add(_label(hop, switches.get(hop.id), one))
        below = len(_below(hop.id, children))
        if depth < DEPTH:
            _grow(branch, hop.id, children, switches, one, depth + 1)
        elif below:
            branch.add(Text(f"and {count(below, 'hop')} from there on", "dim"))
    if rest := children[parent][WIDTH:]:
        names = ", ".join(dict.fromkeys(shown(hop.target.host or hop.target.ip or "?") for hop in rest[:WIDTH]))
        more = ", …" if len(rest) > WIDTH else ""
        tree.add(Text(f"and {count(len(rest), 'more hop')} from there: {names}{more}", "dim"))


def _below(hop: str, children: Children) -> list[str]:
    found, open_ = [], [hop]
    while open_:
        for child in children.get(open_.pop(), ()):
            found.append(child.id)
            open_.append(child.id)
    return found


def _place(host: str | None, ip: str | None) -> str:
    return end(short(host) if host else None, ip)


def _label(hop: Hop, switch: Switch | None, one: Path) -> Text:
    day = "" if hop.start - one.start < timedelta(hours=20) else f"{hop.start:%m-%d} "
    text = Text.assemble((f"{day}{hop.start:%H:%M:%S} ", "dim"), (_place(hop.target.host, hop.target.ip), "bold"))
    text.append(f"  {hop.technique}", "magenta")
    text.append(f" as {shown(hop.account.name or '?')}")
    if switch is not None and switch.usual:
        text.append(f", at home there beside {shown(switch.before)}")
    elif switch is not None:
        text.append(f" instead of {shown(switch.before)}", "yellow")
    if hop.auth.flags:
        text.append(f"  {' '.join(hop.auth.flags)}", "yellow")
    text.append(f"  {hop.severity} {hop.score}", "" if hop.alert else "dim")
    text.append(f"  {hop.id}", "dim")
    return text


def _effects(one: Path) -> Iterator[Text]:
    for effect in one.effects[:EFFECTS]:
        word = "before" if effect.leg == "before" else "after"
        yield Text(f"  {word} {effect.time:%m-%d %H:%M:%S} on {shown(effect.host)}: {shown(effect.text)}", "dim")
    if len(one.effects) > EFFECTS:
        yield Text(f"  and {count(len(one.effects) - EFFECTS, 'more effect')} on its hosts", "dim")
