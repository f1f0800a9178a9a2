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

_FREQS, _LONG, _SHORT = "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"
FACTORS = (_FREQS, _LONG, _SHORT)
"""GGUF's tensors of factors."""
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
            return {_FREQS: _llama3(said, head_dim)}
        if kind(config) == "longrope":
            names = {_LONG: "long_factor", _SHORT: "short_factor"}
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


# The way back ---------------------------------------------------------------------------------------------------------

_LOW, _HIGH = 1.0, 4.0
"""``low_freq_factor`` and ``high_freq_factor`` of every Llama 3; the file holds what comes of them alone."""
_SAME = 1e-4


def from_gguf(
    metadata: Mapping[str, Any],
    architecture: str,
    factors: Mapping[str, np.ndarray],
    config: Mapping[str, Any],
    dim: int,
) -> dict[str, Any]:
    """Return what config.json would say of scaled rotary embeddings; nothing where they are not scaled.

    ``config`` is the rest of it, ``dim`` the number of rotary dimensions.

    Raises:
        ValueError: they are scaled in another way than those of `KINDS`.
    """
    prefix = f"{architecture}.rope.scaling."
    named, factor = metadata.get(f"{prefix}type", "none"), metadata.get(f"{prefix}factor")
    if factor is None:
        factor = metadata.get(f"{architecture}.rope.scale_linear")  # as older files have it
    if _LONG in factors and _SHORT in factors:
        return _from_longrope(metadata, prefix, factors, config)
    if named not in ("none", "linear", "longrope"):
        raise ValueError(f"its rotary embeddings are scaled in the way {named!r}")
    linear = float(factor or 1.0) if named == "linear" or f"{prefix}type" not in metadata else 1.0
    if _FREQS in factors and np.any(factors[_FREQS] != 1.0):
        return {"rope_scaling": _from_llama3(factors[_FREQS], float(config["rope_theta"]), dim)}
    return {"rope_scaling": {"rope_type": "linear", "factor": linear}} if linear != 1.0 else {}


def _from_longrope(
    metadata: Mapping[str, Any], prefix: str, factors: Mapping[str, np.ndarray], config: Mapping[str, Any]
) -> dict[str, Any]:
    context = int(config["max_position_embeddings"])
    original = int(metadata.get(f"{prefix}original_context_length") or context)
    attention = float(metadata.get(f"{prefix}attn_factor") or 1.0)
    # What the attention's factor was reckoned from, where the file says the short context: `_attention`, backwards.
    stretched = round(original ** (attention**2)) if attention > 1 else original
    return {
        "max_position_embeddings": max(context, stretched),
        "original_max_position_embeddings": original,
        "rope_scaling": {
            "type": "longrope", "rope_type": "longrope",
            "short_factor": [float(f) for f in factors[_SHORT]], "long_factor": [float(f) for f in factors[_LONG]],
        },
    }  # fmt: skip


def _from_llama3(factors: np.ndarray, theta: float, dim: int) -> dict[str, Any]:
    """Return the scaling whose factors these are: `_llama3`, backwards, and held against them."""
    stretch = float(factors.max())
    per_token = theta ** -(np.arange(0, dim, 2, dtype=np.float64) / dim) / (2 * math.pi)
    if factors.shape != per_token.shape or stretch <= 1.0:
        raise ValueError("its rotary factors are not those of a Llama 3")
    between = np.flatnonzero((factors > 1.0 + _SAME) & (factors < stretch * (1 - _SAME)))
    if between.size:  # there the smoothing says how often this frequency turns in the original context
        smooth = (1 / factors[between].astype(np.float64) - 1 / stretch) / (1 - 1 / stretch)
        original = float(np.median((_LOW + smooth * (_HIGH - _LOW)) / per_token[between]))
    else:
        least = [_HIGH / per_token[factors <= 1.0 + _SAME].min()] if (factors <= 1.0 + _SAME).any() else []
        original = math.sqrt(_LOW / per_token[factors > 1.0 + _SAME].max() * (least[0] if least else 1.0))
    found = {
        "rope_type": "llama3", "factor": stretch, "low_freq_factor": _LOW, "high_freq_factor": _HIGH,
        "original_max_position_embeddings": round(original),
    }  # fmt: skip
    if not np.allclose(_llama3({**found, "rope_theta": theta}, dim), factors, rtol=_SAME):
        raise ValueError("its rotary factors are not those of a Llama 3")
    return found
