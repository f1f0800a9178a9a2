"""KL to the base, of which only the likeliest tokens are kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.runtime.divergence import divergence, expected


def exact(base: np.ndarray, other: np.ndarray) -> np.ndarray:
    p, q = (x - np.logaddexp.reduce(x, axis=1, keepdims=True) for x in (base, other))
    found: np.ndarray = (np.exp(p) * (p - q)).sum(axis=1)
    return found


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(2, 50))
def test_with_all_tokens_it_is_the_kl(seed: int, places: int, size: int) -> None:
    random = np.random.default_rng(seed)
    base, other = (random.standard_normal((places, size)) * 2 for _ in range(2))
    assert divergence(expected(base, size), other) == pytest.approx(exact(base, other), abs=1e-6)


@given(st.integers(0, 1000), st.integers(1, 20))
def test_with_fewer_it_is_never_more(seed: int, kept: int) -> None:
    random = np.random.default_rng(seed)
    base, other = (random.standard_normal((4, 200)) * 3 for _ in range(2))
    found = divergence(expected(base, kept), other)
    assert (found <= exact(base, other) + 1e-9).all() and (found >= -1e-9).all()


def test_the_same_logits_are_no_distance_whatever_is_added() -> None:
    rows = np.random.default_rng(0).standard_normal((3, 500)).astype(np.float32)
    assert divergence(expected(rows), rows + 7) == pytest.approx(np.zeros(3), abs=1e-6)
