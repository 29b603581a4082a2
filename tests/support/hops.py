"""Runs events through the whole pipeline, in memory, for tests that make claims about hops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.correlate import detect as kernel
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.pipeline.scan import hops_of
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import connect

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.hop import Hop

Event = dict[str, Any]
RULES = own_rules(schema_columns())
OPTIONS = kernel.Options()


def store_of(*files: list[Event]) -> duckdb.DuckDBPyConnection:
    """A store with the events of some files, each a list of events."""
    con = connect()
    ingest = Ingest(con, None, Summary())
    for i, events in enumerate(files):
        ingest.add([orjson.dumps(event) for event in events], f"file-{i}")
    ingest.finish()
    return con


def numbered(events: list[Event]) -> list[Event]:
    """The events with distinct record ids."""
    for i, event in enumerate(events, 1):
        event["Event"]["System"]["EventRecordID"] = i
    return events


def found(*events: Event) -> list[Hop]:
    """The hops that are found in some events."""
    return hops_of(store_of(numbered(list(events))), RULES, OPTIONS)


def executed(*events: Event) -> list[Hop]:
    """Of these the hops that show execution, or a source-side act."""
    return [hop for hop in found(*events) if any(e.leg in ("execution", "source") for e in hop.evidence)]
