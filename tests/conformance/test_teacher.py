"""What the base says with the adapter off, and learning towards it, on every backend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from plum_edge.backends.base import State, Trainer, collate
from tests.conformance.trainers import (
    PLAIN,
    example,
    norm,
    probabilities,
    zero,
)


def test_the_teacher_is_the_base_with_the_adapter_off(trainer: Trainer, lora: State) -> None:
    one = example(15)
    trainer.load(zero(lora))
    expected = probabilities(trainer.logits(one.ids))
    trainer.load(lora)
    changed = probabilities(trainer.logits(one.ids))
    soft = trainer.teach(one.ids, (4, 9), 5)
    assert soft.ids.shape == soft.probs.shape == (2, 5)
    for row, place in enumerate((4, 9)):
        np.testing.assert_allclose(soft.probs[row], expected[place][soft.ids[row]], atol=1e-6)
        assert set(soft.ids[row]) == set(np.argsort(-expected[place])[:5])
    np.testing.assert_array_equal(probabilities(trainer.logits(one.ids)), changed)


def test_what_a_teacher_expects_is_matched_by_kl_with_the_rest_as_one_class(trainer: Trainer, lora: State) -> None:
    trainer.load(lora)
    one, beside = example(15), example(9, seed=3)
    soft = replace(trainer.teach(one.ids, (4, 9, 10), 5), weights=np.array([1, 2, 0.5], dtype=np.float32))
    q = probabilities(trainer.logits(one.ids))[[4, 9, 10]]
    chosen = np.take_along_axis(q, soft.ids, axis=1)
    p = soft.probs.astype(np.float64)
    rest = 1 - p.sum(axis=1)
    kl = (p * np.log(p / chosen)).sum(axis=1) + rest * np.log(rest / (1 - chosen.sum(axis=1)))
    both = collate([one, beside], PLAIN, [soft, None])
    alone = collate([beside], PLAIN)
    assert both.counted == alone.counted + 3
    expected = (kl @ soft.weights + trainer.loss(alone) * alone.counted) / both.counted
    assert trainer.loss(both) == pytest.approx(expected, rel=1e-4)


def test_the_gradient_towards_a_teacher_is_that_of_the_loss(trainer: Trainer, lora: State) -> None:
    trainer.load(lora)
    one = example(15)
    batch = collate([one, example(9, seed=3)], PLAIN, [trainer.teach(one.ids, (4, 9, 10), 5), None])
    gradient = trainer.gradient(batch)
    step = 1e-2 / norm(gradient) ** 2
    moved = []
    for sign in (1, -1):
        trainer.load({name: value + np.float32(sign * step) * gradient[name] for name, value in lora.items()})
        moved.append(trainer.loss(batch))
    assert (moved[0] - moved[1]) / (2 * step) == pytest.approx(norm(gradient) ** 2, rel=2e-2)


def test_the_base_itself_is_as_its_teacher_expects(trainer: Trainer, lora: State) -> None:
    trainer.load(zero(lora))
    one = example(15)
    batch = collate([one], PLAIN, [trainer.teach(one.ids, range(3, 14), 8)])
    assert trainer.loss(batch) == pytest.approx(0, abs=1e-5)
    assert norm(trainer.gradient(batch)) < 1e-3
