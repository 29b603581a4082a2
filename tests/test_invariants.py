"""The three invariants of the design: partition, order, totality; each would fail if it did not hold."""

from __future__ import annotations

import os
import random
from dataclasses import asdict

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hopwatch.correlate import detect as kernel
from hopwatch.correlate.drafts import drafts
from hopwatch.facts import survey
from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.pipeline.scan import hops_of
from hopwatch.sigma.match import match
from hopwatch.store.database import connect
from tests.support.hops import OPTIONS, RULES, numbered, store_of
from tests.support.worlds import flow, worlds

FEW = settings(
    max_examples=int(os.environ.get("HOPWATCH_EXAMPLES", "12")),
    deadline=None,
    derandomize="HOPWATCH_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a world takes minutes and teaches little
)


def hops_in(*files):
    """What is found in some files, without the names of the files."""
    found = [hop.to_dict() for hop in hops_of(store_of(*files), RULES, OPTIONS)]
    for hop in found:
        for evidence in hop["evidence"]:
            del evidence["file"]
    return found


def routed_store(events):
    """A store surveyed and routed, ready for the kernel."""
    con = store_of(events)
    match(con, RULES)
    survey.prepare(con)
    survey.survey(con)
    facts = survey.surveyed(con)
    kernel.prepare(con, RULES)
    kernel.route(con, OPTIONS)
    return con, facts


def kernel_of(tables, facts):
    """The kernel as a pure function: routed tables and facts in, drafts out, by their content."""
    con = connect()
    Ingest(con, None, Summary())  # brings the macros of normalisation
    survey.prepare(con)
    survey.load(con, facts)
    kernel.prepare(con, RULES)
    kernel.load(con, tables)
    kernel.detect(con, OPTIONS)
    return sorted((asdict(draft) for draft in drafts(con, RULES)), key=str)


def different(left, right):
    """The hops that stand in only one of two lists, as text short enough to read."""
    return [str(hop)[:2000] for hop in (*left, *right) if hop not in left or hop not in right]


@FEW
@given(worlds())
def test_what_is_said_of_all_targets_is_the_union_of_what_is_said_of_each(events):
    con, facts = routed_store(events)
    targets = [t for (t,) in con.execute("SELECT target FROM item UNION SELECT target FROM flow").fetchall()]
    whole = kernel_of(kernel.routed(con), facts)
    parts = [draft for target in targets for draft in kernel_of(kernel.routed(con, target), facts)]
    assert not different(parts, whole)


@FEW
@given(worlds(), st.integers(0, 40))
def test_facts_of_all_events_are_the_merged_facts_of_their_parts(events, cut):
    ends = ("10.20.0.1", 51000, "10.20.0.2", 445)
    seen_again = numbered([*events, *(flow("ws01", t, ends, True) for t in (1, 61, 121, 181))])
    whole = routed_store(seen_again)[1]
    for split in ((seen_again[:cut], seen_again[cut:]), (seen_again[::2], seen_again[1::2])):
        parts = [routed_store(part)[1] for part in split]
        merged = survey.merge(parts)
        for name in survey.MERGE:
            assert getattr(merged, name).to_pylist() == getattr(whole, name).to_pylist(), name
        again = survey.merge([*reversed(parts), parts[0]])
        assert again.address.to_pylist() == whole.address.to_pylist()


@FEW
@given(worlds(), st.integers(0, 2**16))
def test_events_shuffled_split_into_files_or_doubled_give_the_same_hops(events, seed):
    expected = hops_in(events)
    chance = random.Random(seed)
    shuffled = chance.sample(events, len(events))
    cut = chance.randrange(len(events) + 1)
    assert not different(hops_in(shuffled), expected)
    assert not different(hops_in(shuffled[:cut], shuffled[cut:]), expected)
    assert not different(hops_in(events, shuffled[:cut]), expected)


def test_the_worlds_hold_what_the_kernel_reasons_about():
    """Guards the properties above against worlds in which nothing is found."""
    seen = set()

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(worlds())
    def collect(events):
        for hop in hops_in(events):
            seen.update(hop["legs"][leg] + " " + leg for leg in hop["legs"])
            seen.update(["alert"] if hop["alert"] else ["quiet"])
            seen.update(["sourced"] if hop["source"]["ip"] or hop["source"]["host"] else ["sourceless"])

    collect()
    assert {"seen logon", "seen execution", "seen network", "alert", "quiet", "sourced", "sourceless"} <= seen
