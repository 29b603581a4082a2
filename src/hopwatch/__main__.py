"""Runs the command line: `python -m hopwatch`, and the installed `hopwatch`."""

import os
import sys

from hopwatch.pipeline.lean import keep_out


def main() -> None:
    """Run the command line and leave at once: an orderly end of the interpreter is a tenth of a small scan."""
    keep_out()
    from hopwatch.cli.main import run_command

    code = run_command()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 2
    os._exit(code)


if __name__ == "__main__":
    main()
