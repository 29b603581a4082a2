"""Makes the examples of outputs in the documentation, from the hops of the sample logs."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import duckdb
from rich.console import Console

from hopwatch.model.contract import hop_of, path_of
from hopwatch.model.hop import Hop
from hopwatch.model.path import Path as HopPath
from hopwatch.pipeline.found import explain
from hopwatch.report import hop as whole
from hopwatch.report.formats import TEXTS, write

ROOT = Path(__file__).parents[1]
LINES = ROOT / "tests/golden/samples-all.jsonl"
PAGES = ("outputs.md", "show.md")
BLOCK = re.compile(r"(<!-- example (\w+) -->\n).*?(<!-- /example -->)", re.DOTALL)
WHOLE = {"ocsf": "unmapped", "ecs": "hopwatch"}  # the key that holds the whole hop, left out of an example
LANGUAGES = {"csv": "text", "md": "markdown", "navigator": "json", "dot": "dot", "graphml": "xml", "parquet": "text"}
WIDTH = 110


def pages() -> dict[Path, str]:
    """Give the pages that hold examples, with the examples as the samples give them now."""
    hop, alert, paths = _samples()
    made = {name: _fenced(_example(name, alert, paths), LANGUAGES.get(name, "json")) for name in TEXTS}
    made["parquet"] = _fenced(_columns(alert), "text")
    made["explain"] = _fenced(_explained(hop), "text")
    files = [ROOT / "docs" / name for name in PAGES]
    return {
        file: BLOCK.sub(lambda found: f"{found[1]}{made[found[2]]}{found[3]}", file.read_text("utf-8"))
        for file in files
    }


def _samples() -> tuple[Hop, Hop, list[HopPath]]:
    """A hop that is no alert, one of a path, and the paths."""
    rows = [json.loads(line) for line in LINES.read_text("utf-8").splitlines()]
    hops = [hop_of(row) for row in rows if "target" in row]
    paths = [path_of(row) for row in rows if "path" in row]
    alert = next(hop for hop in hops if hop.id == paths[0].hops[-1])
    short = replace(alert, reasons=alert.reasons[:2], evidence=alert.evidence[:1])
    return next(hop for hop in hops if not hop.alert), short, paths


def _example(name: str, hop: Hop, paths: list[HopPath]) -> str:
    text = "".join(TEXTS[name]([hop], () if name == "md" else paths))
    if name not in WHOLE:
        return text
    found = json.loads(text)
    del found[WHOLE[name]]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _columns(hop: Hop) -> str:
    """The columns of a Parquet file, as DuckDB tells them."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    write(out, "parquet", [hop], ())
    file = ROOT / "build" / "example.parquet"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(out.buffer.getvalue())
    rows = duckdb.sql(f"DESCRIBE FROM '{file}'").fetchall()
    file.unlink()
    return "".join(f"{name:<15} {kind}\n" for name, kind, *_ in rows)


def _explained(hop: Hop) -> str:
    out = io.StringIO()
    to = Console(file=out, width=WIDTH, highlight=False, emoji=False, markup=False)
    for piece in whole.whole(hop, None, explain(hop)):
        to.print(piece)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _fenced(text: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}{fence}\n"
