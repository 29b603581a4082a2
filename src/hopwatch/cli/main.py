"""The command line: one command a module, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from hopwatch.cli.scan import scan
from hopwatch.cli.version import VERSION
from hopwatch.model.errors import HopwatchError
from hopwatch.report.safe import shown

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(scan)


def _version(asked: bool) -> None:
    if asked:
        print(f"hopwatch {VERSION}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find lateral movement in Windows and network telemetry, and show how it is known."""


def main() -> None:
    """Run the command line; an error of ours is one sentence and exit status 2."""
    try:
        app()
    except HopwatchError as error:
        print(f"hopwatch: {shown(error)}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
