"""Where an intrusion goes: its hosts in order, the tool and the account of each movement, and when."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from hopwatch.lab.build import local_admin
from hopwatch.lab.clock import DAY, HOUR, weekday
from hopwatch.lab.ways import COMMON, SOON, TOOLS, WAYS, Scheme, Way
from hopwatch.lab.world import Account, Host, Organisation

# Whose credentials a server holds, beside those of administrators who were there.
HELD = {"sql": "sql", "backup": "backup", "management": "sccm", "monitor": "monitor", "print": "print"}


@dataclass(frozen=True)
class Step:
    """One movement that is planned: where to, with what, as whom; `twist` is what is special about it."""

    target: Host
    way: Way
    account: Account
    twist: str = ""
    time: float = 0.0


def steps(org: Organisation, name: str, origin: Host, dice: random.Random) -> list[Step]:
    """Plan two to four movements; the one that the intrusion is named for is among them."""
    scheme, count = WAYS[name], dice.randint(2, 4)
    named = 1 if scheme.twist == "jump" else dice.randrange(count)
    begin = _begin(org, scheme, dice)
    hosts = _hosts(org, origin, count, begin, dice)
    if scheme.twist == "dark":
        dark = dice.choice([h for h in org.servers if not h.forwards and h.role not in ("jump", "dc")])
        if dark in hosts:
            hosts[hosts.index(dark)] = hosts[named]
        hosts[named] = dark
    if scheme.twist == "jump":
        hosts[0] = dice.choice(org.role("jump"))
    if scheme.twist == "relay" and hosts[named].role == "dc":  # controllers require signatures
        others = [h for h in org.servers if h.role not in ("jump", "dc") and h.born < begin and h not in hosts]
        hosts[named] = dice.choice(others or [hosts[named]])
    ways = [TOOLS[dice.choice(COMMON)] for _ in hosts]
    ways[named] = replace(TOOLS[dice.choice(scheme.tools)])
    ways[named] = replace(ways[named], also=(*ways[named].also, *scheme.also))
    if scheme.twist == "jump":
        ways[0] = TOOLS["rdp"]
    accounts = _accounts(org, scheme, [origin, *hosts], named, dice)
    twists = [scheme.twist if i == named else "" for i in range(len(hosts))]
    rows = zip(hosts, ways, accounts, twists, _times(org, scheme, begin, len(hosts), dice), strict=True)
    return [Step(*row) for row in rows]


def _hosts(org: Organisation, origin: Host, count: int, begin: float, dice: random.Random) -> list[Host]:
    """Choose hosts: mostly servers, a workstation now and then, a controller at the end of some; none twice."""
    there = [h for h in org.servers if h.born < begin]
    servers = [h for h in there if h.role not in ("jump", "dc")]
    stations = [h for h in org.workstations if h is not origin]
    chosen = dice.sample(servers, min(len(servers), count))
    if stations and (len(chosen) < count or dice.random() < 0.4):
        missing = max(1, count - len(chosen))
        chosen = [*dice.sample(stations, min(len(stations), missing)), *chosen][:count]
    if dice.random() < 0.25:
        chosen[-1] = dice.choice(org.role("dc"))
    return chosen


def _accounts(org: Organisation, scheme: Scheme, places: list[Host], named: int, dice: random.Random) -> list[Account]:
    """Choose the account of each movement: one stolen at the start, in some intrusions another on the way."""
    staff = [*org.accounts["admin"], *org.accounts["helpdesk"]]
    current, chosen = dice.choice(staff), []
    switch = dice.randrange(1, len(places)) if dice.random() < 0.65 else 0
    for i, place in enumerate(places[:-1]):
        if scheme.twist == "service" and i == named:
            current = _service(org, places[i + 1], dice)
        elif i and i == switch:
            current = _found(org, place, current, dice)
        local = scheme.twist == "hash" and i == named and dice.random() < 0.6
        chosen.append(local_admin(places[i + 1]) if local else current)
    return chosen


def _service(org: Organisation, target: Host, dice: random.Random) -> Account:
    """A service account on a host where it has nothing to do."""
    purposes = [p for p in ("backup", "sql", "sccm", "monitor") if target.role != p]
    return org.service(dice.choice(purposes))


def _found(org: Organisation, place: Host, current: Account, dice: random.Random) -> Account:
    """Whose credentials lie on a host: of the service that runs there, or of somebody who administers it."""
    if place.role in HELD and org.service(HELD[place.role]) is not current:
        return org.service(HELD[place.role])
    others = [a for a in (*org.accounts["admin"], *org.accounts["helpdesk"]) if a is not current]
    return dice.choice(others) if others else current


def _begin(org: Organisation, scheme: Scheme, dice: random.Random) -> float:
    """Choose when the foothold is taken: at work, in the last part of the simulated time."""
    days = int((org.end - org.start) // DAY)
    long = scheme.gap[1] > DAY
    first = min(int(days * 0.6), days - 4) if long else int(days * 0.6)
    left = [org.start + DAY * i for i in range(max(0, first), days)]
    working = [day for day in left if weekday(day) < 5] or left
    day = working[0] if long else dice.choice(working)
    return day + dice.uniform(9.6, 14) * HOUR


def _times(org: Organisation, scheme: Scheme, begin: float, count: int, dice: random.Random) -> list[float]:
    """Choose when to move: soon, or after everybody has gone; all before the simulation ends."""
    evening, night = (dice.uniform(*hours) * HOUR - begin % DAY for hours in ((18, 23), (25, 28)))
    wait = dice.choice((0.0, 0.0, 0.0, evening, night))
    time, found = begin, []
    for i in range(count):
        time += dice.uniform(*(scheme.gap if i else SOON)) + (0 if i else wait)
        found.append(time)
    squeeze = min(1.0, (org.end - 1500 - begin) / (found[-1] - begin))
    return [begin + (moment - begin) * squeeze for moment in found]
