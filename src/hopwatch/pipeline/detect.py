"""From a store to hops before judgement: the order of survey and kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hopwatch.correlate import detect as kernel
from hopwatch.correlate.drafts import drafts
from hopwatch.facts import survey as facts
from hopwatch.sigma.match import match

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.draft import Draft
    from hopwatch.model.rule import Rule


def drafts_of(con: duckdb.DuckDBPyConnection, rules: list[Rule], options: kernel.Options) -> list[Draft]:
    """Survey the store and detect."""
    match(con, rules)
    facts.prepare(con)
    facts.survey(con)
    kernel.prepare(con, rules)
    kernel.route(con, options)
    kernel.detect(con, options)
    return drafts(con, rules)
