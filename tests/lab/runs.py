"""Plays one tool once on a small organisation and writes its logs, with parts of the telemetry off where asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hopwatch.lab.benign import machines, people
from hopwatch.lab.event import Event
from hopwatch.lab.tools.job import Job
from hopwatch.lab.write import Output
from tests.lab.stage import NOON, Stage
from tests.lab.test_tools import TOOLS

Keep = Callable[[Stage, Event], bool]
NAMED = {"scshell": ("defragsvc", "SensorService"), "psexec": ("", "")}


def job(tool: str, other: bool = False) -> Job:
    """What the tool is told to run; another run has other commands, names and programs."""
    name = NAMED.get(tool, ("AcmeRun", "Helper"))[other]
    return Job(
        "cmd.exe /c ipconfig" if other else "cmd.exe /c whoami /all", name, "beacon.exe" if other else "tool.exe"
    )


def write(out: Path, tool: str | None, seed: int = 5, other: bool = False, keep: Keep | None = None) -> Stage:
    """Play a tool (None: nothing) and write what the hosts and sensors saw; `keep` chooses the events."""
    stage = Stage(seed)
    stage.scene.wait(200, 300)
    if tool is not None:
        TOOLS[tool](stage.scene, stage.move(), job(tool, other))
    return store(stage, out, keep)


def work(out: Path, seed: int) -> Stage:
    """Half a day of what people and machines do, without administration."""
    stage = Stage(seed)
    for module in (people, machines):
        dice = random.Random(f"{seed}:{module.__name__}")
        for time, action in sorted(module.plan(stage.org, dice, NOON - 43200, 0.5), key=lambda item: item[0]):
            if NOON < time < NOON + 6000:
                scene = stage.scene.later(time - stage.scene.time)
                action(scene)
    return store(stage, out, None)


def store(stage: Stage, out: Path, keep: Keep | None) -> Stage:
    """Write the events and flows of a stage."""
    stage.tape.finish()
    events = [event for event in stage.events if keep is None or keep(stage, event)]
    with Output(out, ("winlogbeat", "zeek")) as output:
        output.events(events)
        output.flows(stage.flows)
    return stage


def without(*kinds: str) -> Keep:
    """Leave out kinds of events on the target: `security.4697`, or all of a log: `sysmon.`."""
    return lambda stage, event: not (event.host is stage.target and event.form.kind.startswith(kinds))


def dark(stage: Stage, event: Event) -> bool:
    """Leave out all that the target logs."""
    return event.host is not stage.target


def local(stage: Stage, event: Event) -> bool:
    """Make a run on the target a local one: its network logons become logons at the desktop."""
    if event.host is stage.target and event.form.kind == "security.4624" and event.fields["LogonType"] == "3":
        fields: dict[str, Any] = {"LogonType": "2", "IpAddress": "127.0.0.1", "IpPort": "0"}
        event.fields.update(fields)
    return True
