"""What a dense decoder computes, read off its config: the families that our own trainer knows.

Plain numbers, no framework. A base is known only if its family is, its rotary embeddings are, and every one of its
tensors is one that the decoder uses: what it would leave out would be wrong in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from plum_edge.convert import rope
from plum_edge.convert.weights import Weights
from plum_edge.errors import NoModel

_FULL, _SLIDING = "full_attention", "sliding_attention"
_WINDOWED_ABOVE = ("qwen2", "qwen3")
"""Families whose layers from ``max_window_layers`` upwards see a window, where ``use_sliding_window`` says so."""
FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3")
"""``model_type`` of config.json."""
_ACTIVATIONS = {"silu": "silu", "gelu_pytorch_tanh": "gelu_tanh"}
_THETA = 10000.0
_IGNORED = ("rotary_emb.inv_freq",)
"""Buffers that old files hold as tensors, and that are computed from the config."""


class Unknown(Exception):
    """Says why our own decoder does not compute this base."""


@dataclass(frozen=True, slots=True)
class Rotary:
    """Rotary embeddings of a layer. ``short`` and ``long`` are frequencies, each (rotary dimensions / 2,) f64.

    ``long`` stands for all tokens of a text that is longer than ``limit``; ``scale`` multiplies sine and cosine.
    """

    short: np.ndarray
    long: np.ndarray
    limit: int
    scale: float

    def frequencies(self, length: int) -> np.ndarray:
        """Return the frequencies for a text of so many tokens."""
        return self.long if length > self.limit else self.short


@dataclass(frozen=True, slots=True)
class Dense:
    """A decoder: RMS norm, attention with rotary embeddings, gated MLP; and what families do beside.

    ``qkv`` and ``gate_up`` name the linear layers that are computed as one product, by their names within a layer.
    """

    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocabulary: int
    eps: float
    activation: str
    qkv: tuple[str, ...]
    gate_up: tuple[str, ...]
    tied: bool
    windows: tuple[int | None, ...]
    """For each layer how many tokens back it sees, itself among them; None: all."""
    rotary: tuple[Rotary, ...]
    query_scale: float
    attention_cap: float | None
    final_cap: float | None
    embedding_scale: float

    @property
    def gemma(self) -> bool:
        """Whether norms multiply by 1 + w, and stand after attention and MLP as well as before."""
        return self.family.startswith("gemma")

    @property
    def normed_heads(self) -> bool:
        """Whether queries and keys are normed, each head by itself."""
        return self.family in ("qwen3", "gemma3_text")

    @property
    def norms(self) -> tuple[str, ...]:
        """Return the names of a layer's norms over the stream."""
        plain = ("input_layernorm", "post_attention_layernorm")
        return (*plain, "pre_feedforward_layernorm", "post_feedforward_layernorm") if self.gemma else plain

    @property
    def linears(self) -> dict[str, tuple[int, int]]:
        """Return (out, in) of a layer's linear layers, by their names within the layer."""
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        wide = {1: (q + 2 * kv,), 3: (q, kv, kv)}[len(self.qkv)]
        gated = {1: (2 * self.ffn,), 2: (self.ffn, self.ffn)}[len(self.gate_up)]
        return {
            **{name: (out, self.hidden) for name, out in zip(self.qkv, wide, strict=True)},
            "self_attn.o_proj": (self.hidden, q),
            **{name: (out, self.hidden) for name, out in zip(self.gate_up, gated, strict=True)},
            "mlp.down_proj": (self.hidden, self.ffn),
        }


def describe(weights: Weights) -> Dense:
    """Return what the decoder of these weights computes.

    Raises:
        Unknown: our own decoder does not know it; says what.
    """
    config = weights.config
    try:
        described = of_config(config)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Unknown(f"config.json has no usable {error}") from error
    wanted = tensors(described, weights.shapes)
    found = {name: shape for name, shape in weights.shapes.items() if not name.endswith(_IGNORED)}
    if described.tied:
        found.pop("lm_head.weight", None)
    strange = sorted(set(found.items()) ^ set(wanted.items()))
    if strange:
        raise Unknown(f"the tensor {strange[0][0]} of shape {strange[0][1]} is missing or not known")
    return described


def known(config: Mapping[str, Any]) -> bool:
    """Return whether our own decoder computes the model of a config.json, as far as that says."""
    try:
        of_config(config)
    except (Unknown, NoModel, KeyError, TypeError, ValueError, ZeroDivisionError):
        return False
    return True


def of_config(config: Mapping[str, Any]) -> Dense:
    """Return what the decoder of a config.json computes.

    Raises:
        Unknown: our own decoder does not know it; says what.
    """
    family = str(config["model_type"])
    if family not in FAMILIES:
        raise Unknown(f"the family {family} is not known")
    if "quantization" in config or "quantization_config" in config:
        raise Unknown("its weights are quantised")
    gemma, hidden, heads = family.startswith("gemma"), int(config["hidden_size"]), int(config["num_attention_heads"])
    activation = str(config.get("hidden_activation") or config.get("hidden_act") or "gelu_pytorch_tanh")
    if activation not in _ACTIVATIONS:
        raise Unknown(f"the activation {activation} is not known")
    if config.get("use_bidirectional_attention"):
        raise Unknown("it looks ahead")
    head_dim = int(config.get("head_dim") or (256 if gemma else hidden // heads))
    layers = int(config["num_hidden_layers"])
    windows = _windows(family, config, layers)
    scalar = float(config.get("query_pre_attn_scalar", 256)) if gemma else head_dim
    fused = family == "phi3"
    plain = tuple(f"self_attn.{side}_proj" for side in "qkv")
    caps = (50.0, 30.0) if family == "gemma2" else (None, None)
    return Dense(
        family=family,
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_dim=head_dim,
        ffn=int(config["intermediate_size"]),
        vocabulary=int(config["vocab_size"]),
        eps=float(config.get("rms_norm_eps", 1e-6)),
        activation=_ACTIVATIONS[activation],
        qkv=("self_attn.qkv_proj",) if fused else plain,
        gate_up=("mlp.gate_up_proj",) if fused else ("mlp.gate_proj", "mlp.up_proj"),
        tied=bool(config.get("tie_word_embeddings", gemma)),
        windows=windows,
        rotary=_rotary(family, config, windows, head_dim),
        query_scale=scalar**-0.5,
        attention_cap=_number(config.get("attn_logit_softcapping", caps[0])),
        final_cap=_number(config.get("final_logit_softcapping", caps[1])),
        embedding_scale=hidden**0.5 if gemma else 1.0,
    )


def _number(value: Any) -> float | None:
    return float(value) if value else None


def _windows(family: str, config: Mapping[str, Any], layers: int) -> tuple[int | None, ...]:
    """Return each layer's window, by the layers' types where config.json has them, else by the family's rule."""
    window = config.get("sliding_window")
    if family in _WINDOWED_ABOVE and not config.get("use_sliding_window", False):
        window = None
    kinds = config.get("layer_types")
    if kinds is None:
        above = int(config.get("max_window_layers", 28))
        every = int(config.get("sliding_window_pattern") or config.get("_sliding_window_pattern") or 6)
        slides = {
            "qwen2": [n >= above for n in range(layers)],
            "qwen3": [n >= above for n in range(layers)],
            "gemma2": [n % 2 == 0 for n in range(layers)],
            "gemma3_text": [(n + 1) % every != 0 for n in range(layers)],
            "mistral": [True] * layers,
            "phi3": [True] * layers,
        }.get(family, [False] * layers)
        kinds = [_SLIDING if one else _FULL for one in slides]
    if len(kinds) != layers or not set(kinds) <= {_FULL, _SLIDING}:
        raise Unknown("its layer_types are not known")
    return tuple(int(window) if window and kind == _SLIDING else None for kind in kinds)


def _rotary(
    family: str, config: Mapping[str, Any], windows: tuple[int | None, ...], head_dim: int
) -> tuple[Rotary, ...]:
    """Return the rotary embeddings of each layer: Gemma 3's windowed layers have a base of their own."""
    everywhere = _scaled(config, head_dim)
    if family != "gemma3_text":
        return (everywhere,) * len(windows)
    base = config.get("rope_local_base_freq") or rope.look_up(config, "rope_parameters.sliding_attention.rope_theta")
    plain = _plain(float(base or _THETA), head_dim)
    local = Rotary(plain, plain, 0, 1.0)
    return tuple(everywhere if window is None else local for window in windows)


def _scaled(config: Mapping[str, Any], head_dim: int) -> Rotary:
    """Return the rotary embeddings that `convert.rope` reads of config.json."""
    said, kind = rope.parameters(config), rope.kind(config)
    if kind not in rope.KINDS:
        raise Unknown(f"rotary embeddings of the kind {kind} are not known")
    default = 1000000.0 if config["model_type"] == "gemma3_text" else _THETA
    dimensions = int(head_dim * float(said.get("partial_rotary_factor") or 1.0))
    plain = _plain(float(said.get("rope_theta") or default), dimensions)
    factors, entries = rope.tensors(config, dimensions), rope.metadata(config)
    if kind == "linear":
        plain = plain / float(said["factor"])
    short = plain / factors.get("rope_factors_short.weight", factors.get("rope_freqs.weight", 1.0))
    long = plain / factors["rope_factors_long.weight"] if kind == "longrope" else short
    limit = rope.short_context(config) or 0
    return Rotary(short, long, limit, float(entries.get("rope.scaling.attn_factor", 1.0)))


def _plain(base: float, dimensions: int) -> np.ndarray:
    found: np.ndarray = base ** -(np.arange(0, dimensions, 2, dtype=np.float64) / dimensions)
    return found


def tensors(dense: Dense, stored: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor that the decoder uses; a linear layer's bias where there is one."""
    found: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (dense.vocabulary, dense.hidden)}
    for n in range(dense.layers):
        layer = f"model.layers.{n}"
        for name, shape in dense.linears.items():
            found[f"{layer}.{name}.weight"] = shape
            if f"{layer}.{name}.bias" in stored:
                found[f"{layer}.{name}.bias"] = shape[:1]
        found |= {f"{layer}.{norm}.weight": (dense.hidden,) for norm in dense.norms}
        if dense.normed_heads:
            found |= {f"{layer}.self_attn.{side}_norm.weight": (dense.head_dim,) for side in "qk"}
    found["model.norm.weight"] = (dense.hidden,)
    if not dense.tied:
        found["lm_head.weight"] = (dense.vocabulary, dense.hidden)
    return found
