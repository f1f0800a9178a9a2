"""Batches and initial weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.backends.base import Soft, Weights, collate, initial_state, pieces
from plum_edge.records import Example

LENGTHS = st.lists(st.integers(4, 30), min_size=1, max_size=6)


def example(length: int) -> Example:
    question = length // 2
    return Example(tuple(range(10, 10 + length)), bytes([0, *[1] * question, *[2] * (length - 1 - question)]), 1)


@settings(deadline=None)
@given(LENGTHS)
def test_every_target_has_the_weight_of_its_role(lengths: list[int]) -> None:
    batch = collate([example(n) for n in lengths], Weights(0.0, 0.25, 2.0))
    assert batch.inputs.shape == batch.targets.shape == batch.weights.shape == (len(lengths), max(lengths) - 1)
    assert batch.counted == sum(n - 1 for n in lengths)
    for row, n in enumerate(lengths):
        assert batch.targets[row, : n - 1].tolist() == list(range(11, 10 + n))
        assert batch.weights[row].sum() == 0.25 * (n // 2) + 2.0 * (n - 1 - n // 2)
        assert not batch.weights[row, n - 1 :].any()


def test_the_first_target_of_an_answer_decides() -> None:
    asked = Example((5, 6, 7, 8, 9), bytes([0, 1, 1, 2, 2]), 3)
    plain, decided = (collate([asked, example(9)], Weights(0.0, 0.5, 1.0, decision)) for decision in (1.0, 8.0))
    assert plain.weights[0, :4].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert decided.weights[0, :4].tolist() == [0.5, 0.5, 8.0, 1.0]
    assert decided.counted == plain.counted, "the divisor counts targets and not weights"
    taught = Soft(
        np.array([2], np.int32), np.ones((1, 1), np.int32), np.ones((1, 1), np.float32), np.ones(1, np.float32)
    )
    soft = collate([asked], Weights(0.0, 0.5, 1.0, 8.0), [taught])
    assert soft.weights.tolist() == [[0.0, 0.0, 1.0, 0.0]], "what a teacher says has its own weight"


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


@settings(deadline=None)
@given(st.lists(st.integers(4, 30), min_size=1, max_size=9), st.integers(0, 5), st.integers(0, 2**9 - 1))
def test_pieces_hold_what_the_batch_holds(lengths: list[int], rows: int, taught: int) -> None:
    def soft(n: int) -> Soft:
        places = np.arange(2, n - 1, dtype=np.int32)
        shape = (len(places), 3)
        probs = np.full(shape, n / 100, np.float32)
        return Soft(places, np.full(shape, n, np.int32), probs, np.ones(len(places), np.float32))

    softs = [soft(n) if taught >> row & 1 else None for row, n in enumerate(lengths)]
    batch = collate([example(n) for n in lengths], Weights(0.0, 0.25, 2.0), softs)
    found = pieces(batch, rows)
    assert len(found) == (-(-len(lengths) // rows) if rows else 1)
    for name in ("inputs", "targets", "weights"):
        np.testing.assert_array_equal(np.concatenate([getattr(one, name) for one in found]), getattr(batch, name))
    assert {one.counted for one in found} == {batch.counted}
    at = 0
    for one in found:
        if one.soft is not None:
            assert batch.soft is not None
            end = at + len(one.soft.places)
            np.testing.assert_array_equal(one.soft.ids, batch.soft.ids[at:end])
            of_row = one.soft.places // one.inputs.shape[1]
            weighed = one.weights.reshape(-1)[one.soft.places]
            assert of_row.max() < len(one.inputs) and (weighed == 1).all()
            at = end
    assert at == (0 if batch.soft is None else len(batch.soft.places))
