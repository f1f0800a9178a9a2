"""Two backends: the same base, data and seed end in the same adapter."""

from __future__ import annotations

import numpy as np

from plum_edge.backends import base as backends
from plum_edge.backends.base import State, Trainer, collate
from tests.conformance.trainers import (
    PLAIN,
    example,
    some_batches,
)


def test_backends_learn_alike(both: tuple[Trainer, Trainer], lora: State) -> None:
    """The same base, data and seed: f32 loss curves within 1e-4 over 20 steps, and so the logits of the adapters."""
    curves, adapted = [], []
    for trainer in both:
        trainer.load(backends.initial_state(trainer.shapes(), 0))
        curves.append([trainer.step(batch, 1e-2, 1.0) for batch in some_batches(20)])
        adapted.append(trainer.logits(example(40).ids))
    np.testing.assert_allclose(*curves, atol=1e-4, rtol=0)
    np.testing.assert_allclose(*adapted, atol=1e-4, rtol=0)
    fresh = both[0]
    fresh.load(backends.initial_state(fresh.shapes(), 0))
    assert np.abs(fresh.logits(example(40).ids) - adapted[0]).max() > 0.1


def test_backends_agree_on_gradients_and_teaching(both: tuple[Trainer, Trainer], lora: State) -> None:
    mlx, torch = both
    assert mlx.shapes() == torch.shapes()
    one = example(15)
    for trainer in both:
        trainer.load(lora)
    taught = [trainer.teach(one.ids, (4, 9, 10), 5) for trainer in both]
    np.testing.assert_array_equal(taught[0].ids, taught[1].ids)
    np.testing.assert_allclose(taught[0].probs, taught[1].probs, atol=1e-6)
    batch = collate([one, example(22, 3)], PLAIN, [taught[0], None])
    expected = mlx.gradient(batch)
    for name, value in torch.gradient(batch).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-3, atol=1e-6)
