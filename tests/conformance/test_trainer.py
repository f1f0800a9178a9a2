"""Every training backend: the loss (docs/concepts.md) and its gradients, determinism, resume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plum_edge.backends import base as backends
from plum_edge.backends.base import Batch, State, Trainer, Weights, collate
from plum_edge.errors import NoModel
from tests.conformance.trainers import (
    BACKENDS,
    PLAIN,
    example,
    make,
    norm,
    some_batches,
)
from tests.tiny import CONTEXT


def test_loss_is_the_weighed_sum_over_the_count_of_targets(trainer: Trainer, lora: State) -> None:
    trainer.load(lora)
    one = example(17)
    logits = trainer.logits(one.ids).astype(np.float64)[:-1]
    log_p = (
        logits
        - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True))
        - logits.max(1, keepdims=True)
    )
    ce = -log_p[np.arange(len(one.ids) - 1), list(one.ids[1:])]
    roles = np.frombuffer(one.roles, dtype=np.uint8)[1:]
    by_hand = (ce * np.array([0.0, 0.1, 1.0])[roles]).sum() / (roles > 0).sum()
    assert trainer.loss(collate([one], PLAIN)) == pytest.approx(by_hand, rel=1e-5)


def test_weight_zero_gives_no_gradient(trainer: Trainer, lora: State) -> None:
    trainer.load(lora)
    assert norm(trainer.gradient(collate([example(15)], Weights(0.0, 0.0, 0.0)))) == 0.0


def test_doubled_weights_double_the_gradient(trainer: Trainer, lora: State) -> None:
    """And so a uniform weight does not cancel: the divisor is a count, not a sum of weights."""
    trainer.load(lora)
    once = trainer.gradient(collate([example(15)], Weights(0.3, 0.3, 0.3)))
    twice = trainer.gradient(collate([example(15)], Weights(0.6, 0.6, 0.6)))
    assert norm(once) > 0
    for name, value in once.items():
        np.testing.assert_allclose(twice[name], 2 * value, rtol=1e-4, atol=1e-7)


def test_padding_changes_nothing(trainer: Trainer, lora: State) -> None:
    trainer.load(lora)
    bare = collate([example(15)], PLAIN)
    pad = ((0, 0), (0, 9))
    padded = Batch(np.pad(bare.inputs, pad), np.pad(bare.targets, pad), np.pad(bare.weights, pad), bare.counted)
    assert trainer.loss(padded) == pytest.approx(trainer.loss(bare), rel=1e-5)
    wide = trainer.gradient(padded)
    for name, value in trainer.gradient(bare).items():
        np.testing.assert_allclose(wide[name], value, rtol=1e-3, atol=1e-6)


def test_a_longer_template_does_not_shrink_the_loss(trainer: Trainer, lora: State) -> None:
    """Template targets are not counted in N: the same CE over the same N, however long the prompt."""
    trainer.load(lora)
    batch = collate([example(15)], PLAIN)
    template = Batch(batch.inputs, batch.targets, np.where(batch.weights == 1.0, batch.weights, 0), batch.counted)
    assert batch.counted == int(np.count_nonzero(np.frombuffer(example(15).roles, dtype=np.uint8)[1:]))
    assert collate([example(15), example(31)], PLAIN).counted == batch.counted + 28
    assert trainer.loss(template) < trainer.loss(batch)


def test_a_batch_is_the_mean_over_all_its_targets(trainer: Trainer, lora: State) -> None:
    trainer.load(lora)
    a, b = example(9, 1), example(23, 2)
    apart = [collate([e], PLAIN) for e in (a, b)]
    together = collate([a, b], PLAIN)
    expected = sum(trainer.loss(x) * x.counted for x in apart) / sum(x.counted for x in apart)
    assert trainer.loss(together) == pytest.approx(expected, rel=1e-5)


def test_a_step_lowers_the_loss_and_only_moves_lora(trainer: Trainer) -> None:
    trainer.load(backends.initial_state(trainer.shapes(), 0))
    batch = collate([example(15, seed) for seed in range(4)], PLAIN)
    losses = [trainer.step(batch, 1e-2, 1.0) for _ in range(12)]
    assert losses[-1] < losses[0]
    assert set(trainer.state()) == set(trainer.shapes())


def test_the_fresh_adapter_changes_nothing(trainer: Trainer, lora: State) -> None:
    trainer.load(backends.initial_state(trainer.shapes(), 0))
    fresh = trainer.logits(example(12).ids)
    trainer.load(backends.initial_state(trainer.shapes(), 99))
    np.testing.assert_array_equal(fresh, trainer.logits(example(12).ids))
    trainer.load(lora)
    assert np.abs(fresh - trainer.logits(example(12).ids)).max() > 1e-3


@pytest.mark.parametrize("name", BACKENDS)
def test_two_trainers_give_the_same_bytes(name: str, folder: Path) -> None:
    def run() -> dict[str, bytes]:
        trainer = make(name, folder)
        trainer.load(backends.initial_state(trainer.shapes(), 3))
        for step in range(5):
            trainer.step(collate([example(11 + step, step), example(14, step)], PLAIN), 1e-3, 1.0)
        return {key: value.tobytes() for key, value in trainer.state().items()}

    assert run() == run()


def test_resume_gives_the_same_bytes(trainer: Trainer) -> None:
    batches = [collate([example(12 + n, n)], PLAIN) for n in range(6)]
    trainer.load(backends.initial_state(trainer.shapes(), 5))
    for batch in batches[:3]:
        trainer.step(batch, 1e-3, 1.0)
    state, optimizer = trainer.state(), trainer.optimizer_state()
    for batch in batches[3:]:
        trainer.step(batch, 1e-3, 1.0)
    straight = trainer.state()
    trainer.load(backends.initial_state(trainer.shapes(), 77))
    trainer.resume(state, optimizer)
    for batch in batches[3:]:
        trainer.step(batch, 1e-3, 1.0)
    again = trainer.state()
    assert all(np.array_equal(straight[name], again[name]) for name in straight)


@pytest.mark.parametrize("length", [4, 5, 33])
def test_odd_lengths_and_a_single_pair(trainer: Trainer, lora: State, length: int) -> None:
    trainer.load(lora)
    assert np.isfinite(trainer.step(collate([example(length)], PLAIN), 1e-4, 1.0))


@pytest.mark.parametrize("name", BACKENDS)
def test_a_sequence_as_long_as_the_context_and_a_longer_one(name: str, folder: Path, lora: State) -> None:
    """A pair is cut to the context before it comes here (tokens.py); a backend takes what it is given."""
    trainer = make(name, folder)
    trainer.load(lora)
    for length in (CONTEXT, CONTEXT + 20):
        assert np.isfinite(trainer.step(collate([example(length), example(4)], PLAIN), 1e-3, 1.0))


@pytest.mark.parametrize("name", BACKENDS)
def test_weights_of_zero_after_a_step_move_by_the_moments_alone(name: str, folder: Path) -> None:
    trainer = make(name, folder)
    trainer.load(backends.initial_state(trainer.shapes(), 0))
    trainer.step(some_batches(1)[0], 1e-2, 1.0)
    before = trainer.state()
    assert trainer.step(collate([example(12)], Weights(0.0, 0.0, 0.0)), 1e-2, 1.0) == 0.0
    assert norm({key: value - before[key] for key, value in trainer.state().items()}) > 0


@pytest.mark.parametrize("name", BACKENDS)
def test_a_folder_that_holds_no_base_is_named(name: str, tmp_path: Path, folder: Path) -> None:
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(NoModel, match=tmp_path.name):
        make(name, tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(NoModel, match=tmp_path.name):
        make(name, tmp_path)
