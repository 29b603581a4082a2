"""The reports on the sample logs, as tests expect them: `make golden` writes them anew."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import typer

from hopwatch.cli.main import application

FOLDER = Path(__file__).parent
SAMPLES = Path(__file__).parents[2] / "samples"
NOT_LOGS = (".py", ".md")
COMMANDS = {
    "samples.txt": ("scan", "samples"),
    "samples-all.txt": ("scan", "samples", "--all"),
    "coverage.txt": ("coverage", "samples"),
    "coverage.md": ("coverage", "samples", "--format", "md"),
    "coverage-navigator.json": ("coverage", "samples", "--format", "navigator"),
    "checklist.txt": ("lab", "checklist", "samples"),
    "checklist.md": ("lab", "checklist", "samples", "--format", "md"),
    "samples-all.jsonl": ("scan", "samples", "--all", "--format", "jsonl"),
}


def reports() -> dict[str, str]:
    """Run the commands on a copy of the samples, and give what each prints by the name of its file."""
    with copied_samples():
        return {name: printed(*command) for name, command in COMMANDS.items()}


@contextlib.contextmanager
def copied_samples() -> Iterator[Path]:
    """A folder with the sample logs alone, which is also the working directory."""
    before, columns = Path.cwd(), os.environ.pop("COLUMNS", None)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(SAMPLES, Path(folder) / "samples", ignore=_other_files)
        os.chdir(folder)
        try:
            yield Path(folder) / "samples"
        finally:
            os.chdir(before)
            if columns is not None:
                os.environ["COLUMNS"] = columns


def printed(*command: str) -> str:
    """What a command prints into a pipe."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(typer.Exit):
        application(command)(list(command), standalone_mode=False)
    return out.getvalue()


def _other_files(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith(NOT_LOGS) or name == "__pycache__"}


if __name__ == "__main__":
    for name, text in reports().items():
        (FOLDER / name).write_text(text, "utf-8", newline="\n")
