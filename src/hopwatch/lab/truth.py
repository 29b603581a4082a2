"""What really happened: campaigns, their hops, and the evidence that was written of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Event, Flow
from hopwatch.lab.world import Account, Host

EXECUTION = frozenset(
    ["security.4688", "security.4697", "security.4698", "security.4702", "system.7045", "sysmon.1", "sysmon.11",
    "sysmon.13",
     "security.5145", "task.106", "task.129", "task.200", "winrm.91", "powershell.4104", "powershell.53504",
     "sysmon.17"]
)  # fmt: skip
LOGON = frozenset(["security.4624", "security.4672"])
OFF = frozenset(["security.4634", "security.4647"])


@dataclass(eq=False)
class TrueHop:
    """One movement of an intruder; `seen` is everything that was written of it."""

    campaign: str
    source: Host
    target: Host
    account: Account
    technique: str
    also: tuple[str, ...]
    tool: str
    source_ip: str = ""
    target_ip: str = ""
    time: float = 0.0
    end: float = 0.0
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
            "domain": self.account.domain, "technique": self.technique, "also": list(self.also), "tool": self.tool,
            "time": iso(self.time) + "Z", "end": iso(self.end) + "Z",
            "target_logs": self.target.windows and self.target.forwards,
            "evidence": [found for item in self.seen for found in self._evidence(item)],
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
        leg = "network" if flow.target is self.target else "support"
        ends = {"orig": f"{flow.orig[0]}:{flow.orig[1]}", "resp": f"{flow.resp[0]}:{flow.resp[1]}"}
        time = iso(flow.time, 6) + "Z"
        return [
            {"leg": leg, "sensor": s, "log": "conn", "uid": uid, "time": time, **ends} for s, uid in flow.uids.items()
        ]

    def _leg(self, event: Event) -> str:
        kind = event.form.kind
        if event.host is not self.target:
            return "source" if event.host is self.source else "support"
        if kind in LOGON:
            return "logon"
        if kind in ("sysmon.3", "security.5156"):
            return "network"
        return "execution" if kind in EXECUTION else "support"


@dataclass(eq=False)
class Campaign:
    """One intrusion: where it began, and the hops in order."""

    name: str
    origin: Host
    user: Account
    begun: float = 0.0
    hops: list[TrueHop] = field(default_factory=list)

    def to_dict(self, first: int) -> dict[str, Any]:
        """Give the campaign in JSON's types; its hops have consecutive ids."""
        accounts = [hop.account.name for hop in self.hops]
        return {
            "campaign": self.name, "origin": self.origin.fqdn, "user": self.user.name, "begun": iso(self.begun) + "Z",
            "hops": [f"t-{first + i:03d}" for i in range(len(self.hops))],
            "accounts": list(dict.fromkeys([self.user.name, *accounts])),
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
