"""`hopwatch hunt`: queries over the events of logs, in Kusto's, Lucene's, Kibana's language, SQL, or a Sigma rule."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from hopwatch.cli.options import Assets, Context, Jobs, NoProgress, Out, Since, Until, choice, log_options, span
from hopwatch.cli.output import opened, progress, write
from hopwatch.hunt.limits import Limits, limits
from hopwatch.hunt.run import Answer, Question, ask
from hopwatch.model.errors import InputError
from hopwatch.pipeline.logs import LogOptions, something_read
from hopwatch.report import rows as report
from hopwatch.report.safe import shown

LANGUAGES = ("auto", "kql", "lucene", "kibana", "sql", "sigma")
FORMATS = ("table", "jsonl", "csv")
FILES = {
    ".kql": "kql",
    ".csl": "kql",
    ".lucene": "lucene",
    ".sql": "sql",
    ".yml": "sigma",
    ".yaml": "sigma",
    ".txt": "auto",
}
MOST = {"timeout": 86400, "memory": 1_000_000, "rows": 100_000_000}
Query = Annotated[
    str | None,
    typer.Argument(metavar="QUERY", help="A query, the name of one of hopwatch's (--list), or a file that holds one."),
]
Logs = Annotated[list[Path] | None, typer.Argument(metavar="[LOGS…]", help="Log files, folders and archives.")]
Store = Annotated[Path | None, typer.Option(metavar="FILE", help="Ask a store that hopwatch store made, and no logs.")]
Language = Annotated[str, typer.Option(metavar="NAME", help=f"One of {', '.join(LANGUAGES)}; auto tells by the form.")]
Table = Annotated[
    str, typer.Option(metavar="NAME", help="The table that a search in Lucene's or Kibana's language is over.")
]
Format = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="table, jsonl (one JSON object a line), or csv.")
]
Rows = Annotated[int | None, typer.Option("--rows", metavar="N", help="Give at most N rows (default 10000).")]
Timeout = Annotated[str, typer.Option(metavar="SPAN", help="How long the query may take: 30s, 5m (default 60s).")]
Memory = Annotated[int | None, typer.Option(metavar="MB", help="How much memory the query may take (default 1024).")]
Explain = Annotated[
    bool, typer.Option("--explain", help="Say what the query becomes, and what in it is likely not meant.")
]
AsRule = Annotated[Path | None, typer.Option("--save-as-rule", metavar="FILE", help="Write the query as a Sigma rule.")]
List = Annotated[bool, typer.Option("--list", help="List hopwatch's own queries.")]
Show = Annotated[bool, typer.Option("--show", help="Print one of hopwatch's own queries, with what it is for.")]
Tables = Annotated[
    bool, typer.Option("--tables", help="List the tables and their columns; of one table, if it is named.")
]
Baseline = Annotated[Path | None, typer.Option(metavar="FILE", help="What the past taught (hopwatch baseline learn).")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the rows only, not what was read.")]


def hunt(  # noqa: PLR0913 - each is an option of the command
    query: Query = None,
    logs: Logs = None,
    store: Store = None,
    language: Language = "auto",
    table: Table = "events",
    output_format: Format = "table",
    out: Out = None,
    rows: Rows = None,
    timeout: Timeout = "60s",
    memory: Memory = None,
    explain: Explain = False,
    save_as_rule: AsRule = None,
    list_queries: List = False,
    show: Show = False,
    tables: Tables = False,
    since: Since = None,
    until: Until = None,
    assets: Assets = None,
    context: Context = None,
    baseline: Baseline = None,
    jobs: Jobs = 0,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Ask the events of logs, and what hopwatch finds in them, in the language that you know.

    Exit status: 0 when it worked, also where no row was found; 2 for a usage or input error, or a wrong query.
    """
    choice("--language", language, LANGUAGES)
    choice("--format", output_format, FORMATS)
    bounds = limits(seconds=span("--timeout", timeout), memory=_most("--memory", memory), rows=_most("--rows", rows))
    if list_queries or show or tables:
        _tell(query, store, bounds, list_queries, show)
        return
    question = _question(query, language, table, explain)
    given = log_options(since, until, assets, jobs, context)
    with (
        opened(out) as stream,
        _asked(logs, store, given, question, (context, baseline), not (quiet or no_progress)) as (place, said),
    ):
        if save_as_rule is not None:
            _save(place, question, bounds, save_as_rule)
            return
        head = said if said is not None and not quiet and output_format == "table" else ()
        answer = ask(place, question, bounds)
        _write(stream, "explained" if explain else output_format, answer, head)
    _notes(answer, bounds, quiet)


def _most(option: str, number: int | None) -> int | None:
    """Check a bound that was given. Raises InputError with the option and the value."""
    most = MOST[option.strip("-")]
    if number is not None and not 1 <= number <= most:
        raise InputError(f"{option} {number} is not a number from 1 to {most}")
    return max(number, 64) if number is not None and option == "--memory" else number


def _question(query: str | None, language: str, table: str, explain: bool) -> Question:
    """The question: the query's text, out of the library or a file where it names one of these."""
    if query is None or not query.strip():
        raise InputError(
            "no query: hopwatch hunt QUERY LOGS… (--list shows hopwatch's own, --tables what can be asked)"
        )
    from hopwatch.hunt.library import named

    if (found := named(query)) is not None:
        return Question(found.text, "kql", table, explain)
    path = Path(query) if len(query) < 4096 and "\n" not in query and "\0" not in query else None
    if path is not None and path.suffix.lower() in FILES and " " not in query.strip()[-6:]:
        if not path.is_file():
            raise InputError(f"there is no query file {query}")
        kind = FILES[path.suffix.lower()] if language == "auto" else language
        return Question(str(path) if kind == "sigma" else _text(path), kind, table, explain)
    if language == "sigma":
        raise InputError(f"{query!r} is no Sigma file (.yml, .yaml)")
    return Question(query, language, table, explain)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error


@contextmanager
def _asked(
    logs: list[Path] | None,
    store: Path | None,
    options: LogOptions,
    question: Question,
    known: tuple[Path | None, Path | None],
    bar: bool,
) -> Iterator[tuple[Path, Any]]:
    """Give the store to ask, and what was read for it."""
    if store is not None:
        if logs:
            raise InputError("--store and logs are two places to ask: name one (hopwatch store adds logs to a store)")
        if any((options.since, options.until, options.assets, *known)):
            raise InputError(
                "--since, --until, --assets, --context and --baseline go into a store when it is made (hopwatch store)"
            )
        if not store.is_file():
            raise InputError(f"there is no store {store} (hopwatch store LOGS --out {store} makes it)")
        yield store, None
        return
    if not logs and question.explain:
        from hopwatch.pipeline.keep import empty_store

        with empty_store() as place:
            yield place, None
        return
    if not logs:
        raise InputError("no log to ask: name files or folders after the query, or a store (--store)")
    from hopwatch.pipeline.derive import Known
    from hopwatch.pipeline.keep import store_of
    from hopwatch.report.text import summary_lines

    with progress(logs, bar) as step, store_of(logs, options, question.text, Known(*known), step) as (place, summary):
        something_read(logs, summary)
        yield place, summary_lines(summary)


def _write(stream: TextIO, output_format: str, answer: Answer, head: Iterable[Any]) -> None:
    """Write the rows, in a table after what was read; or what the query became."""
    if output_format == "explained":
        list(answer.rows())
        write(stream, report.explained(answer.plan), wrap=False)
    elif output_format == "jsonl":
        stream.writelines(report.lines(answer.columns, answer.rows()))
    elif output_format == "csv":
        stream.writelines(report.sheet(answer.columns, answer.rows()))
    else:
        rows: list[report.Row] = list(answer.rows())
        write(stream, head)
        write(stream, report.table(answer.columns, rows), wrap=False)


def _notes(answer: Answer, bounds: Limits, quiet: bool) -> None:
    """Say on stderr what the reader of the rows should know."""
    if answer.more:
        print(f"hopwatch: only the first {bounds.rows:,} rows are given (--rows)", file=sys.stderr)
    if answer.cut:
        print(f"hopwatch: {answer.cut:,} values were cut after {bounds.cell:,} characters", file=sys.stderr)
    for note in answer.plan["notes"] if not quiet else ():
        print(f"hopwatch: {shown(note)}", file=sys.stderr)


def _save(store: Path, question: Question, bounds: Limits, out: Path) -> None:
    """Write a query as a rule. Raises InputError where it is none, or the file is there."""
    if out.exists():
        raise InputError(f"{out} is there already; a rule is not written over")
    answer = ask(store, replace(question, rule=out.stem), bounds)
    list(answer.rows())
    with opened(out) as stream:
        stream.write(answer.rule or "")
    print(f"{shown(out)} is written (hopwatch rules check and hopwatch rules test hold it to its cases)")


def _tell(query: str | None, store: Path | None, bounds: Limits, every: bool, show: bool) -> None:
    """Print the library, one query of it, or the tables."""
    from hopwatch.hunt.library import named, queries

    if every:
        write(sys.stdout, report.listed((q.name, q.title, " ".join(q.attack)) for q in queries()))
    elif show:
        found = named(query or "")
        if found is None:
            raise InputError(f"hopwatch has no query {query!r} (--list shows those it has)")
        print(found.text.rstrip())
    else:
        from hopwatch.pipeline.keep import tables_of

        found_tables = tables_of(store, bounds)
        if query is not None and query.lower() not in {name.lower() for name in found_tables}:
            raise InputError(f"there is no table {query!r} (hopwatch hunt --tables lists them)")
        write(sys.stdout, report.tables(found_tables, query), wrap=query is None)
