"""`hopwatch rules`: list, show, check, test, run, translate and export Sigma rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hopwatch.cli.options import Assets, Context, NoProgress, Out, Since, Until, choice, log_options
from hopwatch.cli.output import opened, progress, write
from hopwatch.model.errors import InputError
from hopwatch.report.safe import shown

if TYPE_CHECKING:
    from hopwatch.model.detection import Entry, Ruleset

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Bring your own detections: Sigma rules and correlations.",
)
TARGETS = ("opensearch", "elasticsearch", "kusto", "splunk")
FORMATS = ("text", "jsonl")
RuleFiles = Annotated[list[Path], typer.Argument(metavar="RULES…", help="Sigma files and folders (.yml, .yaml).")]
SomeRules = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[RULES…]", help="Sigma files and folders; without them hopwatch's own rules."),
]
Rules = Annotated[Path, typer.Argument(metavar="RULES", help="A Sigma file or folder.")]
Logs = Annotated[list[Path], typer.Argument(metavar="LOGS…", help="Log files, folders and archives.")]
Placeholders = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Values of placeholders: a YAML mapping of names to lists.")
]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, or jsonl: one JSON object a line.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the matches only, not what was read.")]


def loaded(paths: list[Path], placeholders: Path | None) -> Ruleset:
    """Load rules, and say on stderr which cannot run. Raises InputError where there is none."""
    rules = _load(paths, placeholders)
    _warn(rules)
    return rules


def _load(paths: list[Path], placeholders: Path | None) -> Ruleset:
    from hopwatch.pipeline.rules import load
    from hopwatch.sigma.placeholders import read_values

    rules = load([_place(path) for path in paths], read_values(placeholders) if placeholders else None)
    if not rules.entries:
        raise InputError(f"no Sigma rule below {', '.join(map(str, paths))}")
    return rules


def _place(path: Path) -> Path:
    """The path, or hopwatch's rules on roles where it names these."""
    return _own()[0] / "roles" if str(path) == "roles" and not path.exists() else path


def _own() -> list[Path]:
    from importlib.resources import files

    return [Path(str(files("hopwatch") / "rules"))]


@app.command("list")
def list_rules(paths: SomeRules = None, placeholders: Placeholders = None, out: Out = None) -> None:
    """List rules, one a line."""
    from hopwatch.report import rules as report

    found = _load(paths or _own(), placeholders)
    with opened(out) as stream:
        write(stream, report.listed(found), wrap=False)


@app.command()
def show(
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="A file, or the name, id or title of one of hopwatch's rules.")
    ],
    placeholders: Placeholders = None,
) -> None:
    """Show what is known of a rule: where its events are, what is wrong with it."""
    from hopwatch.report import rules as report

    found, chosen = _chosen(rule, placeholders)
    for i in chosen:
        write(sys.stdout, report.details(found.entries[i], i in found.hidden), wrap=False)


def _chosen(rule: str, placeholders: Path | None) -> tuple[Ruleset, list[int]]:
    """The rules of a file or folder, or the one of hopwatch's own that is called so."""
    path = Path(rule)
    if path.exists():
        found = _load([path], placeholders)
        return found, list(range(len(found.entries)))
    found = _load(_own(), placeholders)
    chosen = [i for i, entry in enumerate(found.entries) if rule in _names(entry)]
    if not chosen:
        raise InputError(f"no rule file is called {rule!r}, nor one of hopwatch's rules")
    return found, chosen


def _names(entry: Entry) -> set[str]:
    return {entry.name, entry.id, entry.title, Path(entry.file).stem}


@app.command()
def check(
    paths: RuleFiles,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print a table by logsource, then what does not load.")
    ] = False,
    placeholders: Placeholders = None,
    output_format: Format = "text",
    out: Out = None,
) -> None:
    """Say what is wrong with rules, with file, line and how to mend it.

    Exit status: 0 where all load (rules for other kinds of systems are listed, and no mistake), 1 where some do not.
    """
    choice("--format", output_format, FORMATS)
    from hopwatch.report import rules as report

    found = _load(paths, placeholders)
    with opened(out) as stream:
        if output_format == "jsonl":
            stream.writelines(report.problem_lines(found))
        elif summary:
            write(stream, report.summary(found))
            write(stream, report.problems(_only_failed(found)) if found.failed else (), wrap=False)
        else:
            write(stream, report.problems(found), wrap=False)
    if found.failed:
        raise typer.Exit(1)


def _only_failed(rules: Ruleset) -> Ruleset:
    from dataclasses import replace

    return replace(rules, entries=tuple(rules.failed))


@app.command("test")
def run_tests(paths: SomeRules = None, placeholders: Placeholders = None) -> None:
    """Run the cases of rules: raw events that each must hit or miss.

    Exit status: 0 where all do, 1 where one does not.
    """
    from hopwatch.pipeline.cases import run_cases

    results = run_cases(_load(paths or _own(), placeholders))
    for wrong in (result for result in results if not result.passed):
        print(f"{shown(wrong.file)}:{wrong.line}: {shown(wrong.rule)}: {shown(wrong.text)}")
    bad = sum(not result.passed for result in results)
    print(f"{len(results):,} cases, {bad:,} of which went wrong")
    if bad:
        raise typer.Exit(1)


@app.command()
def run(  # noqa: PLR0913 - each is an option of the command
    rules: Rules,
    logs: Logs,
    placeholders: Placeholders = None,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    context: Context = None,
    output_format: Format = "text",
    out: Out = None,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Print the events of logs that rules match, and what their correlations find.

    Exit status: 0 when it worked, also where nothing matched or some rules do not load; 2 for a usage or input error.
    """
    choice("--format", output_format, FORMATS)
    from hopwatch.pipeline import rules as pipeline
    from hopwatch.report import matches

    found = loaded([rules], placeholders)
    with opened(out) as stream:
        with progress(logs, not (quiet or no_progress)) as step:
            done = pipeline.run(found, logs, log_options(since, until, assets, context=context), step)
        for i, why in done.failed.items():
            entry = found.entries[i]
            print(f"hopwatch: {shown(entry.file)}:{entry.line}: could not be run: {shown(why)}", file=sys.stderr)
        if output_format == "jsonl":
            stream.writelines(matches.lines(done.con, done.rules))
        else:
            write(stream, matches.report(done.con, done.rules, None if quiet else done.summary), wrap=False)


def _warn(rules: Ruleset) -> None:
    """Say on stderr what of the rules cannot run here."""
    from collections import Counter

    states = Counter(str(entry.state) for entry in rules.entries if entry.kind != "filter")
    idle = {state: n for state, n in states.items() if state != "ready"}
    if idle:
        what = ", ".join(f"{n:,} {state}" for state, n in sorted(idle.items()))
        print(f"hopwatch: not run: {what} (hopwatch rules check says why)", file=sys.stderr)


@app.command()
def sql(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A file, or the name of one of hopwatch's rules.")],
    placeholders: Placeholders = None,
) -> None:
    """Print the SQL that a rule compiles to."""
    from hopwatch.pipeline.rules import sql_of

    found, chosen = _chosen(rule, placeholders)
    for text in sql_of(found, chosen):
        print(shown_lines(text))


def shown_lines(text: str) -> str:
    """Text of several lines for a terminal."""
    return "\n".join(shown(line) for line in text.split("\n"))


@app.command()
def export(
    paths: RuleFiles,
    to: Annotated[str, typer.Option("--to", metavar="TARGET", help=f"One of {', '.join(TARGETS)}.")],
    out: Out = None,
) -> None:
    """Translate rules into another system's query language, by pySigma's backend for it, where one is installed."""
    choice("--to", to, TARGETS)
    from hopwatch.sigma.export import exported

    with opened(out) as stream:
        stream.writelines(f"{query}\n" for query in exported(paths, to))
