"""The adapter and two searches as one p(yes)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer.weighed import BOTH, READ, weighed

P = st.floats(0.001, 0.999)
COSINE = st.floats(-0.2, 1.0)
WORDS = st.floats(0.0, 5.0)


@given(P, st.one_of(st.none(), COSINE), WORDS, st.one_of(st.none(), P))
def test_it_is_a_probability(p: float, meaning: float | None, words: float, read: float | None) -> None:
    assert 0.0 < weighed(p, meaning, words, read) < 1.0


@given(P, P, COSINE, COSINE, st.floats(0.06, 5.0), st.floats(0.06, 5.0), P, P)
def test_whoever_is_surer_of_yes_raises_it(
    p: float, q: float, a: float, b: float, v: float, w: float, r: float, s: float
) -> None:
    low, high = (min(p, q), min(v, w)), (max(p, q), max(v, w))
    for meaning, more in ((min(a, b), max(a, b)), (None, None)):
        for read, surer in ((min(r, s), max(r, s)), (None, None)):
            assert weighed(low[0], meaning, low[1], read) <= weighed(high[0], more, high[1], surer) + 1e-12


def test_an_adapter_counts_as_much_beside_the_reader_as_without() -> None:
    """The clean tables reckon what all say from the adapter's answers and from the others' together."""
    assert READ.adapter == BOTH.adapter


@pytest.mark.parametrize("meaning", [0.6, None])
def test_what_the_log_plainly_has_and_has_not(meaning: float | None) -> None:
    assert weighed(0.5, meaning, 1.5) > 0.5
    assert weighed(0.5, None if meaning is None else 0.1, 0.0) < 0.05
