"""Model families: what gguf's own tensor-name map does not say, read from conversions/*.toml.

A family is data. It picks from a closed list of named operations; a new operation is code, here. Knows nothing of files
of weights.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.errors import IntegrityError, NoModel
from plum_edge.paths import data_dir


def permute_qk(rows: np.ndarray, heads: int) -> np.ndarray:
    """Interleave the two rotary halves of each head: (heads · 2 · half, …) → (heads · half · 2, …).

    llama.cpp's `llama` architecture rotates neighbouring rows, Hugging Face's rotates row i with row i + half.
    Follows LlamaModel.permute of llama.cpp's convert_hf_to_gguf.py.
    """
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


ROW_OPERATIONS: Mapping[str, Callable[[np.ndarray, int], np.ndarray]] = {"permute_qk": permute_qk}
"""Reorder rows: of a weight, of a bias, and of an adapter's B alike. ``heads`` names the number of heads."""

DROP_OPERATIONS = ("tie", "ignore")
"""Leave a tensor out of the GGUF: ``tie`` where config.json ties it to the embedding, ``ignore`` always."""

_KINDS = ("uint32", "float32")


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


@dataclass(frozen=True, slots=True)
class Family:
    """What is particular to a family of models."""

    name: str
    architecture: str
    model_types: tuple[str, ...]
    vocabulary: str
    targets: tuple[str, ...]
    requires: Mapping[str, tuple[Any, ...]]
    metadata: tuple[Entry, ...]
    operations: tuple[Operation, ...]

    def to_gguf(self, name: str, rows: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
        """Return rows as GGUF stores them. ``name`` is GGUF's, e.g. ``blk.0.attn_q.weight``; rows stand on axis 0."""
        for operation in self.operations:
            if operation.use in ROW_OPERATIONS and operation.tensor == stem(name):
                count = {"heads": heads, "kv_heads": kv_heads}[operation.heads]
                rows = ROW_OPERATIONS[operation.use](rows, count)
        return rows

    def drops(self, name: str, config: Mapping[str, Any]) -> bool:
        """Return whether the tensor called ``name`` in GGUF is left out for a model with this config.json."""
        uses = {operation.use for operation in self.operations if operation.tensor == stem(name)}
        return "ignore" in uses or ("tie" in uses and bool(config.get("tie_word_embeddings", False)))

    def value(self, entry: Entry, config: Mapping[str, Any], sizes: Mapping[str, int]) -> int | float:
        """Return the value of a metadata entry.

        Raises:
            NoModel: config.json does not have it.
        """
        found = (look_up(config, source) for source in entry.sources)
        value = next((v for v in found if v is not None), sizes.get(entry.size, entry.default))
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise NoModel(self.name, f"config.json has no number under {' or '.join(entry.sources) or entry.size}")
        return int(value) if entry.kind == "uint32" else float(value)

    def check(self, config: Mapping[str, Any]) -> None:
        """Refuse a model that this conversion would get wrong.

        Raises:
            NoModel: names every value of config.json that is not provided for.
        """
        wrong = [
            f"{key} = {look_up(config, key)!r}"
            for key, allowed in self.requires.items()
            if look_up(config, key) is not None and look_up(config, key) not in allowed
        ]
        if wrong:
            raise NoModel(
                self.name, f"its config.json has {', '.join(wrong)}, which the conversion does not provide for"
            )


def stem(name: str) -> str:
    """Return the kind of tensor that a GGUF name stands for: ``blk.3.attn_q.weight.lora_b`` → ``attn_q``."""
    parts = name.split(".")
    return parts[2] if parts[0] == "blk" and len(parts) > 2 else parts[0]


def look_up(config: Mapping[str, Any], key: str) -> Any:
    """Return the value under a dotted key, or None."""
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def family(model_type: str) -> Family:
    """Return the family of ``model_type`` (of config.json).

    Raises:
        NoModel: no conversion is written for it.
    """
    known = _families(data_dir("conversions"))
    if model_type not in known:
        raise NoModel(model_type, f"no conversion is written for this model type (known: {', '.join(sorted(known))})")
    return known[model_type]


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
            vocabulary=raw.pop("vocabulary"),
            targets=tuple(raw.pop("targets")),
            requires={key: tuple(values) for key, values in raw.pop("requires", {}).items()},
            metadata=tuple(_entry(key, dict(spec)) for key, spec in raw.pop("metadata").items()),
            operations=tuple(Operation(**spec) for spec in raw.pop("operations", [])),
        )
    except KeyError as error:
        raise IntegrityError(f"{path}: {error} is missing.") from error
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise IntegrityError(f"{path}: {error}.") from error
    unknown = [op.use for op in loaded.operations if op.use not in ROW_OPERATIONS and op.use not in DROP_OPERATIONS]
    unknown += [
        op.use for op in loaded.operations if op.use in ROW_OPERATIONS and op.heads not in ("heads", "kv_heads")
    ]
    unknown += [entry.kind for entry in loaded.metadata if entry.kind not in _KINDS] + list(raw)
    if unknown:
        raise IntegrityError(f"{path}: {', '.join(unknown)} is not known.")
    return loaded


def _entry(key: str, spec: dict[str, Any]) -> Entry:
    return Entry(key, kind=spec.pop("type"), sources=tuple(spec.pop("from", ())), **spec)
