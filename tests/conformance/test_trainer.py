"""Every training backend: the loss (docs/concepts.md) and its gradients, determinism, resume; and that they agree."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from plum_edge.backends import base as backends
from plum_edge.backends import pick
from plum_edge.backends.base import Batch, LoraSpec, State, Trainer, Weights, collate, layer_of
from plum_edge.backends.memory import Plan
from plum_edge.convert.weights import open_weights
from plum_edge.errors import NoModel
from plum_edge.records import Example
from tests.tiny import CONTEXT, random_lora, tiny_base

REASONS = pick.available()
PEFT = "torch on transformers and PEFT"
"""What trains the families that our own decoder does not know."""
WHY_NOT_PEFT = REASONS["torch"] or next(
    (f"{name} is not installed" for name in ("transformers", "peft") if not importlib.util.find_spec(name)), ""
)
BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(bool(why), reason=why))
    for name, why in {**REASONS, PEFT: WHY_NOT_PEFT}.items()
]
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


@pytest.fixture(scope="module")
def both(folder: Path) -> tuple[Trainer, Trainer]:
    missing = "; ".join(why for why in REASONS.values() if why)
    if missing:
        pytest.skip(missing)
    mlx, torch = (make(name, folder) for name in ("mlx", "torch"))
    return mlx, torch


def make(name: str, folder: Path, plan: Plan | None = None, layers: int = 0) -> Trainer:
    spec = LoraSpec(RANK, 2.0 * RANK, TARGETS, layers)
    if name == PEFT or (plan is not None and plan.bits < 16 and name == "torch"):
        from plum_edge.backends import torch_lora

        return torch_lora.trainer(open_weights(folder), spec, 1, plan or Plan())
    if plan is None:
        return pick.make(pick.Choice(name, "tested", {}), open_weights(folder), spec, threads=1)
    if name == "mlx":
        from plum_edge.backends import mlx_lora

        return mlx_lora.trainer(open_weights(folder), spec, 1, plan)
    from plum_edge.backends import torch_trainer

    return torch_trainer.trainer(open_weights(folder), spec, 1, plan)


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


def some_batches(count: int) -> list[Batch]:
    """Batches of two pairs, of odd and even lengths."""
    return [collate([example(9 + 7 * n % 20, n), example(23, n + 100)], PLAIN) for n in range(count)]


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


@pytest.mark.parametrize("name", BACKENDS)
def test_of_the_last_layers_alone_gradient_and_step_are_what_they_are_among_all(
    name: str, folder: Path, lora: State
) -> None:
    batch = collate([example(15), example(21, 1)], PLAIN)
    whole, upper = make(name, folder), make(name, folder, layers=1)
    for trainer in (whole, upper):
        trainer.load(lora)
    last = max(map(layer_of, lora))
    full, found = whole.gradient(batch), upper.gradient(batch)
    assert set(found) == {key for key in full if layer_of(key) == last} and len(found) < len(full)
    for key, value in found.items():
        np.testing.assert_allclose(value, full[key], rtol=1e-4, atol=1e-7)
    upper.step(batch, 1e-2, 1.0)
    after = upper.state()
    assert set(after) == set(lora) == set(upper.shapes())
    moved = {key for key in lora if not np.array_equal(after[key], lora[key])}
    assert moved == set(found)


@pytest.mark.parametrize("name", BACKENDS)
def test_of_the_last_layers_alone_a_resumed_run_gives_the_same_bytes(name: str, folder: Path, lora: State) -> None:
    batches = [collate([example(15, n)], PLAIN) for n in range(4)]
    straight, again = make(name, folder, layers=1), make(name, folder, layers=1)
    straight.load(lora)
    for batch in batches[:2]:
        straight.step(batch, 1e-2, 1.0)
    again.resume(straight.state(), straight.optimizer_state())
    for batch in batches[2:]:
        for trainer in (straight, again):
            trainer.step(batch, 1e-2, 1.0)
    for key, value in straight.state().items():
        assert np.array_equal(value, again.state()[key]), key


@pytest.mark.parametrize("name", BACKENDS)
def test_activations_computed_twice_give_the_same_gradient(name: str, folder: Path, lora: State) -> None:
    once, twice = make(name, folder), make(name, folder, Plan(checkpointing=True))
    batch = some_batches(1)[0]
    for trainer in (once, twice):
        trainer.load(lora)
    expected = once.gradient(batch)
    for key, value in twice.gradient(batch).items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-4, atol=1e-7)
    assert twice.step(batch, 1e-2, 1.0) == pytest.approx(once.step(batch, 1e-2, 1.0), rel=1e-5)
    assert twice.versions()["held"] != once.versions()["held"]
    assert twice.step(batch, 1e-2, 1.0) == pytest.approx(once.step(batch, 1e-2, 1.0), rel=1e-4)


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_a_batch_done_piece_by_piece_gives_the_same_gradient(name: str, folder: Path, lora: State, rows: int) -> None:
    whole, apart = make(name, folder), make(name, folder, Plan(rows=rows))
    for trainer in (whole, apart):
        trainer.load(lora)
    rows_of = [example(9, 1), example(15, 2), example(15, 3), example(12, 4), example(9, 5)]
    soft = [whole.teach(one.ids, (4, 6), 5) if n in (1, 3) else None for n, one in enumerate(rows_of)]
    batch = collate(rows_of, PLAIN, soft)
    expected = whole.gradient(batch)
    for key, value in apart.gradient(batch).items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-3, atol=1e-6)
    assert apart.loss(batch) == pytest.approx(whole.loss(batch), rel=1e-5)
    assert apart.step(batch, 1e-2, 1.0) == pytest.approx(whole.step(batch, 1e-2, 1.0), rel=1e-5)


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


@pytest.mark.skipif(bool(REASONS["mlx"]), reason=REASONS["mlx"])
@pytest.mark.parametrize("bits", [8, 4])
def test_mlx_learns_on_a_base_of_few_bits(folder: Path, bits: int, tmp_path: Path) -> None:
    """QLoRA: quantised while it is loaded, or in mlx-lm's own layout already; the adapter is f32 in both."""
    from mlx_lm.utils import load_model, quantize_model, save_config, save_model

    model, config = load_model(folder)
    model, config = quantize_model(model, config, 64, bits)
    save_model(tmp_path, model)
    save_config(config, tmp_path / "config.json")
    quantised, stored = make("mlx", folder, Plan(bits, quantise=True)), make("mlx", tmp_path)
    whole = make("mlx", folder)
    ids = example(30).ids
    base = [trainer.logits(ids) for trainer in (whole, quantised, stored)]
    np.testing.assert_allclose(base[1], base[2], atol=1e-5)
    distance = np.abs(base[0] - base[1]).max()
    assert 0 < distance < {8: 0.1, 4: 2.0}[bits]
    assert [t.exact for t in (whole, quantised, stored)] == [True, False, False]
    assert quantised.versions()["held"] == stored.versions()["held"] == f"{bits}-bit"
    for trainer in (quantised, stored):
        trainer.load(backends.initial_state(trainer.shapes(), 0))
    batch = some_batches(1)[0]
    curve = [quantised.step(batch, 1e-2, 1.0) for _ in range(8)]
    assert curve[-1] < curve[0]
    np.testing.assert_allclose(curve, [stored.step(batch, 1e-2, 1.0) for _ in range(8)], rtol=1e-4)
    assert all(value.dtype == np.float32 for value in quantised.state().values())
    assert quantised.shapes() == whole.shapes()


@pytest.mark.skipif(bool(REASONS["torch"]), reason=REASONS["torch"])
def test_torch_says_that_it_cannot_read_mlx_lms_layout(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "config.json").read_text()) | {"quantization": {"group_size": 64, "bits": 4}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(NoModel, match="--backend mlx"):
        make("torch", tmp_path)


@pytest.mark.skipif(bool(REASONS["torch"]), reason=REASONS["torch"])
@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_torch_learns_on_a_base_of_4_bits(folder: Path) -> None:
    """QLoRA by bitsandbytes, which has a slow way on the CPU: enough to see that it learns."""
    whole, quantised = make("torch", folder), make("torch", folder, Plan(4, quantise=True))
    ids = example(30).ids
    assert 0 < np.abs(whole.logits(ids) - quantised.logits(ids)).max() < 2.0
    assert not quantised.exact
    assert "bitsandbytes" in quantised.versions()
    quantised.load(backends.initial_state(quantised.shapes(), 0))
    batch = some_batches(1)[0]
    curve = [quantised.step(batch, 1e-2, 1.0) for _ in range(6)]
    assert curve[-1] < curve[0]
    assert quantised.shapes() == whole.shapes()
    assert all(value.dtype == np.float32 for value in quantised.state().values())
