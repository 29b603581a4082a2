"""Compiles the documents of rule files, with those that are templates of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import duckdb
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter

from hopwatch.model.detection import Entry, Problem, State
from hopwatch.model.errors import RuleError
from hopwatch.sigma.aggregation import without_aggregation
from hopwatch.sigma.detection import Setting, compile_document, sigma_filter
from hopwatch.sigma.document import Document, documents
from hopwatch.sigma.mend import mended

Values = Mapping[str, tuple[str, ...]]


def compile_files(
    texts: Mapping[str, bytes], filters: Iterable[bytes], known: frozenset[str], values: Values
) -> dict[str, list[Entry]]:
    """Give the entries of each file; `filters` are the files that hold filters for any of the rules."""
    with duckdb.connect() as con:
        setting = Setting(known, con, values, tuple(_read_filters(filters)))
        return {file: _entries(file, text, setting) for file, text in texts.items()}


def _entries(file: str, text: bytes, setting: Setting) -> list[Entry]:
    try:
        found = list(_templated(documents(text.decode("utf-8-sig", "replace").replace("\0", ""))))
    except RuleError as error:
        problem = Problem(str(error), error.line, fatal=True)
        title = file.replace("\\", "/").rsplit("/", 1)[-1]
        return [Entry(file, error.line or 1, "rule", title, state=State.FAILED, problems=(problem,))]
    every = [one for document in found for one in without_aggregation(document, file)]
    return [compile_document(document, file, setting) for document in every]


def _templated(found: Iterable[Document]) -> Iterator[Document]:
    """The documents of a file, what `action: global` gives to all and `action: repeat` repeats put into them."""
    template: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for document in found:
        content = document.content
        action = content.get("action") if isinstance(content, dict) else None
        if action == "global":
            template = {k: v for k, v in content.items() if k != "action"}
        elif action == "reset":
            template = {}
        elif not isinstance(content, dict):
            yield document
        else:
            on = before if action == "repeat" else {} if "correlation" in content or "filter" in content else template
            before = _merged(on, {k: v for k, v in content.items() if k != "action"})
            yield replace(document, content=before)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(below)
    for key, value in above.items():
        mapping = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _merged(out[key], value) if mapping else value
    return out


def _read_filters(texts: Iterable[bytes]) -> Iterator[SigmaFilter]:
    for text in texts:
        try:
            found = documents(text.decode("utf-8-sig", "replace"))
        except RuleError:
            continue
        for document in found:
            if isinstance(document.content, dict) and "filter" in document.content:
                try:
                    yield sigma_filter(mended(document, "filter")[0])
                except (SigmaError, RuleError, TypeError, ValueError, AttributeError, KeyError):
                    continue  # its own entry says what is wrong with it
