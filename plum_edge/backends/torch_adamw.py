"""AdamW over one vector (Loshchilov and Hutter, arXiv 1711.05101), without weight decay, by torch's fused kernel.

The same numbers as torch.optim.AdamW to the bit. That class loads torch's compiler, which nobody here uses: more than a
second of each process that learns.
"""

from __future__ import annotations

import torch
from torch.optim.adamw import adamw

_BETAS = (0.9, 0.99)
_EPSILON = 1e-8


class AdamW:
    """The moments of one vector: all LoRA weights that learn."""

    def __init__(self, values: torch.Tensor, slope: torch.Tensor) -> None:
        self._values, self._slope = values, slope
        self.taken = torch.tensor(0.0)
        """Steps so far, a scalar f32 as the kernel wants it."""
        self.moments = {"exp_avg": torch.zeros_like(values), "exp_avg_sq": torch.zeros_like(values)}
        """Of the gradient and of its square, each like the vector."""

    def step(self, learning_rate: float) -> None:
        """Change the values by one step down their gradient."""
        adamw(
            [self._values],
            [self._slope],
            [self.moments["exp_avg"]],
            [self.moments["exp_avg_sq"]],
            [],
            [self.taken],
            fused=True,
            amsgrad=False,
            beta1=_BETAS[0],
            beta2=_BETAS[1],
            lr=learning_rate,
            weight_decay=0.0,
            eps=_EPSILON,
            maximize=False,
        )
