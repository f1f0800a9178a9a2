"""A base with an adapter added into its weights, a tensor at a time. Knows nothing of the form that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from plum_edge.convert.lora import EMBEDDING, Lora
from plum_edge.convert.tensors import Tensor


@dataclass(frozen=True, slots=True)
class Fused:
    """A matrix with the change that an adapter makes to it."""

    plain: Tensor
    lora: Lora
    module: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the matrix."""
        return self.plain.shape

    def read(self) -> np.ndarray:
        """Return W + ΔW as f32; the sum is taken in f64."""
        delta = self.lora.delta(self.module)
        whole = self.plain.read() + (delta.T if self.module == EMBEDDING else delta)
        return np.asarray(whole, np.float32)


def fused(found: Mapping[str, Tensor], lora: Lora) -> dict[str, Tensor]:
    """Return a model's tensors, those that the adapter changes with its change. Modules must be held before."""
    changed: dict[str, Tensor] = {
        f"{module}.weight": Fused(plain, lora, module)
        for module in lora.pairs
        if (plain := found.get(f"{module}.weight"))
    }
    return {**found, **changed}
