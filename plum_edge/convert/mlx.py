"""An adapter as mlx-lm saves and loads it: adapter_config.json and adapters.safetensors in a folder.

One rank and one scale for all modules: pairs of a smaller rank are filled up with zeros, which changes nothing. Knows
nothing of families, nor of MLX.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from plum_edge.convert.lora import Lora, matched, tensors_of, unified
from plum_edge.convert.peft_folder import CONFIG, read_config
from plum_edge.errors import ForeignAdapter

WEIGHTS = "adapters.safetensors"


def read(folder: Path) -> Lora:
    """Return the adapter of a folder.

    Raises:
        ForeignAdapter: damaged, no LoRA (says what it is), or with tensors that are not understood, each named.
    """
    config = read_config(folder)
    kind = config.get("fine_tune_type", "lora")
    problems = [] if kind == "lora" else [f"it is of the type {kind!r}, not lora"]
    sides: dict[str, dict[str, np.ndarray]] = {}
    for name, value in tensors_of(folder / WEIGHTS).items():
        module, _, leaf = name.rpartition(".")
        if leaf in ("lora_a", "lora_b") and value.ndim == 2:
            sides.setdefault(module, {})[leaf[-1].upper()] = np.ascontiguousarray(value.T)
        else:
            problems.append(f"{name} belongs to a DoRA" if leaf == "m" else f"{name} is no matrix of a LoRA")
    pairs = matched(sides, problems, folder)
    scale = _scale(config, folder)
    return unified(pairs, dict.fromkeys(pairs, scale), str(config.get("model") or ""))


def _scale(config: Mapping[str, Any], folder: Path) -> float:
    parameters = config.get("lora_parameters")
    scale = parameters.get("scale") if isinstance(parameters, Mapping) else None
    if not isinstance(scale, int | float) or not math.isfinite(scale):
        raise ForeignAdapter(folder, f"{CONFIG} has no usable lora_parameters.scale")
    return float(scale)


def write(folder: Path, lora: Lora, *, layers: int = 0) -> None:
    """Write an adapter into an empty folder; tensors are f32. ``layers``: how many the base has; 0: not known."""
    rank = max(lora.ranks)
    scale = lora.alpha / rank
    state: dict[str, np.ndarray] = {}
    for module, (a, b) in lora.pairs.items():
        missing = rank - a.shape[0]
        wider = b if not missing else b * np.float32(rank / a.shape[0])
        state[f"{module}.lora_a"] = np.ascontiguousarray(np.pad(a, ((0, missing), (0, 0))).T)
        state[f"{module}.lora_b"] = np.ascontiguousarray(np.pad(wider, ((0, 0), (0, missing))).T)
    grid = lora.grid()
    whole = grid is not None and bool(layers) and grid[0] == list(range(layers))
    config = {
        "fine_tune_type": "lora", "model": lora.base or None, "num_layers": -1,
        "lora_parameters": {
            "rank": rank, "scale": scale, "dropout": 0.0,
            # Names within a layer stand for every layer, whole names for themselves.
            "keys": grid[1] if grid is not None and whole else sorted(lora.pairs),
        },
    }  # fmt: skip
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    safetensors.numpy.save_file(state, folder / WEIGHTS, metadata={"format": "mlx"})
