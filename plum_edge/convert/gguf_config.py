"""What config.json would say of a GGUF, rebuilt from its metadata: the `[metadata]` tables of conversions/*.toml, read
the other way round.

What a file leaves out is what llama.cpp takes then. Knows nothing of weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from plum_edge.convert import rope
from plum_edge.convert.families import Entry, Family


def config(
    kind: Family, metadata: Mapping[str, Any], factors: Mapping[str, np.ndarray], *, vocabulary: int, tied: bool
) -> dict[str, Any]:
    """Return the words of config.json. ``factors``: tensors of rotary factors; ``vocabulary``: rows of the embedding.

    Raises:
        ValueError: a number is missing or is none, or rotary embeddings are scaled in a way that is not known here;
            says which.
    """
    said = {entry: _number(kind, metadata, entry) for entry in kind.metadata}
    by_size: dict[str, int] = {}
    for entry, value in said.items():
        if entry.size and value is not None and by_size.setdefault(entry.size, int(value)) != value:
            raise ValueError(f"its {kind.architecture}.{entry.key} is {value}, not {by_size[entry.size]}")
    told: dict[str, Any] = {"model_type": kind.model_types[0]}
    for entry, value in said.items():
        if entry.sources and value is not None:
            told[entry.sources[0]] = value
    heads, hidden = told["num_attention_heads"], told["hidden_size"]
    if heads <= 0 or hidden <= 0:
        raise ValueError("it has no heads or no width")
    head_dim = by_size.get("head_dim", hidden // heads)
    told |= {
        "num_key_value_heads": told.get("num_key_value_heads", heads),
        "head_dim": head_dim,
        "vocab_size": vocabulary,
        "max_position_embeddings": by_size["context"],
        "tie_word_embeddings": tied,
        "sliding_window": told.get("sliding_window", metadata.get(f"{kind.architecture}.attention.sliding_window")),
    }
    rotary = by_size.get("rotary_dim", head_dim)
    if rotary != head_dim:
        told["partial_rotary_factor"] = rotary / head_dim
    for key, allowed in kind.requires.items():
        told[key] = {"head_dim": head_dim}.get(str(allowed[0]), allowed[0])
    if kind.full_attention_every > 1:
        told["sliding_window_pattern"] = kind.full_attention_every
    for role in ("bos", "eos"):
        told[f"{role}_token_id"] = metadata.get(f"tokenizer.ggml.{role}_token_id")
    padding = metadata.get("tokenizer.ggml.padding_token_id")
    told["pad_token_id"] = padding if isinstance(padding, int) and padding < vocabulary else None
    return told | rope.from_gguf(metadata, kind.architecture, factors, told, rotary)


_ABSENT = {
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "rope.dimension_count",
    "vocab_size",
}
"""What llama.cpp reckons where a file does not say it."""


def _number(kind: Family, metadata: Mapping[str, Any], entry: Entry) -> int | float | None:
    key = f"{kind.architecture}.{entry.key}"
    value = metadata.get(key, entry.default)
    if value is None and (entry.optional or entry.key in _ABSENT):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if entry.kind == "uint32" else float(value)
    raise ValueError(f"it does not say {key}" if value is None else f"its {key} is not one number")
