"""The code that is made of a shape's paths gives what walking them one by one gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopwatch.normalise.fields import text_of
from hopwatch.normalise.getters import getter
from hopwatch.normalise.shape import Shape, at, shapes

STEPS = ["a", "b", "c'd", "#text"]
PATHS = st.lists(st.sampled_from(STEPS), max_size=3).map(tuple)
WANTS = st.lists(st.lists(PATHS, max_size=3), max_size=5)
LEAVES = st.none() | st.text(max_size=2) | st.integers() | st.booleans() | st.lists(st.integers(), max_size=2)
RECORDS = st.dictionaries(
    st.sampled_from(STEPS),
    st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from(STEPS), inner, max_size=3), max_leaves=8),
)


@given(record=RECORDS, wants=WANTS)
def test_a_getter_gives_the_first_value_of_each_want(
    record: dict[str, Any], wants: list[list[tuple[str, ...]]]
) -> None:
    assert getter(wants)(record) == [text_of(at(record, paths)) for paths in wants]
    assert getter(wants, raw=True)(record) == [at(record, paths) for paths in wants]


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_a_getter_can_be_made_of_every_shape(shape: Shape) -> None:
    wants = (*shape.system, *shape.times)
    assert getter(wants)({}) == [text_of(at({}, paths)) for paths in wants]
