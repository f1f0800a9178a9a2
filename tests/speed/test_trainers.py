"""The trainers that are compared take the same steps: the same loss before anything is learned, and after."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from benchmarks.speed.apart import Worker, once
from benchmarks.speed.training import Run, apart_by, ratio

STEPS = 3


def curve(function: str, *given: object) -> list[float]:
    with Worker(f"benchmarks.speed.trainers:{function}", *given) as worker:
        return [worker("step")["loss"] for _ in range(STEPS)]


@pytest.mark.slow
def test_all_trainers_have_one_curve(tmp_path: Path) -> None:
    assert once("benchmarks.speed.dataset:prepare", str(tmp_path), "plum-tiny") > 100
    ours = curve("plum", str(tmp_path), 1, "f32")
    assert len(set(ours)) == STEPS
    if sys.platform == "darwin" or importlib.util.find_spec("scipy_openblas32"):
        assert curve("mlx", str(tmp_path), 1) == pytest.approx(ours, rel=1e-3)
    if importlib.util.find_spec("peft"):
        assert curve("peft", str(tmp_path), 1, "f32") == pytest.approx(ours, rel=1e-3)


def test_a_ratio_is_the_median_of_pairs_without_the_first() -> None:
    def run(*seconds: float) -> Run:
        return Run("one", "", (), steps=[{"loss": 2.0, "seconds": s, "processor": s} for s in seconds])

    assert ratio(run(90.0, 2.0, 40.0, 6.0), run(1.0, 1.0, 10.0, 1.0)) == 4.0
    assert ratio(run(), run(1.0)) is None


def test_curves_are_compared_step_by_step() -> None:
    def run(*losses: float) -> Run:
        return Run("one", "", (), steps=[{"loss": loss} for loss in losses])

    assert apart_by(run(2.0, 1.1), run(2.0, 1.0)) == pytest.approx(0.1)
