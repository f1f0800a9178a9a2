"""Learning in less memory, on every backend: the last layers alone, activations twice, batches in pieces, few bits."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from plum_edge.backends import base as backends
from plum_edge.backends.base import State, collate, layer_of
from plum_edge.backends.memory import Plan
from plum_edge.errors import NoModel
from tests.conformance.trainers import (
    BACKENDS,
    PLAIN,
    REASONS,
    example,
    make,
    some_batches,
)


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
