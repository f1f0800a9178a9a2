"""MLX as it is used on a processor: nothing is compiled while a model learns, and no other model is changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plum_edge.backends import pick
from plum_edge.backends.memory import Plan
from tests.conformance.trainers import make
from tests.tiny import random_lora, tiny_base

_LEARN = """
import sys
from pathlib import Path
from tests.conformance.trainers import example, make, some_batches

trainer = make("mlx", Path(sys.argv[1]))
trainer.step(some_batches(1)[0], 1e-3, 1.0)
print(trainer.logits(example(9).ids).shape)
"""
WHY_NOT = pick.available()["mlx"]
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@pytest.mark.skipif(shutil.which("g++") is None, reason="without a compiler MLX compiles nothing anyway")
@pytest.mark.skipif(sys.platform != "linux", reason="MLX calls a compiler on a processor alone")
def test_mlx_learns_where_it_could_keep_nothing_compiled(tmp_path: Path) -> None:
    """MLX keeps what it compiles in the folder ``mlx`` of the temporary one: here that is a file."""
    (tmp_path / "mlx").touch()
    base = tiny_base(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", _LEARN, base],
        env=os.environ | {"TMPDIR": str(tmp_path)}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "(9, 600)\n"


def test_a_model_that_computes_twice_leaves_the_others_of_its_kind_alone(tmp_path: Path) -> None:
    """Each layer's class is the model's own: what a family's layers do elsewhere in the process stays."""
    from mlx_lm.models import llama

    before = llama.TransformerBlock.__call__
    base = tiny_base(tmp_path)
    trainer = make("mlx", base, Plan(checkpointing=True))
    trainer.load(random_lora(base, 4, 1))
    assert llama.TransformerBlock.__call__ is before
