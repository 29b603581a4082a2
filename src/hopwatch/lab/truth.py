"""What really happened: campaigns, their hops, and the evidence that was written of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Event, Flow, number_of
from hopwatch.lab.world import Account, Host

EXECUTION = frozenset(
    ["security.4688", "security.4697", "security.4698", "security.4702", "system.7045", "sysmon.1", "sysmon.11",
    "sysmon.13",
     "security.5145", "task.106", "task.129", "task.200", "winrm.91", "powershell.4104", "powershell.53504",
     "sysmon.17"]
)  # fmt: skip
LOGON = frozenset(["security.4624", "security.4672", "lsm.21", "lsm.25"])
OFF = frozenset(["security.4634", "security.4647"])
ASIDE = frozenset([53, 67, 88, 389])  # ports of names, addresses and tickets, also where a controller is the target


@dataclass(eq=False)
class TrueHop:
    """One movement of an intruder; `seen` is everything that was written of it."""

    campaign: str
    source: Host
    target: Host
    account: Account
    technique: str
    also: tuple[str, ...]
    source_ip: str = ""
    target_ip: str = ""
    time: float = 0.0
    end: float = 0.0
    before: list[Event | Flow] = field(default_factory=list)  # what made it possible: theft, coercion
    seen: list[Event | Flow] = field(default_factory=list)

    def close(self) -> None:
        """Set begin and end from what was written; ends of sessions do not count."""
        times = [item.time for item in self.seen if isinstance(item, Flow) or item.form.kind not in OFF]
        if times:
            self.time, self.end = min(times), max(times)

    def to_dict(self, number: int) -> dict[str, Any]:
        """Give the hop in JSON's types."""
        return {
            "id": f"t-{number:03d}", "campaign": self.campaign, "source": self.source.fqdn, "source_ip": self.source_ip,
            "target": self.target.fqdn, "target_ip": self.target_ip, "account": self.account.name,
            "domain": self.account.domain, "technique": self.technique, "also": list(self.also),
            "time": iso(self.time) + "Z", "end": iso(self.end) + "Z",
            "target_logs": self.target.windows and self.target.forwards,
            "evidence": [
                *({**found, "leg": "before"} for item in self.before for found in self._evidence(item)),
                *(found for item in self.seen for found in self._evidence(item)),
            ],
        }  # fmt: skip

    def _evidence(self, item: Event | Flow) -> list[dict[str, Any]]:
        if isinstance(item, Flow):
            return self._flow(item)
        return [self._event(item)] if item.record else []  # none of what lies beyond the end of the simulation

    def _event(self, event: Event) -> dict[str, Any]:
        return {
            "leg": self._leg(event), "host": event.host.name, "channel": event.form.channel.name,
            "event_id": event.form.event_id, "record_id": event.record, "time": iso(event.recorded) + "Z",
        }  # fmt: skip

    def _flow(self, flow: Flow) -> list[dict[str, Any]]:
        moving = flow.target is self.target and flow.resp[1] not in ASIDE
        leg = "network" if moving else "support"
        ends = {"orig": f"{flow.orig[0]}:{flow.orig[1]}", "resp": f"{flow.resp[0]}:{flow.resp[1]}"}
        time = iso(flow.time, 6) + "Z"
        return [
            {"leg": leg, "sensor": sensor, "uid": uid, "flow_id": number_of(uid), "time": time, **ends}
            for sensor, uid in flow.uids.items()
        ]

    def _leg(self, event: Event) -> str:
        kind = event.form.kind
        if event.host is not self.target:
            return "source" if event.host is self.source else "support"
        if kind in LOGON:
            return "logon"
        if kind in ("sysmon.3", "security.5156", "rdpcore.131", "rcm.1149"):
            return "network"
        return "execution" if kind in EXECUTION else "support"


@dataclass(eq=False)
class Switch:
    """A change of account within an intrusion: where, from whose to whose, how, and before which hop."""

    hop: TrueHop
    host: Host
    before: Account
    after: Account
    how: str


@dataclass(eq=False)
class Campaign:
    """One intrusion: where it began, whose logon there it used, its hops and changes of account in order."""

    name: str
    origin: Host
    user: Account
    begun: float = 0.0
    logon: Event | None = None  # the user's own logon on the origin
    hops: list[TrueHop] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account = self.user  # whose credentials are used now

    def to_dict(self, first: int) -> dict[str, Any]:
        """Give the campaign in JSON's types; its hops have consecutive ids."""
        ids = {hop: f"t-{first + i:03d}" for i, hop in enumerate(self.hops)}
        accounts = [hop.account.name for hop in self.hops]
        return {
            "campaign": self.name, "origin": self.origin.fqdn, "origin_user": self.user.name,
            "origin_logon": self._origin(), "begun": iso(self.begun) + "Z", "hops": list(ids.values()),
            "hosts": [self.origin.fqdn, *(hop.target.fqdn for hop in self.hops)],
            "accounts": list(dict.fromkeys([self.user.name, *accounts])),
            "switches": [_change(switch, ids[switch.hop]) for switch in self.switches],
        }  # fmt: skip

    def _origin(self) -> dict[str, Any] | None:
        """The record of the user's logon; null where the origin forwards nothing."""
        if self.logon is None or not self.logon.record:
            return None
        return {
            "host": self.origin.name, "channel": self.logon.form.channel.name, "record_id": self.logon.record,
            "time": iso(self.logon.recorded) + "Z",
        }  # fmt: skip


def _change(switch: Switch, hop: str) -> dict[str, Any]:
    return {
        "before_hop": hop, "host": switch.host.fqdn, "from": switch.before.name, "to": switch.after.name,
        "how": switch.how,
    }  # fmt: skip


def as_dict(campaigns: list[Campaign]) -> dict[str, Any]:
    """Give the whole truth in JSON's types."""
    done = [campaign for campaign in campaigns if campaign.hops]
    hops = [hop for campaign in done for hop in campaign.hops]
    firsts = [sum(len(c.hops) for c in done[:i]) + 1 for i in range(len(done))]
    return {
        "hops": [hop.to_dict(i) for i, hop in enumerate(hops, 1)],
        "campaigns": [campaign.to_dict(first) for campaign, first in zip(done, firsts, strict=True)],
    }
