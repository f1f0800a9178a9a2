"""A base with an adapter added into its weights, a tensor at a time. Knows nothing of the form that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from plum_edge.convert.lora import EMBEDDING, Lora
from plum_edge.convert.tensors import Stored


@dataclass(frozen=True, slots=True)
class Fused(Stored):
    """A stored matrix with the change that an adapter makes to it."""

    lora: Lora
    module: str

    def read(self) -> np.ndarray:
        """Return W + ΔW as f32; the sum is taken in f64."""
        delta = self.lora.delta(self.module)
        whole = Stored.read(self) + (delta.T if self.module == EMBEDDING else delta)
        return np.asarray(whole, np.float32)


def fused(found: Mapping[str, Stored], lora: Lora) -> dict[str, Stored]:
    """Return a model's tensors, those that the adapter changes with its change. Modules must be held before."""
    changed: dict[str, Stored] = {
        f"{module}.weight": Fused(t.path, t.dtype, t.shape, t.offset, lora, module)
        for module in lora.pairs
        if (t := found.get(f"{module}.weight"))
    }
    return {**found, **changed}
