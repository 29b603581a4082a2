"""Runs the organisation day by day and writes what it logs."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from hopwatch.lab import attacks, build
from hopwatch.lab.benign import admins, automation, legacy, machines, people
from hopwatch.lab.clock import DAY, midnight
from hopwatch.lab.describe import assets, context
from hopwatch.lab.event import Event, Flow
from hopwatch.lab.processes import boot
from hopwatch.lab.scene import Plan, Scene
from hopwatch.lab.tape import SLICE, Tape
from hopwatch.lab.truth import as_dict
from hopwatch.lab.world import Organisation
from hopwatch.lab.write import MARK, Output, check_formats
from hopwatch.model.errors import InputError

WORK = (people, machines, admins, automation, legacy)
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Options:
    """What to simulate; `attacks` empty means every one, `start` is a date."""

    out: Path
    workstations: int = 300
    servers: int = 60
    days: int = 10
    seed: int = 1
    attacks: tuple[str, ...] = tuple(attacks.WAYS)
    formats: tuple[str, ...] = ("winlogbeat", "zeek")
    noise: float = 1.0
    start: str = "2026-03-02"


@dataclass
class Written:
    """How much was written."""

    events: int = 0
    flows: int = 0
    hops: int = 0


def simulate(options: Options, progress: Progress = lambda share: None) -> Written:
    """Write a simulated organisation's logs, the truth, a context and an asset list.

    Raises InputError for options that make no sense, and for a folder that holds something else.
    """
    start = _check(options)
    org = build.build(
        build.Size(options.workstations, options.servers), options.seed, start, start + options.days * DAY
    )
    _prepare(options)
    intrusions = [attacks.Attack(org, name) for name in options.attacks]
    written = Written()
    with Output(options.out, options.formats) as output:

        def events(batch: list[Event]) -> None:
            written.events += len(batch)
            output.events(batch)

        def flows(batch: list[Flow]) -> None:
            written.flows += len(batch)
            output.flows(batch)

        tape = Tape(org, options.seed, events, flows)
        _start(org, tape)
        _run(org, tape, options, intrusions, progress)
    campaigns = [attack.campaign for attack in intrusions]
    written.hops = sum(len(campaign.hops) for campaign in campaigns)
    _tell(options, org, as_dict(campaigns))
    return written


def _check(options: Options) -> float:
    attacks.check(list(options.attacks))
    check_formats(options.formats)
    for name, value, least in (
        ("--workstations", options.workstations, 4),
        ("--servers", options.servers, 4),
        ("--days", options.days, 1),
    ):
        if value < least:
            raise InputError(f"{name} {value} is too few; it is {least} or more")
    if options.noise < 0:
        raise InputError(f"--noise {options.noise} is below 0")
    try:
        return midnight(options.start)
    except ValueError as error:
        raise InputError(f"--start {options.start!r} is not a date like 2026-03-02") from error


def _prepare(options: Options) -> None:
    """Make the folder, or empty one that an earlier simulation wrote."""
    out = options.out
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).is_file())):
        raise InputError(f"{out} holds something else than an earlier simulation; name another folder")
    for name in ("windows", "zeek", "suricata"):
        shutil.rmtree(out / name, ignore_errors=True)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MARK).write_bytes(orjson.dumps({"workstations": options.workstations, "servers": options.servers,
            "days": options.days, "seed": options.seed, "attacks": options.attacks, "formats": options.formats,
            "noise": options.noise, "start": options.start}, option=orjson.OPT_INDENT_2))  # fmt: skip
    except OSError as error:
        raise InputError(f"cannot write to {out}: {error.strerror or error}") from error


def _start(org: Organisation, tape: Tape) -> None:
    scene = Scene(tape, random.Random(f"{org.seed}:boot"), org.start)
    for host in org.hosts:
        if host.windows:
            boot(scene, host)


def _run(org: Organisation, tape: Tape, options: Options, intrusions: list[attacks.Attack], progress: Progress) -> None:
    evil = sorted((item for attack in intrusions for item in attack.plan()), key=lambda item: item[0])
    for number in range(options.days):
        day = org.start + number * DAY
        today = [item for item in evil if day <= item[0] < day + DAY]
        _day(
            org,
            tape,
            day,
            sorted([*_work(org, day, options.noise), *_scened(org, today, "attack")], key=lambda item: item[0]),
        )
        org.tickets = {key: until for key, until in org.tickets.items() if until > day + DAY}
        progress((number + 1) / options.days)
    tape.finish()


Timed = tuple[float, Callable[[Tape], None]]


def _day(org: Organisation, tape: Tape, day: float, plan: list[Timed]) -> None:
    closed = day
    for time, action in plan:
        if time >= closed + SLICE:
            closed = time - time % SLICE
            tape.close(closed)
        if time < org.end:
            action(tape)


def _work(org: Organisation, day: float, noise: float) -> Iterator[Timed]:
    for module in WORK:
        name = f"{module.__name__}:{day:.0f}"
        yield from _scened(org, module.plan(org, random.Random(f"{org.seed}:{name}"), day, noise), name)


def _scened(org: Organisation, plan: Plan | list[tuple[float, Callable[[Scene], None]]], name: str) -> Iterator[Timed]:
    """Give every action a scene with dice of its own, so that no action changes another's."""
    for i, (time, action) in enumerate(plan):
        yield time, _Played(time, action, f"{org.seed}:{name}:{time:.6f}:{i}")


@dataclass(frozen=True)
class _Played:
    time: float
    action: Callable[[Scene], None]
    seed: str

    def __call__(self, tape: Tape) -> None:
        self.action(Scene(tape, random.Random(self.seed), self.time))


def _tell(options: Options, org: Organisation, truth: dict[str, object]) -> None:
    (options.out / "truth.json").write_bytes(orjson.dumps(truth, option=orjson.OPT_INDENT_2))
    (options.out / "context.yml").write_text(context(org), encoding="utf-8")
    (options.out / "assets.csv").write_text(assets(org), encoding="utf-8")
