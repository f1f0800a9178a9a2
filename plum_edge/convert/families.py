"""Model families: what gguf's own tensor-name map does not say, read from conversions/*.toml.

A family is data. It picks from a closed list of named operations; a new operation is code, here (scaled rotary
embeddings: rope.py). Knows nothing of files of weights.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.convert import rope
from plum_edge.convert.rope import look_up
from plum_edge.errors import IntegrityError, NoModel
from plum_edge.paths import data_dir


def permute_qk(rows: np.ndarray, heads: int) -> np.ndarray:
    """Interleave the two rotary halves of each head: (heads · 2 · half, …) → (heads · half · 2, …).

    llama.cpp's `llama` architecture rotates neighbouring rows, Hugging Face's rotates row i with row i + half.
    Follows LlamaModel.permute of llama.cpp's convert_hf_to_gguf.py.
    """
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def unpermute_qk(rows: np.ndarray, heads: int) -> np.ndarray:
    """Undo `permute_qk`."""
    return rows.reshape(heads, -1, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


_Rows = Callable[[np.ndarray, int], np.ndarray]
_Values = Callable[[np.ndarray], np.ndarray]

ROW_OPERATIONS: Mapping[str, tuple[_Rows, _Rows]] = {"permute_qk": (permute_qk, unpermute_qk)}
"""Reorder rows, there and back: of a weight, of a bias, and of an adapter's B alike. ``heads`` names the number."""

VALUE_OPERATIONS: Mapping[str, tuple[_Values, _Values]] = {"norm_plus_one": (lambda w: w + 1, lambda w: w - 1)}
"""Change the values of a base's tensor, there and back. ``norm_plus_one``: Gemma's norms multiply by 1 + w, llama.cpp's
by w."""

DROP_OPERATIONS = ("tie", "ignore")
"""Leave a tensor out of the GGUF: ``tie`` where the output is the embedding, ``ignore`` always."""

_KINDS = ("uint32", "float32")
_VOCABULARIES = ("sentencepiece", "bpe")
_SIZES = ("head_dim",)
"""What ``requires`` may name instead of a value."""
_FULL, _SLIDING = "full_attention", "sliding_attention"


@dataclass(frozen=True, slots=True)
class Operation:
    """One named operation on the tensors called ``tensor`` in GGUF (without block and suffix, e.g. ``attn_q``)."""

    use: str
    tensor: str
    heads: str = ""
    """``heads`` or ``kv_heads``, for operations on rows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One metadata entry: where its value comes from (conversions/README.md)."""

    key: str
    kind: str
    sources: tuple[str, ...] = ()
    size: str = ""
    default: int | float | None = None
    optional: bool = False
    """Left out where config.json has no such number."""


@dataclass(frozen=True, slots=True)
class Family:
    """What is particular to a family of models."""

    name: str
    architecture: str
    model_types: tuple[str, ...]
    vocabularies: tuple[str, ...]
    targets: tuple[str, ...]
    requires: Mapping[str, tuple[Any, ...]]
    metadata: tuple[Entry, ...]
    operations: tuple[Operation, ...]
    ropes: tuple[str, ...] = ("default",)
    """Kinds of scaled rotary embeddings (rope.py) that come out right."""
    tied: bool = False
    """Whether the output is the embedding where config.json does not say."""
    logit_bound: float = 1e-4
    """Largest difference of a logit between llama.cpp and the trainer, both in f32."""
    full_attention_every: int = 1
    """llama.cpp lets the other layers of this architecture see a sliding window; 1: none does."""
    norms: tuple[str, ...] = ()
    """Norms of a layer, as they are called within it."""
    biases: tuple[str, ...] = ()
    """Linear layers that have a bias."""
    excludes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Values of config.json that llama.cpp computes otherwise for."""

    @property
    def permuted(self) -> bool:
        """Whether GGUF has rows in another order, so that the number of heads must be known."""
        return any(operation.use in ROW_OPERATIONS for operation in self.operations)

    def to_gguf(self, name: str, rows: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
        """Return rows as GGUF stores them. ``name`` is GGUF's, e.g. ``blk.0.attn_q.weight``; rows stand on axis 0."""
        return self._applied(0, name, rows, heads, kv_heads)

    def from_gguf(self, name: str, rows: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
        """Return rows as Hugging Face stores them: what `to_gguf` does, undone."""
        return self._applied(1, name, rows, heads, kv_heads)

    def _applied(self, way: int, name: str, rows: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
        counts = {"heads": heads, "kv_heads": kv_heads}
        for operation in self.operations if way == 0 else reversed(self.operations):
            if operation.tensor != stem(name):
                continue
            if operation.use in ROW_OPERATIONS:
                rows = ROW_OPERATIONS[operation.use][way](rows, counts[operation.heads])
            elif operation.use in VALUE_OPERATIONS:
                rows = VALUE_OPERATIONS[operation.use][way](rows)
        return rows

    def tensors(self, layers: int, *, tied: bool) -> list[str]:
        """Return the names of all tensors of a model of so many layers, as Hugging Face has them."""
        names = ["model.embed_tokens.weight", "model.norm.weight"] + ([] if tied else ["lm_head.weight"])
        for n in range(layers):
            names += [f"model.layers.{n}.{module}.weight" for module in (*self.targets, *self.norms)]
            names += [f"model.layers.{n}.{module}.bias" for module in self.biases]
        return names

    def is_tied(self, config: Mapping[str, Any]) -> bool:
        """Return whether the output is the embedding."""
        said = config.get("tie_word_embeddings")
        return self.tied if said is None else bool(said)

    def drops(self, name: str, config: Mapping[str, Any]) -> bool:
        """Return whether the tensor called ``name`` in GGUF is left out for a model with this config.json."""
        uses = {operation.use for operation in self.operations if operation.tensor == stem(name)}
        return "ignore" in uses or ("tie" in uses and self.is_tied(config))

    def sizes(self, config: Mapping[str, Any]) -> dict[str, int]:
        """Return numbers that config.json says in other words: heads, kv_heads, head_dim, rotary_dim, context.

        The context is as many tokens as llama.cpp computes the same for: no more than a sliding window that it does
        not know, or than the length up to which scaled rotary embeddings take their short factors.

        Raises:
            NoModel: config.json lacks a number.
        """
        try:
            heads = int(config["num_attention_heads"])
            head_dim = int(config.get("head_dim") or config["hidden_size"] // heads)
            context = int(config["max_position_embeddings"])
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise NoModel(self.name, f"config.json has no usable {error}") from error
        window = config.get("sliding_window") if config.get("use_sliding_window", True) else None
        limits = [context, rope.short_context(config), window if self.full_attention_every == 1 else None]
        return {
            "heads": heads,
            "kv_heads": int(config.get("num_key_value_heads") or heads),
            "head_dim": head_dim,
            "rotary_dim": int(head_dim * float(rope.parameters(config).get("partial_rotary_factor") or 1.0)),
            "context": min(int(limit) for limit in limits if limit),
        }

    def value(self, entry: Entry, config: Mapping[str, Any], sizes: Mapping[str, int]) -> int | float | None:
        """Return the value of a metadata entry; None where it is optional and not there.

        Raises:
            NoModel: config.json does not have it.
        """
        found = (look_up(config, source) for source in entry.sources)
        value = next((v for v in found if v is not None), sizes.get(entry.size, entry.default))
        if value is None and entry.optional:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise NoModel(self.name, f"config.json has no number under {' or '.join(entry.sources) or entry.size}")
        return int(value) if entry.kind == "uint32" else float(value)

    def check(self, config: Mapping[str, Any]) -> None:
        """Refuse a model that this conversion would get wrong.

        Raises:
            NoModel: names every value of config.json that is not provided for.
        """
        wrong = [
            f"{key} = {found!r}"
            for key, allowed in self.requires.items()
            if (found := look_up(config, key)) is not None
            and found not in [self.sizes(config)[value] if value in _SIZES else value for value in allowed]
        ]
        wrong += [f"{key} = {config.get(key)!r}" for key, values in self.excludes.items() if config.get(key) in values]
        if (kind := rope.kind(config)) not in self.ropes:
            wrong.append(f"rope_scaling of the type {kind!r}")
        if "quantization" in config or "quantization_config" in config:
            wrong.append("quantised weights")
        wrong += self._strange_layers(config)
        if wrong:
            raise NoModel(
                self.name, f"its config.json has {', '.join(wrong)}, which the conversion does not provide for"
            )

    def _strange_layers(self, config: Mapping[str, Any]) -> list[str]:
        every, said = self.full_attention_every, config.get("layer_types")
        if isinstance(said, list):
            wanted = [_SLIDING if (n + 1) % every else _FULL for n in range(len(said))]
            return [] if said == wanted else ["layer_types of another pattern"]
        pattern = config.get("sliding_window_pattern") or config.get("_sliding_window_pattern")
        return [] if pattern in (None, every) else [f"sliding_window_pattern = {pattern!r}"]


def stem(name: str) -> str:
    """Return the kind of tensor that a GGUF name stands for: ``blk.3.attn_q.weight.lora_b`` → ``attn_q``."""
    parts = name.split(".")
    return parts[2] if parts[0] == "blk" and len(parts) > 2 else parts[0]


def of_architecture(architecture: str) -> tuple[Family, ...]:
    """Return the families whose GGUF is of an architecture; they name the same tensors, and in the same order of rows.

    Raises:
        NoModel: no conversion is written for it.
    """
    known = {one.name: one for one in _families(data_dir("conversions")).values()}
    found = tuple(known[name] for name in sorted(known) if known[name].architecture == architecture)
    if not found:
        names = ", ".join(sorted({one.architecture for one in known.values()}))
        raise NoModel(architecture, f"no conversion is written for this architecture (known: {names})")
    return found


def family(model_type: str) -> Family:
    """Return the family of ``model_type`` (of config.json).

    Raises:
        NoModel: no conversion is written for it.
    """
    known = _families(data_dir("conversions"))
    if model_type not in known:
        raise NoModel(model_type, f"no conversion is written for this model type (known: {', '.join(sorted(known))})")
    return known[model_type]


def model_types() -> frozenset[str]:
    """Return the model types for which a conversion is written."""
    return frozenset(_families(data_dir("conversions")))


@functools.cache
def _families(folder: Path) -> dict[str, Family]:
    families = [load(path) for path in sorted(folder.glob("*.toml"))]
    return {model_type: family for family in families for model_type in family.model_types}


def load(path: Path) -> Family:
    """Return the family that a TOML file describes.

    Raises:
        IntegrityError: an unknown operation, key or type; or one that is missing.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        loaded = Family(
            name=path.stem,
            architecture=raw.pop("architecture"),
            model_types=tuple(raw.pop("model_types")),
            vocabularies=tuple(raw.pop("vocabularies")),
            targets=tuple(raw.pop("targets")),
            requires={key: tuple(values) for key, values in raw.pop("requires", {}).items()},
            metadata=tuple(_entry(key, dict(spec)) for key, spec in raw.pop("metadata").items()),
            operations=tuple(op for spec in raw.pop("operations", []) for op in _operations(dict(spec))),
            ropes=tuple(raw.pop("ropes", ("default",))),
            tied=raw.pop("tied", False),
            logit_bound=raw.pop("logit_bound", 1e-4),
            full_attention_every=raw.pop("full_attention_every", 1),
            norms=tuple(raw.pop("norms")),
            biases=tuple(raw.pop("biases", ())),
            excludes={key: tuple(values) for key, values in raw.pop("excludes", {}).items()},
        )
    except KeyError as error:
        raise IntegrityError(f"{path}: {error} is missing.") from error
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise IntegrityError(f"{path}: {error}.") from error
    uses = {*ROW_OPERATIONS, *VALUE_OPERATIONS, *DROP_OPERATIONS}
    unknown = [op.use for op in loaded.operations if op.use not in uses]
    unknown += [
        op.use for op in loaded.operations if op.use in ROW_OPERATIONS and op.heads not in ("heads", "kv_heads")
    ]
    unknown += [entry.kind for entry in loaded.metadata if entry.kind not in _KINDS]
    unknown += [name for name in loaded.vocabularies if name not in _VOCABULARIES]
    unknown += [name for name in loaded.ropes if name not in rope.KINDS] + list(raw)
    if unknown:
        raise IntegrityError(f"{path}: {', '.join(unknown)} is not known.")
    return loaded


def _operations(spec: dict[str, Any]) -> list[Operation]:
    """Return one operation for each of its tensors."""
    names = spec.pop("tensors", None) or [spec.pop("tensor")]
    return [Operation(tensor=name, **spec) for name in names]


def _entry(key: str, spec: dict[str, Any]) -> Entry:
    return Entry(key, kind=spec.pop("type"), sources=tuple(spec.pop("from", ())), **spec)
