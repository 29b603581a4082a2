"""Tells what is new about a hop, and whether that is notable, from what the days before have shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hopwatch.baseline.learn import Move
from hopwatch.baseline.past import Past, family, limits, network

DESKTOPS = ("rdp", "ssh")


@dataclass(frozen=True)
class Verdict:
    """What is known of a hop: `known` is whether the past can judge it; `new` names what is new, the gravest first.

    `rare`: it is notable only since its actor was hardly seen before, or has a new tool; its place is usual.
    """

    known: bool
    notable: bool
    new: tuple[str, ...] = ()
    rare: bool = False


def verdict(past: Past, move: Move, acted: bool) -> Verdict:
    """Judge one hop by the days before; `acted`: it did more than log on or connect."""
    if past.allows(move.source, move.target, move.account):
        return Verdict(known=True, notable=False)
    move = _in_its_network(past, move)
    new = tuple(_new(past, move))
    if not _can_judge(past, move):
        return Verdict(known=False, notable=False, new=())
    notable = _is_notable(past, move, new) if acted else _weak_is_notable(past, move, new)
    rare = notable and acted and bool(move.source or move.account) and not _is_out_of_place(past, move, new)
    return Verdict(known=True, notable=notable, new=new, rare=rare)


def _in_its_network(past: Past, move: Move) -> Move:
    """Let an address that was not seen before stand for its network, where this account often comes from there."""
    net = network(move.source) if move.source and move.account else None
    if net is None or past.count("sa", move.source, move.account):
        return move
    return replace(move, source=net) if past.count("sa", net, move.account) >= limits().usual_days else move


def _can_judge(past: Past, move: Move) -> bool:
    """An earlier time would have been seen: the target's or the source's logs of enough days, or a usual actor."""
    enough = limits().usual_days
    if any(host and past.count("covered", host) >= enough for host in (move.target, move.source)):
        return True
    return bool(move.source and past.count("sa", move.source, move.account) >= enough)


def _new(past: Past, move: Move) -> list[str]:
    source, target, account, tool = move.source, move.target, move.account, family(move.technique)
    found = []
    if source and account and not (past.count("sa", source, account) or past.count("logon from", account, source)):
        found.append("account_from_source")
    if source and not past.count("s", source):
        found.append("administrator")
    elif source and account and past.count("sa", source, account) and not _is_actor_usual(past, move):
        found.append("rare")
    if not _knows_place(past, move):
        found.append("place")
    if source and not past.count("st", source, target):
        found.append("pair")
    if account and not (past.count("ta", target, account) or past.count("logon on", account, target)):
        found.append("account_on_host")
    if not _knows_tool(past, source, account, tool):
        found.append("technique")
    if account and move.technique in DESKTOPS and _never_sat_anywhere(past, account):
        found.append("desktop")
    if _is_odd_hour(past, move):
        found.append("odd_hour")
    return found


def _knows_tool(past: Past, source: str | None, account: str | None, tool: str) -> bool:
    return bool((source and past.count("sx", source, tool)) or (account and past.count("ax", account, tool)))


def _knows_place(past: Past, move: Move) -> bool:
    """The target, or its peers, are where this source or this account works."""
    kind = past.kinds.get(move.target, move.target)
    source, account = move.source, move.account
    return bool(
        (source and (past.count("st", source, move.target) or past.count("sk", source, kind)))
        or (account and (past.count("ta", move.target, account) or past.count("ak", account, kind)))
    )


def _is_odd_hour(past: Past, move: Move) -> bool:
    account = move.account
    if not account or past.count("a", account) + past.count("logon", account) < limits().hours_from:
        return False
    seen = past.hours[account]
    near = seen | seen << 1 | seen >> 1 | seen >> 23 | (seen & 1) << 23
    return not move.hours & near


def _is_notable(past: Past, move: Move, new: tuple[str, ...]) -> bool:
    """Work is usual where its actor, its place and its tool are; a usual actor may do one new thing."""
    if not move.source and not move.account:
        return not _nobody_is_usual(past, move)
    if not _is_actor_usual(past, move):
        return not _is_newcomer(past, move)
    return _is_out_of_place(past, move, new) or {"technique", "pair"} <= set(new)


def _is_out_of_place(past: Past, move: Move, new: tuple[str, ...]) -> bool:
    """A place where neither source nor account works, or a tool of neither at an odd hour."""
    return not _knows_place(past, move) or {"technique", "odd_hour"} <= set(new)


def _is_actor_usual(past: Past, move: Move) -> bool:
    """This account worked from this source on several days, or on its weekly round."""
    figures = limits()
    if not move.source or not move.account:
        days = past.count("s", move.source) if move.source else past.count("a", move.account)
        return days >= figures.usual_days
    days = past.count("sa", move.source, move.account)
    at_home = past.count("logon from", move.account, move.source) >= figures.usual_days
    if days >= figures.usual_days or (days and at_home):
        return True
    return past.a_week_ago("sa", move.source, move.account) and len(past.targets[move.source]) >= figures.broad


def _is_newcomer(past: Past, move: Move) -> bool:
    """A new account that works from where several work, where they work, with what they work with: new staff."""
    if not move.source or not _is_new_on_shared(past, move):
        return False
    return bool(_source_knows_place(past, move) and past.count("sx", move.source, family(move.technique)))


def _is_new_on_shared(past: Past, move: Move) -> bool:
    """Several accounts work from the source, and this one only where it opens its desktop on the source from."""
    source, account = move.source, move.account
    if not source or not account or past.count("s", source) < limits().usual_days:
        return False
    elsewhere = past.homes.get(account, set()) - {source} - past.desks.get((account, source), set())
    return not elsewhere and len(past.accounts[source] - {account}) >= 2


def _source_knows_place(past: Past, move: Move) -> bool:
    kind = past.kinds.get(move.target, move.target)
    return bool(past.count("st", move.source, move.target) or past.count("sk", move.source, kind))


def _nobody_is_usual(past: Past, move: Move) -> bool:
    """Neither source nor account is known: what the target, or its peers, often show."""
    tool, usual = family(move.technique), limits().usual_days
    kind = past.kinds.get(move.target, move.target)
    return past.count("nobody", move.target, tool) >= usual or past.count("nobody kind", kind, tool) >= usual


def _never_sat_anywhere(past: Past, account: str) -> bool:
    """A service's account: it logs on over the network day by day, from hosts where its own desktop would be seen."""
    figures, homes = limits(), past.homes.get(account, set())
    if past.count("sat", account) or past.count("logon", account) < figures.enough_days:
        return False
    return bool(homes) and all(past.count("heard", home) >= figures.enough_days for home in homes)


def _is_nobodys(past: Past, host: str) -> bool:
    """A host that was heard for long, at which nobody sat and from which nobody opened a desktop elsewhere."""
    used = past.count("opened", host) or past.count("manned", host)
    return not used and past.count("heard", host) >= limits().enough_days


def _weak_is_notable(past: Past, move: Move, new: tuple[str, ...]) -> bool:
    """A logon is notable where an account that works elsewhere comes from where it never was, to no everyday server.

    So is the first desktop of an account that never had one, or of a stranger from a host where nobody works.
    """
    source, account, usual = move.source, move.account, limits().usual_days
    if not source or not account:
        return False
    if "desktop" in new:
        return True
    if past.is_hub(move.target) or past.count("sa", source, account) or past.count("logon from", account, source):
        return False
    heard = past.count("heard", move.target) >= usual  # a sensor sees what is done on a host, not who logs on
    if not heard or (_is_new_on_shared(past, move) and _source_knows_place(past, move)):
        return False
    if move.technique in DESKTOPS:
        return bool(past.count("logon", account) or past.count("a", account)) or _is_nobodys(past, source)
    return past.count("a", account) >= usual
