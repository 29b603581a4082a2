"""Records a run: what it left that the quiet capture has not, and rules of it that were tried on both."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hopwatch.correlate import detect as kernel
from hopwatch.lab.record import draft
from hopwatch.lab.record.draft import Candidate
from hopwatch.lab.record.left import left
from hopwatch.lab.record.traces import Fields, Trace, traces
from hopwatch.model.errors import InputError
from hopwatch.model.recording import Left, Tried
from hopwatch.pipeline import rules as bring
from hopwatch.pipeline.logs import LogOptions, Progress, read_asked, silent
from hopwatch.pipeline.scan import found_in
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    import duckdb

    from hopwatch.model.hop import Hop

MOST = 12  # signal rules of a draft
OF_A_KIND = 3  # of them of one kind of event


@dataclass(frozen=True)
class Refused:
    """A selection that is no detection: how many events of the quiet capture match it, and one of them."""

    candidate: Candidate
    count: int


@dataclass
class Recording:
    """What a run left, and the draft: rules and correlations as documents by the name of their file."""

    name: str
    hops: Sequence[Hop] = ()
    traces: Sequence[Trace] = ()
    left: list[Left] = field(default_factory=list)
    drafted: list[Candidate] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def runs(self) -> list[str]:
        """Each run in a line."""
        return [_told(hop) for hop in self.hops]

    @property
    def tried(self) -> list[Tried]:
        """What became of each selection."""
        drafted = [Tried(c.told, c.trace.side, c.trace.session) for c in self.drafted]
        return drafted + [
            Tried(r.candidate.told, r.candidate.trace.side, r.candidate.trace.session, r.count) for r in self.refused
        ]


def _told(hop: Hop) -> str:
    ends = f"from {hop.source.host or hop.source.ip or '?'} to {hop.target.host}"
    return f"{hop.technique} {ends} at {hop.start:%Y-%m-%d %H:%M:%S} UTC, score {hop.score}"


def record(
    quiet: Sequence[Path], run: Sequence[Path], name: str, options: LogOptions, progress: Progress = silent
) -> Recording:
    """Compare a run with a quiet capture, and draft a detection of it.

    Raises InputError for a path that does not exist, and where the run holds no movement to another host.
    """
    before, _ = read_asked(quiet, options, None, progress)
    after, _ = read_asked(run, options, None, progress)
    hops = _runs(after, before)
    if not hops:
        raise InputError(f"no movement to another host is in {', '.join(map(str, run))}: nothing to record")
    found = Recording(name, hops, traces(after, hops))
    found.left = left(found.traces, before, _own(after))
    found.left += [Left("wire", "connection", "to the target", text) for text in _connections(after, hops)]
    _draft(found, before, after)
    return found


def _runs(after: duckdb.DuckDBPyConnection, before: duckdb.DuckDBPyConnection) -> list[Hop]:
    """The hops of the run: those that alert, or failing that the gravest; not those that the quiet capture has too."""
    rules = own_rules(schema_columns())
    hops, _ = found_in(after, rules, kernel.Options(every=True))
    known = {key for (key,) in before.execute("SELECT key FROM windows_event").fetchall()} if hops else set()
    fresh = [hop for hop in hops if not _is_old(after, hop, known)]
    moved = [hop for hop in fresh if any(e.leg in ("execution", "source") for e in hop.evidence) and hop.target.host]
    best = [hop for hop in moved if hop.alert] or sorted(moved, key=lambda hop: -hop.score)[:1]
    technique = max(best, key=lambda hop: hop.score).technique if best else ""
    return [hop for hop in best if hop.technique == technique]


def _is_old(con: duckdb.DuckDBPyConnection, hop: Hop, known: set[int]) -> bool:
    records = [e.record_id for e in hop.evidence if e.record_id is not None]
    keys = con.execute(
        "SELECT key FROM windows_event WHERE time BETWEEN ? AND ? AND list_contains(?::BIGINT[], record_id)",
        [hop.start, hop.end, records],
    ).fetchall()
    return bool(keys) and all(key in known for (key,) in keys)


def _connections(con: duckdb.DuckDBPyConnection, hops: Sequence[Hop]) -> list[str]:
    """The ports of the run's connections."""
    sql = (files("hopwatch.lab.record") / "connections.sql").read_text(encoding="utf-8")
    found: dict[str, None] = {}
    for hop in hops:
        rows = con.execute(
            sql,
            [hop.target.ip, hop.source.ip, hop.start, hop.end],
        ).fetchall()
        found |= dict.fromkeys(
            f"port {'49152 and above' if port >= 49152 else port}{f' ({image})' if image else ''}"
            for port, image in rows
            if port
        )
    return list(found)


def _draft(found: Recording, before: duckdb.DuckDBPyConnection, after: duckdb.DuckDBPyConnection) -> None:
    """Try every candidate on the quiet capture and on the run; keep what only the run has, refuse the rest."""
    tried = draft.candidates(found.traces, _own(after))
    tried = [one for one in tried if len(found.hops) == 1 or _in_all(one, found)]
    hop = max(found.hops, key=lambda hop: hop.score)
    quiet = _hits(before, [draft.rule(c, found.name, i, hop, None) for i, c in enumerate(tried)])
    seen = _hits(after, [draft.rule(c, found.name, i, hop, None) for i, c in enumerate(tried)])
    found.refused = [Refused(c, quiet[i]) for i, c in enumerate(tried) if quiet.get(i)]
    good = [c for i, c in enumerate(tried) if not quiet.get(i) and seen.get(i)]
    found.drafted = _chosen(good)
    _write(found, before, hop)


def _in_all(candidate: Candidate, found: Recording) -> bool:
    """Whether what is selected stands in the traces of each run: what does not was random."""
    wanted = {value.lower() for _, value in candidate.selection}
    texts = [trace for trace in found.traces if trace.kind == candidate.kind]
    near = [
        [t for t in texts if hop.start <= t.time <= hop.end or abs((t.time - hop.start).total_seconds()) < 60]
        for hop in found.hops
    ]
    return all(any(all(any(w in v.lower() for v in t.fields.values()) for w in wanted) for t in some) for some in near)


def _own(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of this organisation: hosts, domains, accounts."""
    sql = (files("hopwatch.lab.record") / "own_names.sql").read_text(encoding="utf-8")
    common = {"system", "administrator", "nt authority", "-", "window manager", "workgroup"}
    names = {name.rstrip("$") for (name,) in con.execute(sql).fetchall() if name}
    return {name for name in names if len(name) > 2 and name not in common}


def _chosen(good: Sequence[Candidate]) -> list[Candidate]:
    """The most telling candidates: few of a kind, and of those that select the same event the first."""
    kinds: Counter[str] = Counter()
    chosen: list[Candidate] = []
    for one in good:
        if kinds[one.kind] < OF_A_KIND and len(chosen) < MOST:
            kinds[one.kind] += 1
            chosen.append(one)
    return chosen


def _hits(con: duckdb.DuckDBPyConnection, documents: Sequence[dict[str, Any]]) -> dict[int, int]:
    """How many events each rule matches, by its place."""
    if not documents:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        for i, document in enumerate(documents):
            text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
            (Path(folder) / f"{i:05}.yml").write_text(text, encoding="utf-8")
        loaded = bring.load([folder])
        bring.match(con, loaded)
        counts = dict(con.execute("SELECT rule, count(*) FROM sigma_match GROUP BY rule").fetchall())
    return {int(Path(entry.file).stem): counts.get(i, 0) for i, entry in enumerate(loaded.entries)}


def _write(found: Recording, before: duckdb.DuckDBPyConnection, hop: Hop) -> None:
    """Give the documents: the logon, then each rule with its correlation."""
    name = draft.slug(found.name)
    if found.drafted:
        found.files[f"{name}-logon.yml"] = [draft.logon_rule(found.name)]
    on_target = [one for one in found.drafted if one.trace.side == "target"]
    joined = [one for one in on_target if one.trace.session or len(one.selection) > 1] or on_target
    for number, one in enumerate(found.drafted, 1):
        found.files[f"{name}-{number}.yml"] = [draft.rule(one, found.name, number, hop, _miss(before, one))]
        if one in joined:  # by host alone, which is weaker, only a process with its parent, or where there is no better
            found.files[f"{name}-{number}-remote.yml"] = [draft.correlation(one, found.name, number)]


def _miss(con: duckdb.DuckDBPyConnection, one: Candidate) -> Fields | None:
    """An event of the quiet capture of the same kind, with the fields that decide."""
    names = [key.split("|")[0] for key, _ in one.selection]
    columns = [row[0] for row in con.execute("DESCRIBE windows_event").fetchall()]
    if not names or not set(names) <= set(columns):
        return None
    chosen = ", ".join(f'"{name}"' for name in names)
    filled = " AND ".join(f'"{name}" IS NOT NULL' for name in names)
    row = con.execute(
        f"""SELECT {chosen} FROM windows_event WHERE channel = ? AND event_id = ? AND {filled}
        ORDER BY time, record_id LIMIT 1""",
        [one.trace.channel, one.trace.event_id],
    ).fetchone()
    return dict(zip(names, map(str, row), strict=True)) if row else None


def save(found: Recording, out: Path) -> list[Path]:
    """Write the draft into a folder; give the files. Raises InputError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, documents in found.files.items():
            text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=120)
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write to {out}: {error.strerror or error}") from error
    return [out / name for name in found.files]
