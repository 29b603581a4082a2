"""Fills the tables of what hopwatch finds in the events of a store: hops, paths, identity, baseline, context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.baseline import file as baseline_file
from hopwatch.baseline.view import habits
from hopwatch.context.roles import roles
from hopwatch.correlate import authentication
from hopwatch.correlate import detect as kernel
from hopwatch.correlate.presumed import presumed
from hopwatch.facts.identity import identity
from hopwatch.facts.roles import observe
from hopwatch.model.hop import Hop
from hopwatch.model.path import Path as HopPath
from hopwatch.model.standing import merged
from hopwatch.pipeline.baseline import learned
from hopwatch.pipeline.context import context_judge, context_of
from hopwatch.pipeline.detect import drafts_of
from hopwatch.pipeline.past import PastOptions, past_judge
from hopwatch.pipeline.scan import link
from hopwatch.score.authentication import judge_of
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.context import Context
    from hopwatch.model.summary import Summary

GAP = timedelta(days=1)
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Known:
    """What is known besides the logs: a context's file and a baseline's."""

    context: Path | None = None
    baseline: Path | None = None


def derive(con: duckdb.DuckDBPyConnection, known: Known, summary: Summary) -> dict[str, list[Row]]:
    """Find the hops in a store, judge them as a scan does, and give the rows of each table of findings."""
    rules, context = own_rules(schema_columns()), context_of(known.context)
    found = drafts_of(con, rules, kernel.Options(every=True))
    named = presumed(found)
    said = [each(named) for each in (judge_of(authentication.signs(con)), context_judge(con, context, summary))]
    standings = [merged(one[i] for one in said) for i in range(len(found))]
    past = habits(baseline_file.read(known.baseline) if known.baseline else learned(con, named, standings))
    if known.baseline and (judge := past_judge(PastOptions(known.baseline, None))) is not None:
        standings = [merged(both) for both in zip(standings, judge(con, named, standings), strict=True)]
    hops, paths = link(con, found, standings, GAP)
    of_hop = {hop: path.id for path in paths for hop in path.hops}
    facts, _ = identity(con)
    return {
        "hops": [_hop(hop, of_hop.get(hop.id)) for hop in hops],
        "paths": [_path(path) for path in paths],
        "identity": [(f.host, f.ip, f.source, f.first, f.last, f.hours) for f in facts],
        "baseline": [
            (
                h.source,
                h.target,
                h.account,
                _joined(h.techniques),
                h.days,
                _day(h.first),
                _day(h.last),
                h.state,
                _joined(h.hops),
            )
            for h in past
        ],
        "context": _context(con, context),
        "finding": [*map(_line, hops), *map(_line, paths)],
    }


def _line(one: Hop | HopPath) -> Row:
    return (orjson.dumps(one.to_dict()).decode(),)


def _hop(hop: Hop, path: str | None) -> Row:
    source, target, account, auth = hop.source, hop.target, hop.account, hop.auth
    row = hop.to_dict()
    legs = row["legs"]
    first = hop.evidence[0] if hop.evidence else None
    pointer = (
        (first.file, first.channel, first.event_id, f"#{first.record_id}" if first.record_id is not None else None)
        if first
        else ()
    )
    return (
        hop.id, row["group"], hop.start, hop.start, hop.end,
        source.host, source.ip, source.port, _joined(source.roles), row["source"]["known_by"],
        _joined(source.candidates),
        target.host, target.ip, _joined(target.roles),
        account.name, account.domain, account.sid, row["account"]["logon_id"], _joined(account.also),
        hop.technique, _joined(hop.techniques), _joined(hop.attack), auth.logon_type, auth.package,
        auth.elevated, _joined(auth.flags),
        legs["logon"], legs["execution"], legs["network"],
        hop.score, hop.severity, hop.alert, hop.suppressed_by, "; ".join(reason.text for reason in hop.reasons),
        hop.evidence_total,
        path, " ".join(str(part) for part in pointer if part is not None) or None,
    )  # fmt: skip


def _path(path: HopPath) -> Row:
    return (
        path.id, path.start, path.start, path.end, path.origin.host, path.origin.ip, path.origin.user, len(path.hops),
        _joined(path.hosts), _joined(path.accounts),
        "; ".join(f"{s.before} to {s.after} at {s.host}" + (" (usual)" if s.usual else "") for s in path.switches),
        _joined(path.beyond),
        "; ".join(f"{e.host}: {e.text}" for e in path.effects), path.score, path.severity, path.alert,
        "; ".join(reason.text for reason in path.reasons), _joined(path.hops),
    )  # fmt: skip


def _context(con: duckdb.DuckDBPyConnection, context: Context) -> list[Row]:
    """The roles of hosts, told or inferred; and what the context says of accounts and allowed work."""
    found: list[Row] = [("host", said.host, said.role, said.told, said.why) for said in roles(context, observe(con))]
    for entry in context.accounts:
        found += [("account", entry.match, role, f"{context.file}:{entry.line}", None) for role in entry.roles or ("",)]
    for allow in context.allow:
        what = " ".join(str(part) for part in (allow.source, allow.account, allow.target) if part)
        found.append(("allow", what, _joined(allow.techniques), f"{context.file}:{allow.line}", allow.why))
    return found


def _joined(values: Iterable[object]) -> str | None:
    return " ".join(map(str, values)) or None


def _day(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day)
