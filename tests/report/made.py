"""Hops for the tests of outputs: those of the samples, and one with hostile text in every field."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import orjson

from hopwatch.model.contract import hop_of, path_of
from hopwatch.model.hop import Account, Evidence, Hop, Reason, Source, Target
from hopwatch.model.path import Path
from tests.golden.reports import FOLDER

HOSTILE = (
    "]]><script>alert(1)</script> | `x` **b** [a](javascript:1) <!-- \\\" ' & %0a ; -> {} # \x1b[31m \u202e \u200b"
    " \ufffe =cmd http://evil.example \n# h\n- l\r\n日本語 \U0001f600"
)


@cache
def samples() -> tuple[tuple[Hop, ...], tuple[Path, ...]]:
    """The hops and paths of the samples."""
    rows = [orjson.loads(line) for line in (FOLDER / "samples-all.jsonl").read_bytes().splitlines()]
    hops = tuple(hop_of(row) for row in rows if "target" in row)
    return hops, tuple(path_of(row) for row in rows if "path" in row)


def hostile() -> Hop:
    """A hop in which every text is hostile and every optional part is there."""
    hop = samples()[0][0]
    return replace(
        hop,
        id="h-0000000000000001",
        source=Source(HOSTILE, "10.20.1.1", 65535, (HOSTILE,), "logon", ()),
        target=Target(HOSTILE + "2", "fe80::1", (HOSTILE,)),
        account=Account(HOSTILE, HOSTILE, HOSTILE, "0x1", (HOSTILE,)),
        auth=replace(hop.auth, package=HOSTILE, flags=("relay",)),
        attack=("T1021.002", "T9999", "T9999.001"),
        reasons=(Reason(5, HOSTILE), Reason(0, "# " + HOSTILE)),
        evidence=(replace(hop.evidence[0], text=HOSTILE, file=HOSTILE, host=HOSTILE, channel=HOSTILE),),
        suppressed_by=HOSTILE,
    )


def unknown() -> Hop:
    """A hop of which hardly anything is known."""
    hop = samples()[0][0]
    return replace(
        hop,
        id="h-0000000000000002",
        source=Source(candidates=("WS01", "WS02")),
        target=Target(ip="10.20.2.9"),
        account=Account(),
        auth=replace(hop.auth, logon_type=None, package=None, process=None, elevated=None),
        attack=(),
        evidence=(Evidence("remote-logon", "network", hop.start, None, "zeek_conn", None, None, None, "a connection"),),
    )


def many() -> tuple[Hop, ...]:
    """All of them."""
    return (*samples()[0], hostile(), unknown())
