"""Weighs paths: which hops can be parts of one, what a path adds to them, and how grave it is itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hopwatch.correlate.uses import Asked, Uses
from hopwatch.model.hop import SEVERITIES, Hop, Reason
from hopwatch.model.path import Chain, Effect, Origin, Path, Step, Switch
from hopwatch.model.rule import Policy
from hopwatch.model.standing import Finding, Standing

if TYPE_CHECKING:
    from hopwatch.model.draft import Draft
    from hopwatch.score.judge import Weights

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# What puts somebody on a host even where nothing shows what he did there.
LANDS = frozenset({"rdp", "winrm_exec", "ssh"})
# What starts its program as the machine itself.
AS_SYSTEM = frozenset({"psexec", "psexec_like", "smbexec", "remote_service", "remote_task"})
SHORTEST = 4  # letters of a name by which a second account is known
MARK = 5  # letters beside it that need not be set off: `svc`, `admin`
EFFECTS = 30  # that are kept of one path


class Ends:
    """The short names of hosts, one for each, whether a hop knows a host by its name or by its address."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        named: dict[str, set[str]] = {}
        for end in (end for draft in drafts for end in (draft.source, draft.target)):
            if end.host and end.ip:
                named.setdefault(end.ip, set()).add(short(end.host))
        self._named = {ip: hosts.pop() for ip, hosts in named.items() if len(hosts) == 1}

    def of(self, host: str | None, ip: str | None) -> str | None:
        """The name of one end of a hop."""
        return short(host) if host else self._named.get(ip, ip) if ip else None


def short(host: str) -> str:
    """A host's name without its domain, in lower case; an address as it is."""
    return host if host.replace(".", "").isdigit() else host.split(".")[0].lower()


def asked(drafts: Sequence[Draft], ends: Ends) -> Iterator[Asked]:
    """Give what is to be asked of the facts about each hop: source, target, the source's address, account."""
    for draft in drafts:
        source, target = ends.of(draft.source.host, draft.source.ip), ends.of(draft.target.host, draft.target.ip)
        if source and target:
            yield source, target, draft.source.ip, _account(draft)


def steps(drafts: Sequence[Draft], standings: Sequence[Standing], ends: Ends, known: Uses) -> list[Step]:
    """Give the hops that paths may be made of: none that is allowed; what is usual may only lie between others."""
    done: dict[tuple[str | None, str | None, str], datetime] = {}
    found = []
    for draft, standing in zip(drafts, standings, strict=True):
        step = _step(draft, standing, ends, known)
        key = (step.source, step.account, draft.technique)
        done[key] = min(done.get(key, step.start), step.start)
        if standing.suppressed_by is None:
            found.append((key, step, standing.away or (standing.notable and standing.covered)))
    return [_with_novelty(step, notable or _is_new(step, done[key])) for key, step, notable in found]


def _is_new(step: Step, first: datetime) -> bool:
    """Whether a service that works from a host for more than a day does something there for the first time."""
    return (
        step.strong
        and step.actor != step.account
        and step.alone is not None
        and step.start - step.alone > DAY
        and first >= step.start
    )


def _with_novelty(step: Step, novel: bool) -> Step:
    return Step(**{**{f: getattr(step, f) for f in step.__dataclass_fields__}, "novel": novel}) if novel else step


def _step(draft: Draft, standing: Standing, ends: Ends, known: Uses) -> Step:
    policies = {c.policy for c in draft.contributions}
    source, account = ends.of(draft.source.host, draft.source.ip), _account(draft)
    key = (source or "", account or "")
    present, outgoing = _before(draft.start, known.present.get(key)), _before(draft.start, known.outgoing.get(key))
    return Step(
        id=draft.id,
        source=source,
        target=ends.of(draft.target.host, draft.target.ip),
        account=account,
        start=draft.start,
        end=draft.end,
        strong=Policy.ACT in policies or bool(policies - {Policy.WEAK} and draft.remote_origin),
        lands=draft.technique in LANDS or (draft.took_on and bool(draft.auth.elevated)),
        elevated=bool(draft.auth.elevated),
        alone=min((t for t in (present, outgoing) if t), default=None),
        settled=present is not None
        or (outgoing is not None and outgoing < draft.start - DAY)
        or second_account(known.user_at(source, draft.start), account),
        sure=known.since is not None and draft.start - known.since > 2 * DAY,
        actor=draft.actor,
        took_on=draft.took_on,
        as_system=draft.technique in AS_SYSTEM,
        relayed="relay" in standing.flags,
        also=tuple(name.lower() for name in draft.account.also if not name.endswith("$")),
        quiet=standing.covered and not standing.notable,
    )


def second_account(user: str | None, account: str | None) -> bool:
    """Whether an account's name says that it is a user's other one: his own name at its beginning or end.

    What stands beside it is set off, or short: `administrator` is nobody's who is called `admin`.
    """
    if not user or not account or len(user) < SHORTEST or user == account:
        return False
    behind, before = account.removeprefix(user), account.removesuffix(user)
    return any(
        rest != account and (len(rest) <= MARK or not beside.isalnum())
        for rest, beside in ((behind, behind[:1]), (before, before[-1:]))
    )


def _before(time: datetime, first: datetime | None) -> datetime | None:
    return first if first is not None and first < time else None


def _account(draft: Draft) -> str | None:
    return draft.account.name.lower() if draft.account.name else None


class Traits:
    """What marks an intruder's path: switched credentials, and hosts that the origin's user never reaches."""

    def __init__(self, chain: Chain, known: Uses) -> None:
        first = chain.steps[0]
        self.user = known.user_at(first.source, first.start)
        self.known_by = None if self.user is None else "address" if first.source in known.unheard else "logon"
        self.switches = tuple(_switches(chain, self.user))
        self.stolen = tuple(switch for switch in self.switches if not switch.usual)
        self.beyond = tuple(_beyond(chain, self.user, known))
        self.relayed = any(step.relayed for step in chain.steps)
        self._at_home = first.settled

    def __bool__(self) -> bool:
        """Whether these are an intruder's; somebody at home at the origin may go where he did not go before."""
        return bool(self.stolen or self.relayed or (self.beyond and not self._at_home))


def _switches(chain: Chain, user: str | None) -> Iterator[Switch]:
    by_id = {step.id: step for step in chain.steps}
    seen = set()
    for step, parent in zip(chain.steps, chain.parents, strict=True):
        before = by_id[parent].account if parent else user
        key = (step.source, before, step.account)
        own = step.account == f"{step.source}$"  # what runs as the machine itself took nothing on
        if before and step.account and before != step.account and not own and key not in seen:
            seen.add(key)
            usual = not parent and (not _is_stranger(step) or second_account(before, step.account))
            yield Switch(step.id, step.source or "", before, step.account, usual)


def _is_stranger(step: Step) -> bool:
    """Whether an account is new at the origin: a session by RDP alone shows that only where the logs go back enough."""
    return not step.settled and (step.sure or step.strong or step.took_on)


def _beyond(chain: Chain, user: str | None, known: Uses) -> Iterator[str]:
    """The hosts that the user never went to before, where he is known for a day or more.

    An account that is at home at the origin beside him (an administrator's second one) counts as his.
    """
    first = chain.steps[0]
    persons = [user, first.account] if first.settled else [user]
    since = min((t for p in persons if p and (t := known.known_since(p))), default=None)
    if user is None or since is None or first.start - since < DAY:
        return
    reached = {host for p in persons for host, at in known.reach.get(p or "", {}).items() if at < first.start}
    yield from dict.fromkeys(step.target or "" for step in chain.steps if step.target not in reached)


def standings(chain: Chain, known: Uses) -> dict[str, Standing]:
    """Say what a path adds to each of its hops; one on which credentials were switched lifts weak evidence too."""
    traits = Traits(chain, known)
    findings = tuple(_findings(chain, traits))
    return {step.id: Standing(findings=findings, notable=bool(traits.stolen)) for step in chain.steps}


def _findings(chain: Chain, traits: Traits) -> Iterator[Finding]:
    places = dict.fromkeys([chain.steps[0].source, *(step.target for step in chain.steps)])
    line = " → ".join(shortened([place.upper() for place in places if place]))
    yield Finding("path.chain", f"one of {len(chain.steps)} hops of path {identity(chain)}: {line}")
    if traits.stolen:
        said = [f"from {s.before} to {s.after} at {s.host.upper()}" for s in traits.stolen]
        yield Finding("path.switch", f"credentials were switched on the way: {', '.join(shortened(said))}")
    if traits.beyond:
        hosts = ", ".join(shortened([host.upper() for host in traits.beyond]))
        yield Finding("path.beyond", f"the path reaches {hosts}, where {traits.user} did not go before")


def shortened(words: Sequence[str], most: int = 6) -> list[str]:
    """The first few of many, and how many more there are."""
    return list(words) if len(words) <= most else [*words[:most], f"… ({len(words) - most} more)"]


def identity(chain: Chain) -> str:
    """The id of a path: a hash of its first hop, so that what comes later leaves it the same."""
    return "p-" + hashlib.blake2b(chain.steps[0].id.encode(), digest_size=8).hexdigest()


def path(chain: Chain, hops: Mapping[str, Hop], known: Uses, weight: Weights) -> Path:
    """Put a path together of its chain and its judged hops: it is as grave as the gravest of them.

    It is an alert where one of them is, and it bears a trait of an intruder's or one alert led to another.
    """
    members = [hops[step.id] for step in chain.steps]
    traits, first = Traits(chain, known), members[0]
    hosts = dict.fromkeys(_shown(end) for hop in members for end in (hop.source, hop.target))
    return Path(
        id=identity(chain),
        hops=tuple(hop.id for hop in members),
        parents=chain.parents,
        start=first.start,
        end=max(hop.end for hop in members),
        origin=Origin(first.source.host, first.source.ip, traits.user, traits.known_by),
        hosts=tuple(hosts),
        accounts=tuple(dict.fromkeys(a for a in (traits.user, *(s.account for s in chain.steps)) if a)),
        switches=traits.switches,
        beyond=traits.beyond,
        effects=tuple(_effects(chain, known)),
        score=max(hop.score for hop in members),
        severity=max((hop.severity for hop in members), key=SEVERITIES.index),
        alert=any(hop.alert for hop in members) and (bool(traits) or _led_on(chain, hops)),
        reasons=tuple(Reason(weight["path"][f.weight.split(".")[1]], f.text) for f in _findings(chain, traits)),
    )


def _led_on(chain: Chain, hops: Mapping[str, Hop]) -> bool:
    pairs = zip(chain.steps, chain.parents, strict=True)
    return any(parent and hops[parent].alert and hops[step.id].alert for step, parent in pairs)


def _shown(end: object) -> str:
    return getattr(end, "host", None) or getattr(end, "ip", None) or "?"


def _effects(chain: Chain, known: Uses) -> list[Effect]:
    """What happened on the path's hosts from when it came there, up to an hour after: of preparations only its own."""
    came: dict[str, datetime] = {}
    for step in chain.steps:
        for host, time in ((step.source, step.start - HOUR), (step.target, step.start)):
            came.setdefault(host or "", time)
    until = max(step.end for step in chain.steps) + HOUR
    own = {step.account for step in chain.steps} | {f"{host}$" for host in came} | {"system"}
    own.add(known.user_at(chain.steps[0].source, chain.steps[0].start))
    found = [e for host, time in came.items() for e in known.effects.get(host, ()) if time <= e.time <= until]
    kept = [e for e in found if e.leg == "after" or e.account in own]
    return sorted(kept, key=lambda e: (e.time, e.host, e.signal, e.text))[:EFFECTS]
