"""What plum-edge taught the sentence encoder: to find what answers a person's question, and not only what is like it.

An adapter (LoRA, arXiv 2106.09685) of two matrices for each that is changed; models/all-MiniLM-L6-v2 says of what it
was learned. Knows nothing of how vectors are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from plum_edge.errors import IntegrityError
from plum_edge.paths import data_dir

LAYERS = 6
_PARTS = (
    *(f"attention.{part}" for part in ("self.query", "self.key", "self.value", "output.dense")),
    "intermediate.dense",
    "output.dense",
)
MATRICES = tuple(f"encoder.layer.{layer}.{part}" for layer in range(LAYERS) for part in _PARTS)
"""Names of what is changed, without ".weight"."""


def adapter() -> Path:
    """Return the file that ships."""
    return data_dir("models") / "all-MiniLM-L6-v2" / "tuning.safetensors"


def tuned(weights: Mapping[str, np.ndarray], file: bytes, path: Path) -> dict[str, np.ndarray]:
    """Return the weights with what the file adds to them: for each of `MATRICES` lora_b (out, r) · lora_a (r, in), f16.

    Raises:
        IntegrityError: the file is damaged, or of another model; ``path`` says which.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    changed = dict(weights)
    try:
        learned = {name: np.asarray(value, dtype=np.float32) for name, value in load(file).items()}
        for name in MATRICES:
            changed[f"{name}.weight"] = (
                changed[f"{name}.weight"] + learned[f"{name}.lora_b"] @ learned[f"{name}.lora_a"]
            )
    except (SafetensorError, KeyError, ValueError) as error:
        raise IntegrityError(f"{path} is damaged.", "Install plum-edge again.") from error
    return changed
