"""Intrusions by name: a foothold, stolen credentials, and two to four movements, each from where the last one led."""

from __future__ import annotations

import random
from functools import partial

from hopwatch.lab.auth import Move
from hopwatch.lab.coercion import Lured, coerced, lured
from hopwatch.lab.forms import table
from hopwatch.lab.intruder import Intruder, overlay
from hopwatch.lab.route import Step, steps
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tools.job import Job
from hopwatch.lab.truth import Campaign, Switch, TrueHop
from hopwatch.lab.ways import WAYS, check
from hopwatch.lab.world import Account, Organisation

__all__ = ["WAYS", "Attack", "check"]


class Attack:
    """One intrusion in an organisation, planned from the seed and its name."""

    def __init__(self, org: Organisation, name: str) -> None:
        self.org = org
        self.dice = random.Random(f"{org.seed}:attack:{name}")
        user = self.dice.choice([user for user in org.accounts["user"] if user.home is not None])
        assert user.home is not None
        self.campaign = Campaign(name, user.home, user)
        self.intruder = Intruder(user)
        self.steps = steps(org, name, user.home, self.dice)

    def plan(self) -> Plan:
        """Give what the intruder does, and when."""
        first = self.steps[0].time - self.dice.uniform(300, 540)
        self.campaign.begun = first
        yield first, self._arrive
        for step in self.steps:
            yield step.time, partial(self._hop, step=step)

    def _arrive(self, scene: Scene) -> None:
        self.intruder.arrive(scene)
        desktop = self.campaign.origin.desktop
        self.campaign.logon = desktop.opened if desktop else None

    def _hop(self, scene: Scene, step: Step) -> None:
        """Move once; an account that is not held yet is stolen first."""
        source, catch = self.intruder.place, None
        account = step.account
        hop = TrueHop(self.campaign.name, source, step.target, account, step.way.technique, step.way.also)
        scene.seen = hop.before
        if step.twist == "relay":
            catch = self._catch(scene, step)
            self._change(hop, catch.account, f"relayed, {catch.how}")
        elif account is not self.campaign.account:
            self._change(hop, account, self.intruder.steal(scene, account, self.dice))
            scene.wait(20, 120)
        hop.source_ip, hop.target_ip = source.ip, step.target.ip
        scene.seen = hop.seen
        landed = step.way.tool(scene, self._as(scene, step, catch), self._job(step))
        hop.close()
        scene.seen = None
        self.campaign.hops.append(hop)
        self.intruder.land(landed)
        self._after(scene, step)

    def _change(self, hop: TrueHop, account: Account, how: str) -> None:
        """Note that another account is used from here on."""
        hop.account = account
        self.campaign.switches.append(Switch(hop, hop.source, self.campaign.account, account, how))
        self.campaign.account = account

    def _catch(self, scene: Scene, step: Step) -> Lured:
        """Make a host log on to this one: a server whose own account is strong, or an administrator's computer."""
        away, strong = (self.intruder.place, step.target), self.org.one("management")
        staff = [*self.org.accounts["admin"], *self.org.accounts["helpdesk"]]
        there = [a for a in staff if a.home is not None and a.home not in away]
        if strong not in away and self.dice.random() < 0.6:
            return coerced(scene, self.intruder, strong, self.dice)
        others = [a for a in there if a is not self.campaign.account] or there
        return lured(scene, self.intruder.beacon, self.dice.choice(others))

    def _as(self, scene: Scene, step: Step, catch: Lured | None) -> Move:
        """Who moves, and how it authenticates."""
        source, target, account, client = self.intruder.place, step.target, step.account, self.intruder.beacon
        if catch is not None:
            name = catch.host.name.upper()
            return Move(source, target, catch.account, client, "NTLM", name, remote_tool=True, by_ip=True)
        if step.twist == "hash":
            client = overlay(scene, client, account)
            tool = step.way.impacket
            return Move(source, target, account, client, "NTLM", "-" if tool else source.name.upper(), tool, by_ip=True)
        if step.way.impacket:
            return Move(source, target, account, client, "NTLM", self.dice.choice(("", "-")), True, True)
        client = self.intruder.acting_as(scene, account)
        if step.twist == "address":
            return Move(source, target, account, client, "NTLM", source.name.upper(), by_ip=True)
        return Move(source, target, account, client)

    def _job(self, step: Step) -> Job:
        """What is run, and under which names."""
        words = table("software")
        program: str = self.dice.choice(words["intruder_programs"])
        text: str = self.dice.choice(words["intruder_commands"])
        for mark, value in (("{p}", program), ("{d}", program.replace(".exe", ".dll")), ("{c2}", "198.51.100.23")):
            text = text.replace(mark, value)
        name = self.dice.choice(words[step.way.names]) if step.way.names else ""
        folder = self.dice.choice(("", "Users\\Public", "Windows\\Temp", "PerfLogs"))
        return Job(text, name, program, folder, self.dice.choice(words["intruder_tools"]))

    def _after(self, scene: Scene, step: Step) -> None:
        if step.twist not in ("clear", "account"):
            return
        scene.wait(30, 200)
        if step.twist == "clear":
            self.intruder.clear_logs(scene)
        else:
            self.intruder.create_account(scene, self.dice)
