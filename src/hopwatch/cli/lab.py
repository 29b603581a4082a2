"""`hopwatch lab`: simulate an organisation, verify what was written, score what is found in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hopwatch.cli import prove
from hopwatch.cli.options import Context, choice
from hopwatch.cli.output import console, opened
from hopwatch.report.safe import shown

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Simulate an organisation to measure against.",
)
app.command()(prove.checklist)
app.command()(prove.setup)
app.command()(prove.record)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `lab simulate` wrote.")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, or json.")]
SHOWN = 20  # problems and missed hops that the text names


@app.command()
def simulate(  # noqa: PLR0913 - each is an option of the command
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder to write to: new, empty, or an earlier simulation.")
    ],
    workstations: Annotated[int, typer.Option(metavar="N", help="User computers.")] = 300,
    servers: Annotated[int, typer.Option(metavar="N", help="Servers, controllers and jump hosts included.")] = 60,
    days: Annotated[int, typer.Option(metavar="N", help="Days to simulate.")] = 10,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same files.")] = 1,
    attack_names: Annotated[
        str,
        typer.Option(
            "--attacks", metavar="NAME,…", help="Attacks to run: all, none, or names (docs/lab.md lists them)."
        ),
    ] = "all",
    formats: Annotated[
        str, typer.Option(metavar="NAME,…", help="winlogbeat, xml, zeek, zeek-json, suricata.")
    ] = "winlogbeat,zeek",
    noise: Annotated[float, typer.Option(metavar="N", help="How much hosts do by themselves, 1 is usual.")] = 1.0,
    start: Annotated[str, typer.Option(metavar="DATE", help="First day (UTC).")] = "2026-03-02",
) -> None:
    """Write the logs of an organisation at work and of attacks on it, the truth, a context and an asset list."""
    from hopwatch.lab import simulate as simulation  # here, since no other command needs it at its start

    options = simulation.Options(
        out, workstations, servers, days, seed, _attacks(attack_names), _names(formats), noise, start
    )
    written = simulation.simulate(options)
    print(f"{written.events} events, {written.flows} flows and {written.hops} hops of attacks are in {shown(out)}")


def _attacks(text: str) -> tuple[str, ...]:
    from hopwatch.lab import attacks

    whole: dict[str, tuple[str, ...]] = {"all": tuple(attacks.WAYS), "none": ()}
    return whole[text.strip()] if text.strip() in whole else _names(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


@app.command()
def verify(folder: Folder, output_format: Format = "text") -> None:
    """Read a simulation back, and check that the evidence of every attack is present and consistent.

    Exit status: 0 when it is, 1 when it is not, 2 for a usage or input error.
    """
    choice("--format", output_format, ("text", "json"))
    from hopwatch.lab import verify as verification

    verdict = verification.verify(folder)
    if output_format == "json":
        print(orjson.dumps(verdict.__dict__, option=orjson.OPT_INDENT_2).decode())
    else:
        print(
            f"{verdict.hops} hops, {verdict.found} of {verdict.evidence} pieces of evidence found, "
            f"{len(verdict.problems)} problems"
        )
        for problem in [*verdict.unseen, *verdict.problems][:SHOWN]:
            print(f"  {shown(problem)}")
    if verdict.problems:
        raise typer.Exit(1)


@app.command()
def score(
    folder: Folder,
    baseline_days: Annotated[int, typer.Option(metavar="N", help="Days that teach and do not count.")] = 0,
    context: Context = None,
    output_format: Format = "text",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the output to a file.")] = None,
) -> None:
    """Scan a simulation, and compare what is found with the truth."""
    choice("--format", output_format, ("text", "json"))
    from hopwatch.lab import score as scoring

    figures = scoring.score(folder, baseline_days, context).to_dict()
    with opened(out) as stream:
        if output_format == "json":
            stream.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")
        else:
            console(stream).print(_text(figures))


def _text(figures: dict[str, Any]) -> RenderableType:
    """The figures as tables and lines: by technique, by campaign, then of the whole."""
    techniques = Table("technique", "hops", "found", "recall", box=None)
    for name, tally in figures["techniques"].items():
        techniques.add_row(name, str(tally["hops"]), str(tally["found"]), str(tally["recall"]))
    campaigns = Table("campaign", "hops", "found", "in order", "in one path", box=None)
    for name, course in figures["campaigns"].items():
        campaigns.add_row(name, *_course(course))
    lines = [
        f"hops {figures['hops']}, recall {figures['recall']}",
        *(f"{key} right of those found: {value}" for key, value in figures["attribution"].items()),
        f"alerts: {figures['campaigns_complete']} of {len(figures['campaigns'])} campaigns found in full and in order",
        f"paths: {figures['campaigns_in_one_path']} campaigns are one path each, in order; "
        f"{figures['false_paths']} alerting paths without a hop of an attack",
        f"alerts {figures['alerts']} in {figures['days']} days",
        f"false alerts {figures['false_alerts']}, a day {figures['false_alerts_a_day']}",
        f"first evidence to alert: {figures['seconds_to_alert']} s (median)",
        f"scan: {figures['scan_seconds']} s for {figures['events']} records",
    ]
    missed = [f"missed {text}" for text in figures["missed"]][:SHOWN]
    false = [f"false {n} x {what}" for what, n in figures["false_by"].items()]
    return Group(techniques, Text(), campaigns, Text(), Text("\n".join([*lines, *missed, *false])))


def _course(course: dict[str, Any]) -> tuple[str, str, str, str]:
    path = "-" if course["path"] is None else f"{course['path']} of {course['hops']}"
    if course["path"]:
        beside = [
            f"{course[kind]} {word}"
            for kind, word in (("others", "of another"), ("foreign", "foreign"))
            if course[kind]
        ]
        path = ", ".join([path, *beside])
    order = "-" if course["found"] < 2 else "yes" if course["in_order"] else "no"
    return str(course["hops"]), str(course["found"]), order, path
