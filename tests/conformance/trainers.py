"""The backends as tests ask for them, and what they are given to learn."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from plum_edge.backends import pick
from plum_edge.backends.base import Batch, LoraSpec, State, Trainer, Weights, collate
from plum_edge.backends.memory import Plan
from plum_edge.convert.weights import open_weights
from plum_edge.records import Example

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


def some_batches(count: int) -> list[Batch]:
    """Batches of two pairs, of odd and even lengths."""
    return [collate([example(9 + 7 * n % 20, n), example(23, n + 100)], PLAIN) for n in range(count)]


def zero(lora: State) -> State:
    return {name: np.zeros_like(value) if "lora_B" in name else value for name, value in lora.items()}


def probabilities(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    found: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return found
