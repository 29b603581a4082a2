"""A person's word: what goes between two hosts is allowed, so that it counts as usual."""

from __future__ import annotations

import pyarrow.compute as pc

from hopwatch.baseline.learn import LONGEST
from hopwatch.baseline.rows import merge, table
from hopwatch.model.baseline import Baseline
from hopwatch.model.errors import InputError

Allowed = tuple[str | None, str, str | None]


def of_hop(baseline: Baseline, hop: str) -> Allowed:
    """Find the source, target and account of a hop by its id. Raises InputError where the baseline has no such hop."""
    rows = baseline.rows.select(["id", "source", "target", "account"])
    found = rows.filter(pc.equal(rows["id"], hop)).to_pylist()
    if not found:
        raise InputError(f"the baseline knows no hop {hop!r}; --pair SOURCE TARGET names one by its hosts")
    row = found[0]
    return row["source"], row["target"], row["account"]


def allow(baseline: Baseline, allowed: Allowed) -> Baseline:
    """Give the baseline with one more thing that is allowed."""
    return merge([baseline, Baseline(table([("allow", None, *allowed, None, 0, None)]))])


def of_pair(pair: tuple[str, str], account: str | None) -> Allowed:
    """Give two hosts and an account as the baseline names them. Raises InputError for an empty name."""
    source, target = (name if name.replace(".", "").isdigit() else name.lower().split(".")[0] for name in pair)
    if not source or not target or account == "":
        raise InputError("--pair SOURCE TARGET needs two names or addresses, and --account a name")
    if max(map(len, (source, target, account or ""))) > LONGEST:
        raise InputError(f"--pair {source[:40]!r} {target[:40]!r}: a name is longer than {LONGEST} characters")
    return source, target, account.lower().rsplit("\\", 1)[-1] if account else None
