"""Where hops come from when they are looked at again: lines that a scan wrote, a store, or logs scanned anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from hopwatch.correlate.shows import shows
from hopwatch.model.contract import hop_of, path_of
from hopwatch.model.errors import InputError
from hopwatch.pipeline.keep import findings, is_store
from hopwatch.pipeline.logs import Progress, silent, something_read
from hopwatch.pipeline.scan import ScanOptions, scan
from hopwatch.score.explain import explain as explained
from hopwatch.score.judge import weights
from hopwatch.sigma.load import own_rules
from hopwatch.store.columns import schema_columns

if TYPE_CHECKING:
    from hopwatch.model.explanation import Explanation
    from hopwatch.model.hop import Hop
    from hopwatch.model.path import Path as HopPath

FIRST = 1 << 20  # bytes in which the first line of a file of hops ends
HOP, PATH = frozenset({"id", "target", "legs", "reasons"}), frozenset({"path", "hops", "parents"})


@dataclass(frozen=True)
class Found:
    """Hops and the paths that they make, and what they were read from."""

    hops: Sequence[Hop]
    paths: Sequence[HopPath]
    what: str


# What opens paths, in this order: each gives None for paths that it is not for.
Opener = Callable[[Sequence[Path], ScanOptions, Progress], Found | None]


def hop_lines(paths: Sequence[Path], options: ScanOptions, progress: Progress) -> Found | None:
    """Read files that `scan --format jsonl` wrote. Raises InputError with file and line for one that is damaged."""
    if not paths or not all(_is_hops(path) for path in paths):
        return None
    rows = [(path, number, row) for path in paths for number, row in _rows(path)]
    return _found(rows, f"{', '.join(map(str, paths))} (hops that a scan wrote)")


def stored(paths: Sequence[Path], options: ScanOptions, progress: Progress) -> Found | None:
    """Read the hops of stores. Raises InputError for a file that is no store of this version."""
    if not paths or not all(map(is_store, paths)):
        return None
    rows = [(path, number, orjson.loads(line)) for path in paths for number, line in enumerate(findings(path), 1)]
    return _found(rows, ", ".join(map(str, paths)))


def _found(rows: Sequence[tuple[Path, int, dict[str, Any]]], what: str) -> Found:
    hops = [_made(hop_of, *row) for row in rows if row[2].keys() >= HOP]
    return Found(hops, [_made(path_of, *row) for row in rows if row[2].keys() >= PATH], what)


def scanned(paths: Sequence[Path], options: ScanOptions, progress: Progress) -> Found:
    """Scan logs. Raises InputError for a path that does not exist."""
    result = scan(paths, options, progress)
    something_read(paths, result.summary)
    return Found(result.hops, result.paths, ", ".join(map(str, paths)))


OPENERS: tuple[Opener, ...] = (hop_lines, stored, scanned)


def found(
    paths: Sequence[Path], options: ScanOptions, progress: Progress = silent, openers: Iterable[Opener] = OPENERS
) -> Found:
    """Give the hops of what the paths name, by the first opener that is for them."""
    for open_ in openers:
        if (have := open_(paths, options, progress)) is not None:
            return have
    raise InputError(f"{', '.join(map(str, paths))} holds neither hops nor logs")


def chosen(have: Found, name: str) -> tuple[list[Hop], HopPath | None]:
    """Give the hop of an id, or a path with its hops; the beginning of an id is enough where no other has it.

    Raises InputError with the ids that begin so, or where there is none.
    """
    ids = [hop.id for hop in have.hops] + [path.id for path in have.paths]
    fitting = [name] if name in ids else sorted({one for one in ids if one.startswith(name)})
    if len(fitting) != 1:
        many = f": it may be {', '.join(fitting[:8])}" if fitting else f" among {len(have.hops)} hops"
        raise InputError(f"no hop or path is called {name} in {have.what}{many}")
    by_id = {hop.id: hop for hop in have.hops}
    path = next((path for path in have.paths if path.id == fitting[0]), None)
    return [by_id[one] for one in (path.hops if path else fitting) if one in by_id], path


def path_with(have: Found, hop: str) -> HopPath | None:
    """The path that a hop is a part of."""
    return next((path for path in have.paths if hop in path.hops), None)


def explain(hop: Hop) -> Explanation:
    """Explain a hop's score by hopwatch's own rules and weights."""
    policies = {rule.name: rule.policy for rule in own_rules(schema_columns())}
    return explained(hop, policies, weights(), shows(hop.technique))


def _is_hops(path: Path) -> bool:
    """Whether a file begins as a file of hops does."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            first = orjson.loads(stream.readline(FIRST))
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and (first.keys() >= HOP or first.keys() >= PATH)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except ValueError as error:
                raise InputError(f"no JSON object: {error}", file=str(path), line=number) from error
            if isinstance(row, dict):
                yield number, row


def _made(of: Callable[[Any], Any], path: Path, number: int, row: dict[str, Any]) -> Any:
    try:
        return of(row)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"no hop or path as scan writes it: {type(error).__name__} {error}"
        raise InputError(message, file=str(path), line=number) from error
