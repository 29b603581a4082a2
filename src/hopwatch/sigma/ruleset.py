"""Loads the Sigma rules of files and folders, compiled once: one bad rule never stops the rest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from hopwatch.model.detection import Correlated, Entry, Match, Problem, Ruleset, State
from hopwatch.model.errors import InputError
from hopwatch.sigma.cache import recall, remember
from hopwatch.sigma.load import COMPILER

ENDINGS = (".yml", ".yaml")
FILTER = re.compile(rb"^[ \t]*filter[ \t]*:", re.MULTILINE)
LARGEST = 4 * 2**20  # bytes of a rule file
Values = Mapping[str, tuple[str, ...]]


def load_rules(paths: Iterable[str | Path], known: frozenset[str], values: Values | None = None) -> Ruleset:
    """Load every rule below the paths; `known` are the Windows columns, `values` those of placeholders.

    Raises InputError for a path that does not exist. What is wrong with a rule stands in its entry.
    """
    texts, unread = _texts(paths)
    setting = _digest(
        COMPILER.encode(), *sorted(name.encode() for name in known), orjson.dumps(values or {}), *_filters(texts)
    )
    keys = {file: _digest(setting.encode(), file.encode(), text) for file, text in texts.items()}
    cached = recall(f"sigma-{COMPILER}", keys.values())
    found = {file: entries for file, key in keys.items() if (entries := _decoded(cached.get(key)))}
    fresh = _compiled({file: text for file, text in texts.items() if file not in found}, texts, known, values or {})
    if fresh:
        remember(f"sigma-{COMPILER}", {keys[file]: _encoded(entries) for file, entries in fresh.items()})
    every = found | fresh | unread
    return linked(Ruleset(tuple(entry for file in sorted(every) for entry in every[file]), len(every)))


def _texts(paths: Iterable[str | Path]) -> tuple[dict[str, bytes], dict[str, list[Entry]]]:
    """The bytes of every rule file, and entries that say which could not be read."""
    texts: dict[str, bytes] = {}
    unread: dict[str, list[Entry]] = {}
    for path in rule_files(paths):
        try:
            if path.stat().st_size > LARGEST:
                raise OSError(0, f"larger than {LARGEST >> 20} MiB")
            texts[str(path)] = path.read_bytes()
        except OSError as error:
            unread[str(path)] = [_unread(str(path), None, f"cannot be read: {error.strerror or error}")]
    return texts, unread


def rule_files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """Give every rule file below the paths. Raises InputError for a path that does not exist."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        elif path.exists():
            yield path
        else:
            raise InputError(f"no such rule file or folder: {path}")


def _unread(file: str, line: int | None, text: str) -> Entry:
    title = Path(file).stem
    return Entry(file, line or 1, "rule", title, state=State.FAILED, problems=(Problem(text, line, fatal=True),))


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


def _filters(texts: Mapping[str, bytes]) -> list[bytes]:
    """The files that hold filters: what other rules compile to depends on them."""
    return [text for _, text in sorted(texts.items()) if FILTER.search(text)]


def _compiled(
    wanted: Mapping[str, bytes], texts: Mapping[str, bytes], known: frozenset[str], values: Values
) -> dict[str, list[Entry]]:
    if not wanted:
        return {}
    from hopwatch.sigma.compile_files import compile_files  # imports pySigma, which only a rule that is new needs

    filters = [text for _, text in sorted(texts.items()) if FILTER.search(text)]
    return compile_files(wanted, filters, known, values)


def linked(rules: Ruleset) -> Ruleset:
    """Give the rules with those that correlations name looked up: a name that is nobody's is a failure."""
    names = rules.named()
    entries = [_checked(entry, names, rules) for entry in rules.entries]
    hidden: set[int] = set()
    open_: set[int] = set()
    for entry in entries:
        if entry.correlated and entry.state == State.READY:
            named = {names[name] for name in entry.correlated.rules if name in names}
            (open_ if entry.correlated.generate else hidden).update(named)
    return Ruleset(tuple(entries), rules.files, frozenset(hidden - open_))


def _checked(entry: Entry, names: Mapping[str, int], rules: Ruleset) -> Entry:
    """A correlation whose rules are all there, and do not name it in turn."""
    if entry.correlated is None:
        return entry
    for name in entry.correlated.rules:
        if name not in names:
            return _refused(entry, f"no rule is called '{name}'", "give that rule `name: …`, or load its file too")
        below = rules.entries[names[name]]
        if below.state == State.FAILED:
            return _refused(entry, f"the rule '{name}' does not load", f"see {below.file}:{below.line}")
    if entry in _below(entry, names, rules, 0):
        return _refused(entry, "the correlation names itself", None)
    return entry


def _below(entry: Entry, names: Mapping[str, int], rules: Ruleset, depth: int) -> Iterator[Entry]:
    if entry.correlated is None or depth > len(rules.entries):
        return
    for name in entry.correlated.rules:
        if name in names and depth < 30:
            yield rules.entries[names[name]]
            yield from _below(rules.entries[names[name]], names, rules, depth + 1)


def _refused(entry: Entry, text: str, mend: str | None) -> Entry:
    problem = Problem(text, entry.line, mend, fatal=True)
    return replace(entry, state=State.FAILED, problems=(*entry.problems, problem))


def _encoded(entries: list[Entry]) -> bytes:
    return orjson.dumps([asdict(entry) for entry in entries], default=str, option=orjson.OPT_NON_STR_KEYS)


def _decoded(text: bytes | None) -> list[Entry]:
    """The entries of a cached file; none where there are none, or none that can be used."""
    if text is None:
        return []
    try:
        return [_entry(raw) for raw in orjson.loads(text)]
    except (ValueError, TypeError, KeyError):
        return []


def _entry(raw: dict[str, Any]) -> Entry:
    correlated = raw["correlated"]
    if correlated:
        parts = {"rules": tuple(correlated["rules"]), "group_by": tuple(correlated["group_by"])}
        correlated = Correlated(**correlated | parts)
    return Entry(
        **raw
        | {
            "state": State(raw["state"]),
            "tags": tuple(raw["tags"]),
            "cases": tuple(raw["cases"]),
            "problems": tuple(Problem(**problem) for problem in raw["problems"]),
            "matches": tuple(_match(match) for match in raw["matches"]),
            "correlated": correlated,
        }
    )


def _match(raw: dict[str, Any]) -> Match:
    fields = {key: tuple(names) for key, names in raw["fields"].items()}
    return Match(**raw | {"event_ids": tuple(raw["event_ids"]), "fields": fields})
