"""Our use of torch's fused kernel is torch.optim.AdamW, and loads no compiler."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

LOADS = """
import sys
import torch
from plum_edge.backends.torch_adamw import AdamW

values = torch.zeros(4)
AdamW(values, torch.ones(4)).step(0.1)
assert values[0] < 0
print(sorted(name for name in sys.modules if name.startswith("torch._dynamo")))
"""


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 2000), st.lists(st.floats(0, 1e-2), min_size=1, max_size=8), st.integers(0, 99))
def test_it_is_torchs_own_to_the_bit(size: int, rates: list[float], seed: int) -> None:
    from plum_edge.backends.torch_adamw import AdamW

    rng = np.random.default_rng(seed)
    start, slopes = rng.standard_normal(size), [rng.standard_normal(size) for _ in rates]
    ours, theirs = (torch.tensor(start, dtype=torch.float32) for _ in range(2))
    slope, theirs.grad = torch.zeros(size), torch.zeros(size)
    mine = AdamW(ours, slope)
    other = torch.optim.AdamW([theirs], lr=0.0, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    for rate, now in zip(rates, slopes, strict=True):
        for one in (slope, theirs.grad):
            one.copy_(torch.tensor(now, dtype=torch.float32))
        other.param_groups[0]["lr"] = rate
        mine.step(rate)
        other.step()
    assert torch.equal(ours, theirs) and mine.taken == len(rates)
    assert all(torch.equal(mine.moments[name], other.state[theirs][name]) for name in mine.moments)


def test_it_loads_no_compiler() -> None:
    said = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
