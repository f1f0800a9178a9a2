"""Every training backend: the loss of design.md §3 and its gradients, determinism, resume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plum_edge.backends import base as backends
from plum_edge.backends.base import Batch, LoraSpec, State, Trainer, Weights, collate
from plum_edge.records import Example
from tests.tiny import random_lora, tiny_base

BACKENDS = [name for name, reason in backends.available().items() if not reason]
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
RANK = 4
PLAIN = Weights(0.0, 0.1, 1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module", params=BACKENDS)
def trainer(request: pytest.FixtureRequest, folder: Path) -> Iterator[Trainer]:
    yield make(request.param, folder)


@pytest.fixture(scope="module")
def lora(folder: Path) -> State:
    return random_lora(folder, RANK, 1)


def make(name: str, folder: Path) -> Trainer:
    choice = backends.Choice(name, "tested", {})
    return backends.make(choice, folder, LoraSpec(RANK, 2.0 * RANK, TARGETS), threads=1)


def example(length: int, seed: int = 0) -> Example:
    ids = np.random.default_rng(seed).integers(10, 200, length).tolist()
    question, answer = (length - 3) // 2, length - 3 - (length - 3) // 2
    return Example(tuple(ids), bytes([0, 0, *[1] * question, 0, *[2] * answer]), 3 + question)


def norm(state: State) -> float:
    return float(np.sqrt(sum((value.astype(np.float64) ** 2).sum() for value in state.values())))


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


def test_score_is_per_row(trainer: Trainer, lora: State) -> None:
    trainer.load(lora)
    answers = Weights(0.0, 0.0, 1.0)
    rows = [example(n, n) for n in (9, 14, 21)]
    together = trainer.score(collate(rows, answers))
    apart = [float(trainer.score(collate([row], answers))[0]) for row in rows]
    np.testing.assert_allclose(together, apart, rtol=1e-4)
    one = collate([rows[0]], answers)
    assert apart[0] == pytest.approx(trainer.loss(one) * one.counted / one.weights.sum(), rel=1e-5)


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


def probabilities(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    found: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return found


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


def zero(lora: State) -> State:
    return {name: np.zeros_like(value) if "lora_B" in name else value for name, value in lora.items()}
