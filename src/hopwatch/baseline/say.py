"""Says in sentences, with figures, what is new or usual about a hop."""

from __future__ import annotations

from collections.abc import Iterator

from hopwatch.baseline.learn import Move
from hopwatch.baseline.past import Past, limits
from hopwatch.baseline.verdict import Verdict
from hopwatch.model.standing import Finding

WEIGHTS = {
    "account_from_source": "new_account_from_source",
    "administrator": "new_administrator",
    "place": "new_place",
    "pair": "new_pair",
    "account_on_host": "new_account_on_host",
    "technique": "new_technique",
    "desktop": "first_desktop",
}
SENTENCES = {
    "account_from_source": "{account} has never before worked from {source} ({homes})",
    "administrator": "{source} has never before administered another host ({span})",
    "rare": "{actor} worked on one day only before",
    "place": "{actor} has never before worked on a host like {target} ({span})",
    "pair": "{actor} has never before come to {target} ({span})",
    "account_on_host": "{account} has never before been on {target} ({span})",
    "technique": "{technique} is new for {actor}",
    "desktop": "{account} has only ever logged on over the network before, and has a desktop now",
    "odd_hour": "{account} is not usually at work at {hour}:00 UTC ({hours})",
}


def findings(past: Past, move: Move, judged: Verdict, acted: bool, reached: int) -> Iterator[Finding]:
    """Give what the past says of a hop; `reached` is how many hosts its source reached on its day."""
    if not judged.notable:
        if acted:
            yield Finding("baseline.usual", _usual(past, move))
        yield from _new(past, move, judged.new, ("odd_hour", "technique") if acted else ())
        return
    yield from _new(past, move, judged.new, judged.new)
    if acted and move.source and "pair" in judged.new:
        yield from _rarely(past, move)
    yield from _wide(past, move, reached)


def _new(past: Past, move: Move, new: tuple[str, ...], told: tuple[str, ...]) -> Iterator[Finding]:
    for name in new:
        if name in told:
            yield Finding(f"baseline.{WEIGHTS.get(name, name)}", _sentence(past, move, name))


def _sentence(past: Past, move: Move, name: str) -> str:
    return SENTENCES[name].format(
        account=move.account, source=_host(move.source), target=_host(move.target), technique=move.technique,
        actor=_actor(move), span=f"{_seen(past, move)} days seen", homes=_homes(past, move), hour=_hour(move),
        hours=_hours(past, move),
    )  # fmt: skip


def _seen(past: Past, move: Move) -> int:
    """Of how many days the logs would have shown the like: the target's, failing that the source's."""
    return past.count("covered", move.target) or past.count("covered", move.source)


def _rarely(past: Past, move: Move) -> Iterator[Finding]:
    others = len(past.sources.get(move.target, ()))
    if others <= limits().rare_sources and past.count("covered", move.target) >= limits().usual_days:
        who = "nobody" if not others else "only one other host"
        yield Finding("baseline.rarely_receives", f"{_host(move.target)} is rarely administered: {who} did so before")


def _wide(past: Past, move: Move, reached: int) -> Iterator[Finding]:
    usual = past.widest.get(move.source or "", 0)
    if reached >= max(limits().fan_least, limits().fan_out * usual):
        text = f"{_host(move.source)} reached {reached} hosts on this day, never more than {usual} on one before"
        yield Finding("baseline.fanout", text)


def _usual(past: Past, move: Move) -> str:
    source, account, target = move.source, move.account, move.target
    place = _host(target)
    if days := past.count("sta", source, target, account):
        return f"{_actor(move)} came to {place} on {_days(days)} before"
    if days := past.count("sa", source, account):
        return f"{_actor(move)} works on hosts like {place} ({_days(days)} before)"
    if source and (days := past.count("s", source)):
        return f"{_host(source)} works on hosts like {place} ({_days(days)} before)"
    if account and (days := past.count("a", account)):
        return f"{account} works on hosts like {place} ({_days(days)} before)"
    return f"the same was seen on {place}, or on hosts like it, before"


def _homes(past: Past, move: Move) -> str:
    """Where else the account was seen."""
    others = sorted(past.homes.get(move.account or "", ()))
    if not others:
        return "nor from anywhere else"
    more = f" and {len(others) - 2} more" if len(others) > 2 else ""
    return f"but from {', '.join(map(_host, others[:2]))}{more}"


def _actor(move: Move) -> str:
    if move.account and move.source:
        return f"{move.account} from {_host(move.source)}"
    return move.account or _host(move.source) or "this"


def _host(name: str | None) -> str:
    """A host's name as Windows writes it."""
    return (name or "").upper()


def _hour(move: Move) -> str:
    return f"{(move.hours & -move.hours).bit_length() - 1:02d}"


def _hours(past: Past, move: Move) -> str:
    seen = past.hours.get(move.account or "", 0)
    first = (seen & -seen).bit_length() - 1
    return f"seen from {first:02d} to {seen.bit_length():02d}"


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"
