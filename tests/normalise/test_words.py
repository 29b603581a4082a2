"""Words are found as if each were looked for by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopwatch.normalise.words import FEW, Words

WORD = st.text(alphabet="ab.$", min_size=1, max_size=4).map(str.encode)
SETS = st.sets(st.frozensets(WORD, min_size=1, max_size=3), min_size=1, max_size=20)


@given(SETS, st.text(alphabet="ab.$x", max_size=30).map(str.encode))
def test_a_text_holds_a_set_when_it_holds_each_of_its_words(sets: set[frozenset[bytes]], text: bytes) -> None:
    held = any(all(word in text for word in words) for words in sets)
    assert Words(sets).in_text(text) == held
    assert Words(sets, wide=True).in_text(text.decode().encode("utf-16-le") + b"\x00\xff") == held


@pytest.mark.parametrize("more", [0, FEW])
def test_a_word_that_stands_inside_of_another_is_found_with_it(more: int) -> None:
    sets = [{b"psexec", b"absent"}, {b"psexec-", b".key"}, *({b"no%d" % i} for i in range(more))]
    assert Words(sets).in_text(b"psexec-srv01.key")
    assert not Words(sets).in_text(b"psexec_srv01.key")
