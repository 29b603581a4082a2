"""Loads signal rules, compiled once: pySigma is imported only when a rule's compiled SQL is stale."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from hopwatch.model.rule import Condition, Extract, Policy, Rule

COMPILER = "31"  # raise whenever the SQL that a rule compiles to changes


def own_rules(known: frozenset[str]) -> list[Rule]:
    """The rules that hopwatch brings, in order of their names; `known` are the Windows columns of the store."""
    texts = {
        entry.name.removesuffix(".yml"): entry.read_text(encoding="utf-8")
        for entry in (files("hopwatch") / "rules").iterdir()
        if entry.name.endswith(".yml")
    }
    digest = hashlib.blake2b(digest_size=16)
    for part in (COMPILER, *sorted(known), *(f"{name}\0{texts[name]}" for name in sorted(texts))):
        digest.update(part.encode() + b"\0")
    cache = _cache_folder() / f"rules-{digest.hexdigest()}.json"
    return _read(cache) or _compile(texts, known, cache)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base) / "hopwatch"


def _compile(texts: dict[str, str], known: frozenset[str], cache: Path) -> list[Rule]:
    from hopwatch.sigma.compile import parse

    rules = [parse(name, texts[name], known, f"{name}.yml")[0] for name in sorted(texts)]
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        part = cache.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(orjson.dumps([asdict(rule) for rule in rules]))
        part.replace(cache)
    except OSError:
        pass  # a cache that cannot be written only costs time
    return rules


def _read(cache: Path) -> list[Rule]:
    """The cached rules; none where there is no cache, or one that cannot be used."""
    try:
        return [_rule(raw) for raw in orjson.loads(cache.read_bytes())]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _rule(raw: dict[str, Any]) -> Rule:
    return Rule(
        **raw
        | {
            "policy": Policy(raw["policy"]),
            "attack": tuple(raw["attack"]),
            "extract": {who: Extract(**spec) for who, spec in raw["extract"].items()},
            "conditions": tuple(
                Condition(c["channel"], tuple(c["event_ids"]), c["sql"], c["table"], tuple(map(tuple, c["needles"])))
                for c in raw["conditions"]
            ),
        }
    )
