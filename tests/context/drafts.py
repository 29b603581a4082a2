"""Drafts of hops, and what a context makes of them, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hopwatch.context.judge import judge as say
from hopwatch.context.load import load
from hopwatch.model.context import Context
from hopwatch.model.draft import Contribution, Draft
from hopwatch.model.hop import LEGS, Account, Auth, Hop, LegState, Source, Target
from hopwatch.model.observed import Observed
from hopwatch.model.rule import Policy
from hopwatch.score.judge import judge, weights

WEIGHTS = weights()
NOON = datetime(2026, 3, 10, 12)
NOTHING = Observed()


def draft(
    source: str = "WS01", target: str = "SRV01", account: str = "alice", way: str = "wmi_exec", **more: Any
) -> Draft:
    """A draft; `policy` is that of its evidence, `ip` the source's address, `at` its start, `said` its sentence."""
    policy, text = more.pop("policy", Policy.DUAL_USE), more.pop("said", "something ran")
    start = more.pop("at", NOON)
    domain, _, name = account.rpartition("\\")
    values = {
        "id": f"h-{start:%d%H%M%S}-{target}", "start": start, "end": start + timedelta(seconds=30),
        "source": Source(source or None, more.pop("ip", None)), "target": Target(target),
        "account": Account(name or None, domain or "CORP", more.pop("sid", None), None, more.pop("also", ())),
        "technique": way, "techniques": (way,), "attack": (), "auth": Auth(more.pop("logon_type", 3)),
        "key_length": None,
        "legs": dict.fromkeys(LEGS, LegState.SEEN), "remote_origin": "a network logon from another host",
        "contributions": (Contribution("a-rule", "execution", 30, policy, text, "Security 4688", 1),),
        "evidence": (), "evidence_total": 1,
    }  # fmt: skip
    return Draft(**values | more)


def context(text: str) -> Context:
    """A context of some YAML."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "context.yml"
        file.write_text(text, "utf-8")
        return load(file)


def judged(text: str, *drafts: Draft, observed: Observed = NOTHING) -> list[Hop]:
    """The hops that drafts become with a context."""
    standings = say(drafts, context(text), observed)
    return [judge(each, WEIGHTS, standing) for each, standing in zip(drafts, standings, strict=True)]


def weights_of(text: str, one: Draft, observed: Observed = NOTHING) -> set[str]:
    """The names of what a context finds in one draft."""
    return {found.weight.removeprefix("context.") for found in say([one], context(text), observed)[0].findings}
