"""Scaled rotary embeddings: what config.json says of them, and what llama.cpp wants to know.

A closed list of kinds, each as Hugging Face computes it (modeling_rope_utils.py of transformers) and as llama.cpp reads
it: some as metadata, some as tensors of factors by which frequencies are divided. Knows nothing of families or files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from plum_edge.errors import NoModel

KINDS = ("default", "linear", "llama3", "longrope")
"""``linear``: positions divided; ``llama3``: low frequencies slower; ``longrope``: a factor for each frequency."""

_OLD_NAMES = {"su": "longrope"}
Value = int | float | str


def look_up(config: Mapping[str, Any], key: str) -> Any:
    """Return the value under a dotted key, or None."""
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def parameters(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what config.json says of the rotary embeddings of layers that see everything, as one table.

    Older files have ``rope_theta`` and ``rope_scaling`` side by side, newer ones ``rope_parameters``, which may have a
    table for each kind of layer.
    """
    newer = look_up(config, "rope_parameters.full_attention") or config.get("rope_parameters") or {}
    known = ("rope_theta", "partial_rotary_factor", "original_max_position_embeddings")
    beside = {key: config[key] for key in known if config.get(key) is not None}
    return {**beside, **(config.get("rope_scaling") or {}), **newer}


def kind(config: Mapping[str, Any]) -> str:
    """Return the kind of scaling, one of `KINDS` or a name that is not known here."""
    said = parameters(config)
    name = str(said.get("rope_type") or said.get("type") or "default")
    return _OLD_NAMES.get(name, name)


def short_context(config: Mapping[str, Any]) -> int | None:
    """Return up to how many tokens ``longrope`` takes its short factors, else None.

    Longer texts take other factors for all of their tokens; llama.cpp decides that by the context that it is opened
    with, transformers by the text in hand. Up to this length both are the same.
    """
    return int(_original(config)) if kind(config) == "longrope" else None


def metadata(config: Mapping[str, Any]) -> dict[str, Value]:
    """Return GGUF's entries (without the architecture) for the model's kind of scaling."""
    said = parameters(config)
    if kind(config) == "linear":
        return {"rope.scaling.type": "linear", "rope.scaling.factor": float(said["factor"])}
    if kind(config) == "longrope":
        original = int(_original(config))
        return {"rope.scaling.original_context_length": original, "rope.scaling.attn_factor": _attention(config)}
    return {}


def tensors(config: Mapping[str, Any], head_dim: int) -> dict[str, np.ndarray]:
    """Return GGUF's tensors of factors, each (rotary dimensions / 2,) f32.

    Raises:
        NoModel: config.json does not have the numbers.
    """
    said = parameters(config)
    try:
        if kind(config) == "llama3":
            return {"rope_freqs.weight": _llama3(said, head_dim)}
        if kind(config) == "longrope":
            names = {"rope_factors_long.weight": "long_factor", "rope_factors_short.weight": "short_factor"}
            return {name: np.asarray(said[key], dtype=np.float32) for name, key in names.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise NoModel(str(config.get("model_type")), f"its rope_scaling has no usable {error}") from error
    return {}


def _llama3(said: Mapping[str, Any], head_dim: int) -> np.ndarray:
    """High frequencies stay, low ones are divided by ``factor``, those between by something between."""
    factor, low, high = (float(said[key]) for key in ("factor", "low_freq_factor", "high_freq_factor"))
    original = float(said["original_max_position_embeddings"])
    exponents = np.arange(0, head_dim, 2, dtype=np.float64) / head_dim
    turns = original * float(said.get("rope_theta", 10000.0)) ** -exponents / (2 * math.pi)
    smooth = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return (1.0 / ((1.0 - smooth) / factor + smooth)).astype(np.float32)


def _attention(config: Mapping[str, Any]) -> float:
    said = parameters(config)
    if said.get("attention_factor"):
        return float(said["attention_factor"])
    original = _original(config)
    stretch = float(config["max_position_embeddings"]) / original
    return math.sqrt(1 + math.log(stretch) / math.log(original)) if stretch > 1 else 1.0


def _original(config: Mapping[str, Any]) -> float:
    said = parameters(config).get("original_max_position_embeddings")
    return float(said or config["max_position_embeddings"])
