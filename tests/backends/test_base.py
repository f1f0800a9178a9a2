"""Batches, initial weights and the choice of a backend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.backends import base as backends
from plum_edge.backends.base import Weights, collate, initial_state
from plum_edge.errors import NoBackend
from plum_edge.records import Example

LENGTHS = st.lists(st.integers(4, 30), min_size=1, max_size=6)


def example(length: int) -> Example:
    question = length // 2
    return Example(tuple(range(10, 10 + length)), bytes([0, *[1] * question, *[2] * (length - 1 - question)]), 1)


@given(LENGTHS)
def test_every_target_has_the_weight_of_its_role(lengths: list[int]) -> None:
    batch = collate([example(n) for n in lengths], Weights(0.0, 0.25, 2.0))
    assert batch.inputs.shape == batch.targets.shape == batch.weights.shape == (len(lengths), max(lengths) - 1)
    assert batch.counted == sum(n - 1 for n in lengths)
    for row, n in enumerate(lengths):
        assert batch.targets[row, : n - 1].tolist() == list(range(11, 10 + n))
        assert batch.weights[row].sum() == 0.25 * (n // 2) + 2.0 * (n - 1 - n // 2)
        assert not batch.weights[row, n - 1 :].any()


GOLDEN = [[0.24375671, 0.42288244, 0.12493563, -0.13355196], [0.01168007, -0.03650737, 0.45329815, -0.21988553]]
"""If these change, a log learned anew gives other bytes than before."""


def test_the_initial_state_is_the_same_everywhere() -> None:
    state = initial_state({"m.lora_A.weight": (2, 4), "m.lora_B.weight": (3, 2)}, 7)
    assert not state["m.lora_B.weight"].any()
    a = state["m.lora_A.weight"]
    assert a.dtype == np.float32
    assert np.abs(a).max() <= 0.5
    np.testing.assert_allclose(a, GOLDEN, rtol=1e-6)
    np.testing.assert_array_equal(a, initial_state({"m.lora_A.weight": (2, 4)}, 7)["m.lora_A.weight"])
    assert not np.array_equal(a, initial_state({"m.lora_A.weight": (2, 4)}, 8)["m.lora_A.weight"])


def test_a_backend_that_is_not_there_is_refused_with_its_reason() -> None:
    with pytest.raises(NoBackend, match="torch"):
        backends.choose("torch")
    choice = backends.choose("auto")
    assert choice.name == "mlx"
    assert choice.why
    assert "torch" in choice.against
