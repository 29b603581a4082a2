"""Puts the page together, piece by piece: the markup, its style and scripts, and the data that they show."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING

from hopwatch.report.html import data

if TYPE_CHECKING:
    from hopwatch.report.html.report import Report

ASSETS = files("hopwatch.report.html") / "assets"
LIBRARY = "vendor/cytoscape.min.js"
# In this order they become one script.
MODULES = (
    "dom", "words", "model", "filters", "brush", "why", "lanes", "tree", "records", "hop", "paths", "table", "timeline",
    "cluster", "layout", "graph", "coverage", "overview", "main",
)  # fmt: skip
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def pieces(report: Report) -> Iterator[str]:
    """Give the page in pieces, in order; no more than one block of data is held at a time.

    The scripts and styles are named by their hashes in the page's Content-Security-Policy, so that nothing else runs,
    whatever a log holds; nothing may be loaded from anywhere.
    """
    style, library, script = _asset("style.css"), _asset(LIBRARY), _script()
    before, after = _asset("page.html").split("<!-- data and scripts -->")
    policy = POLICY.format(scripts=f"{_digest(library)} {_digest(script)}", styles=_digest(style))
    yield before.replace("{{policy}}", policy).replace("{{style}}", style)
    yield from _block("meta", data.meta(report))
    yield from _block("hops", data.index(report))
    yield f"<script>{library}</script>\n<script>{script}</script>\n"
    yield from _block("coverage", data.coverage(report))
    for number, block in enumerate(data.details(report)):
        yield from _block(f"details-{number}", block)
    yield '<script type="application/json" id="complete">true</script>\n'
    yield after


def _block(name: str, texts: Iterator[str]) -> Iterator[str]:
    yield f'<script type="application/json" id="{name}">'
    yield from texts
    yield "</script>\n"


def _script() -> str:
    body = "\n".join(_asset(f"{name}.js") for name in MODULES)
    return f'(function () {{\n"use strict";\n{body}\n}})();\n'


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The source expression that allows one inline script or style (CSP level 2)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
