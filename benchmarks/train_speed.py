"""How fast a LoRA step is here, beside mlx-lm's own loss and step on the same model and the same tokens.

    make bench

Both sides train the same layers of the embedded base on the same rows, in turns, in one process; the figure to quote is
the ratio. Ours weighs targets by role and sends only those to the head; mlx-lm's `default_loss` takes every target.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from plum_edge import bases
from plum_edge.backends import base as backends
from plum_edge.backends import blas
from plum_edge.backends.base import Batch, LoraSpec, Weights, collate
from plum_edge.backends.mlx_lora import MlxTrainer
from plum_edge.convert.weights import open_weights
from plum_edge.records import Example


def rows(count: int, length: int, vocabulary: int) -> list[Example]:
    """Return random examples shaped like pairs: a short template, half question, half answer."""
    random = np.random.default_rng(0)
    question = (length - 4) // 2
    roles = bytes([0, 0, *[1] * question, 0, 0, *[2] * (length - 4 - question)])
    return [Example(tuple(random.integers(10, vocabulary, length).tolist()), roles, question + 4) for _ in range(count)]


def peer(trainer: MlxTrainer, batch: Batch) -> Callable[[], object]:
    """Return one step as mlx-lm takes it: its loss over every target, its optimizer, the same LoRA layers."""
    import mlx.core as mx
    import mlx.nn as nn
    import mlx.optimizers as optim
    from mlx_lm.tuner.trainer import default_loss

    model = trainer._model
    ids = mx.array(np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1))
    lengths = mx.array([[0, ids.shape[1] - 1]] * ids.shape[0])
    optimizer = optim.AdamW(learning_rate=1e-3)
    optimizer.init(model.trainable_parameters())
    gradients = nn.value_and_grad(model, default_loss)

    def step() -> object:
        (loss, _), grad = gradients(model, ids, lengths)
        optimizer.update(model, grad)
        mx.eval(model.trainable_parameters(), optimizer.state, loss)
        return loss

    return step


def main() -> None:
    """Time both, in turns, and print medians and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--batch", type=int, default=16)
    options.add_argument("--length", type=int, default=32)
    options.add_argument("--rounds", type=int, default=25)
    options.add_argument("--threads", type=int, default=0)
    given = options.parse_args()
    base = bases.base("plum-tiny")
    trainer = MlxTrainer(open_weights(base.weights), LoraSpec(32, 64.0, base.lora_targets), given.threads)
    trainer.load(backends.initial_state(trainer.shapes(), 0))
    batch = collate(rows(given.batch, given.length, 6000), Weights(0.0, 0.1, 1.0))
    steps: dict[str, Callable[[], object]] = {
        "plum-edge": lambda: trainer.step(batch, 1e-4, 1.0),
        "mlx-lm": peer(trainer, batch),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(given.rounds + 3):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            if turn >= 3:
                times[name].append(time.perf_counter() - began)
    tokens = given.batch * given.length
    print(f"matrix products: {blas.matmul_rate():.0f} GFLOP/s, {trainer.threads} threads")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:<10} {1000 * median:7.1f} ms a step  {tokens / median:7.0f} tokens/s")
    ratios = [ours / theirs for ours, theirs in zip(times["plum-edge"], times["mlx-lm"], strict=True)]
    print(f"plum-edge / mlx-lm, pair by pair: {statistics.median(ratios):.2f} of its time")


if __name__ == "__main__":
    main()
