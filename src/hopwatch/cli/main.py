"""The command line: one command a module, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated

import duckdb
import typer
from typer import TyperException

from hopwatch.cli.version import VERSION
from hopwatch.model.errors import HopwatchError
from hopwatch.readers.containers import spool
from hopwatch.report.safe import shown

# Each is a module of its name beside this one: with a function of its name, or with an app of several commands.
COMMANDS = ("scan", "show", "identity", "auth", "hunt", "store", "coverage")
GROUPS = ("context", "baseline", "lab", "rules")


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """Give the command line as typer has it: with the command that the arguments name, or with all of them.

    To import all takes as long as a small scan.
    """
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(root)
    named = arguments[0] if arguments and arguments[0] in COMMANDS + GROUPS else None
    for name in COMMANDS + GROUPS:
        if named in (None, name):
            module = import_module(f"hopwatch.cli.{name}")
            app.command()(getattr(module, name)) if name in COMMANDS else app.add_typer(module.app, name=name)
    return app


def _version(asked: bool) -> None:
    if asked:
        print(f"hopwatch {VERSION}")
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find lateral movement in Windows and network telemetry, and show how it is known."""


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(run_command())


def run_command() -> int:
    """Run the command line and give its exit status.

    A mistake of the user's is one sentence and status 2; one of hopwatch's own is told whole, with status 3.
    """
    with suppress(ValueError):  # where a program runs this in another thread, it has its own way to end
        signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # an encoding without → or ✔ shows their codes
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run()
    except (MemoryError, duckdb.OutOfMemoryException):
        return _complain("not enough memory or temporary space for these logs; scan fewer of them at once")
    except _TerminatedError:
        return 143
    except Exception:  # noqa: BLE001 - the last resort
        traceback.print_exc()
        print("hopwatch: this is a mistake in hopwatch; please report it with the lines above", file=sys.stderr)
        return 3
    finally:
        spool.clear()


class _TerminatedError(BaseException):
    """Somebody asked this process to end: what it put on disk is to go first."""


def _terminated(number: int, frame: object) -> None:
    raise _TerminatedError


def _run() -> int:
    try:
        code = application(sys.argv[1:])(standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the framework turns a closed pipe into SystemExit, and nothing else
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        return _complain(f"cannot write the output: {error.strerror or error}")
    except HopwatchError as error:
        return _complain(str(error))
    except TyperException as error:
        return _complain_of_usage(error)
    except KeyboardInterrupt:
        return 130
    return code if isinstance(code, int) else 0


def _complain_of_usage(error: TyperException) -> int:
    message = getattr(error, "format_message", lambda: str(error))()
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message)
        return 2
    return _complain(message)


def _complain(message: str) -> int:
    print(f"hopwatch: {shown(' '.join(message.split()))}", file=sys.stderr)
    return 2


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that nothing complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
