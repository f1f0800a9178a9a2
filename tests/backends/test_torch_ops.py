"""Linear layers with adapters in bf16, the numbers that are chosen, and the same bytes in every process."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from plum_edge.backends.base import LoraSpec, Weights, collate, initial_state
from plum_edge.convert.weights import FolderWeights
from plum_edge.errors import UsageError
from tests import zoo
from tests.backends.test_torch_decoder import TARGETS, example

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


def test_in_bf16_what_a_young_adapter_adds_is_not_rounded_away() -> None:
    """Each addend is far below half a step of the number that it is added to; on average it must be there."""
    import torch

    from plum_edge.backends import torch_ops

    torch.manual_seed(0)
    x, weight = torch.randn(512, 64), torch.randn(128, 64)
    a, b = torch.ones(2, 64) / 64, torch.full((128, 2), 2e-3)
    joined = torch.zeros(130, 66)
    joined[:128, :64], joined[:128, 64:], joined[128:, :64] = weight, b, a
    x += 4  # so that x·Aᵀ is about 4, and the adapter adds about 0.016 to numbers of about 32
    bare = joined.clone()
    bare[:128, 64:] = 0
    with torch.no_grad():
        with_it, without = (
            torch_ops.Linear.apply(x.bfloat16(), one.bfloat16(), None, 1.0, [(0, 128, 0, 2)], a, b).float()
            for one in (joined, bare)
        )
    added = ((x @ a.t()) @ b.t()).mean()
    assert (with_it - without).mean() == pytest.approx(float(added), rel=0.15)


def test_a_small_base_is_held_in_f32_and_a_precision_that_is_asked_for_is_taken() -> None:
    from plum_edge.backends import torch_numbers

    assert torch_numbers.choose("auto", 1_000_000).name == "f32"
    assert torch_numbers.choose("bf16", 1_000_000).name == "bf16"
    assert torch_numbers.choose("f32", 10**12).name == "f32"
    with pytest.raises(UsageError, match="f16"):
        torch_numbers.choose("f16", 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_two_threads_give_the_same_bytes_in_every_process(tmp_path: Path, precision: str) -> None:
    zoo.base("smollm2", tmp_path)
    code = f"from tests.backends import test_torch_ops as t; t.learn({str(tmp_path)!r}, {precision!r})"
    command = [sys.executable, "-c", code]
    patient = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # no core is kept spinning while another test has it
    said = {subprocess.run(command, check=True, capture_output=True, text=True, env=patient).stdout for _ in range(2)}
    assert len(said) == 1 and len(said.pop().strip()) == 64


def learn(folder: str, precision: str) -> None:
    """Print a hash of what three steps on two threads make; in a process of its own."""
    from plum_edge.backends import torch_trainer
    from plum_edge.backends.memory import Plan

    weights = FolderWeights(Path(folder) / "smollm2")
    trainer = torch_trainer.trainer(weights, LoraSpec(4, 8.0, TARGETS), 2, Plan(), precision)  # type: ignore[arg-type]
    trainer.load(initial_state(trainer.shapes(), 0))
    for step in range(3):
        rows = [example(20 + 3 * n + step, 10 * step + n, tuple(range(30, 42))) for n in range(8)]
        trainer.step(collate(rows, Weights(0.0, 0.1, 1.0)), 1e-2, 1.0)
    digest = hashlib.sha256()
    for _, value in sorted(trainer.state().items()):
        digest.update(np.ascontiguousarray(value).tobytes())
    print(digest.hexdigest())
