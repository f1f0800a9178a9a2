"""The adapter and two searches as one p(yes)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer.weighed import weighed

P = st.floats(0.001, 0.999)
COSINE = st.floats(-0.2, 1.0)
WORDS = st.floats(0.0, 5.0)


@given(P, st.one_of(st.none(), COSINE), WORDS)
def test_it_is_a_probability(p: float, meaning: float | None, words: float) -> None:
    assert 0.0 < weighed(p, meaning, words) < 1.0


@given(P, P, COSINE, COSINE, st.floats(0.06, 5.0), st.floats(0.06, 5.0))
def test_whoever_is_surer_of_yes_raises_it(p: float, q: float, a: float, b: float, v: float, w: float) -> None:
    lower = weighed(min(p, q), min(a, b), min(v, w))
    assert lower <= weighed(max(p, q), max(a, b), max(v, w)) + 1e-12
    assert weighed(min(p, q), None, min(v, w)) <= weighed(max(p, q), None, max(v, w)) + 1e-12


@pytest.mark.parametrize("meaning", [0.6, None])
def test_what_the_log_plainly_has_and_has_not(meaning: float | None) -> None:
    assert weighed(0.5, meaning, 1.5) > 0.5
    assert weighed(0.5, None if meaning is None else 0.1, 0.0) < 0.05
