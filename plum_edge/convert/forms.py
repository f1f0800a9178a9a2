"""Every form of an adapter, read and written by name; and what of its base that takes.

Forms: ``gguf`` (llama.cpp's), ``peft`` and ``mlx`` (folders as those save them), ``neutral`` (our own file, read only).
Knows nothing of logits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from plum_edge.convert import gguf, mlx, peft, peft_folder, tensors, verify
from plum_edge.convert.families import Family, family, of_architecture
from plum_edge.convert.lora import EMBEDDING, OUTER, Lora, relative_error, unified
from plum_edge.convert.names import module_names
from plum_edge.convert.weights import open_weights
from plum_edge.errors import ConversionMismatch, ForeignAdapter, NoModel, UsageError
from plum_edge.paths import atomic_dir

Target = Literal["gguf", "peft", "mlx"]
Form = Literal["gguf", "peft", "mlx", "neutral"]
_NEUTRAL = "adapter.safetensors"
_BASE_WANTED = "Name the base model's folder, or its GGUF, with --base."


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What a conversion must know of a base. ``shapes``: (out, in) by module; empty where its weights are packed."""

    place: Path
    """The folder or the GGUF that holds its weights."""
    family: Family
    heads: int
    kv_heads: int
    layers: int
    context: int
    tied: bool
    shapes: dict[str, tuple[int, ...]]

    @property
    def packed(self) -> bool:
        """Whether its weights are quantised, so that no GGUF can be made of them."""
        return not self.shapes

    @property
    def outer(self) -> tuple[str, ...]:
        """Modules outside the layers that an adapter may change."""
        return () if self.tied else OUTER


def skeleton(place: Path) -> Skeleton:
    """Return what a base says: a folder in Hugging Face's or mlx-lm's layout, or a GGUF.

    Raises:
        NoModel: no model, or of a family for which no conversion is written.
    """
    weights = open_weights(place)
    config = weights.config
    if not config:
        raise NoModel(place.name, f"there is no config.json in {place}", "")
    kind = family(str(config.get("model_type")))
    sizes = kind.sizes(config)
    quantised = bool(config.get("quantization") or config.get("quantization_config"))
    shapes: dict[str, tuple[int, ...]] = {}
    if not quantised:
        kind.check(config)
        shapes = {name.removesuffix(".weight"): shape for name, shape in weights.shapes.items()}
    layers = int(config.get("num_hidden_layers") or 0)
    return Skeleton(
        place, kind, sizes["heads"], sizes["kv_heads"], layers, sizes["context"], kind.is_tied(config), shapes
    )


def sniff(path: Path) -> Form:
    """Return the form of an adapter: a file or a folder.

    Raises:
        UsageError: there is nothing.
        ForeignAdapter: there is nothing that is known.
    """
    if path.is_dir():
        if (path / peft_folder.CONFIG).is_file():
            return "peft" if "peft_type" in peft_folder.read_config(path) else "mlx"
        if (path / _NEUTRAL).is_file():
            return "neutral"
        raise ForeignAdapter(path, f"the folder has neither {peft_folder.CONFIG} nor {_NEUTRAL}")
    if not path.is_file():
        raise UsageError(
            f"There is no file or folder {path}.", "Name an adapter: a GGUF, or the folder it was saved in."
        )
    with path.open("rb") as file:
        return "gguf" if file.read(4) == b"GGUF" else "neutral"


def read(path: Path, base: Skeleton | None) -> Lora:
    """Return the adapter at a path; where the base is known, held against it.

    Raises:
        ForeignAdapter: damaged, no plain LoRA, or for another base; everything that is wrong by name in one message.
        UsageError: a GGUF whose rows cannot be put in order without the base.
    """
    form = sniff(path)
    lora = {"gguf": _from_gguf, "peft": _from_peft, "mlx": _from_mlx, "neutral": _from_neutral}[form](path, base)
    if base is not None:
        _fits(lora, base, path)
    return lora


def _from_peft(path: Path, _base: Skeleton | None) -> Lora:
    return peft_folder.read(path)


def _from_mlx(path: Path, _base: Skeleton | None) -> Lora:
    return mlx.read(path)


def _from_neutral(path: Path, _base: Skeleton | None) -> Lora:
    file = path / _NEUTRAL if path.is_dir() else path
    state, metadata = peft.load(file)
    return Lora(peft.paired(state, file), float(metadata["alpha"]))


def _from_gguf(path: Path, base: Skeleton | None) -> Lora:
    pairs, alpha, architecture = gguf.read_adapter(path)
    kind = of_architecture(architecture)[0] if base is None else base.family
    if kind.architecture != architecture:
        raise ForeignAdapter(path, f"it is for the architecture {architecture}, and the base is {kind.architecture}")
    if base is None and kind.permuted:
        raise UsageError(f"Rows of an adapter for {architecture} are ordered by the heads of its base.", _BASE_WANTED)
    heads, kv_heads = (base.heads, base.kv_heads) if base else (1, 1)
    layers = 1 + max((int(name.split(".")[1]) for name in pairs if name.startswith("blk.")), default=0)
    modules = module_names(kind, layers)
    if foreign := sorted(name for name in pairs if name not in modules):
        raise ForeignAdapter(path, f"{kind.name} models have no {', '.join(foreign)}")
    back = {
        modules[name]: (a, np.ascontiguousarray(verify.rows_back(b, name, kind, heads, kv_heads)))
        for name, (a, b) in pairs.items()
    }
    if alpha == 0.0:  # llama.cpp takes B·A as it is then
        return unified(back, dict.fromkeys(back, 1.0), "")
    return Lora(dict(sorted(back.items())), alpha)


def _fits(lora: Lora, base: Skeleton, path: Path) -> None:
    """Refuse modules that the base does not have, or that have other shapes there."""
    allowed = {f"model.layers.{n}.{target}" for n in range(base.layers) for target in base.family.targets}
    problems = []
    for module, (a, b) in lora.pairs.items():
        shape = (a.shape[1], b.shape[0]) if module == EMBEDDING else (b.shape[0], a.shape[1])
        if module in OUTER and base.tied:
            problems.append(f"{module} is one and the same with the other end of this base (tied), which no form keeps")
        elif module not in allowed and module not in base.outer:
            problems.append(f"{base.family.name} models of {base.layers} layers have no {module} to adapt")
        elif not base.packed and base.shapes.get(module) != shape:
            problems.append(f"{module} is made for a matrix of {shape}, and the base's is {base.shapes.get(module)}")
    if problems:
        raise ForeignAdapter(path, tensors.by_name(problems))


def write(lora: Lora, to: Target, out: Path, base: Skeleton | None, dtype: gguf.AdapterType = "f32") -> None:
    """Write an adapter: a file (gguf) or a folder (peft, mlx), whole or not at all.

    Raises:
        UsageError: a GGUF without the base, whose family and heads it takes.
        ForeignAdapter: modules that the family does not have, each named.
        NoSpace, StoreError: as the disk says.
    """
    if to != "gguf":
        form: Callable[..., None] = {"peft": peft_folder.write, "mlx": mlx.write}[to]
        with atomic_dir(out) as folder:
            form(folder, lora, layers=base.layers if base else 0)
        return
    if base is None:
        raise UsageError("A GGUF adapter is written for the family and the heads of its base.", _BASE_WANTED)
    sha256 = "" if base.packed else open_weights(base.place).sha256
    gguf.write_adapter(
        out, lora.state(), alpha=lora.alpha, family=base.family, heads=base.heads, kv_heads=base.kv_heads, dtype=dtype,
        outer=base.outer, base_sha256=sha256, on_gguf=base.place.is_file(),
    )  # fmt: skip


def weights_error(lora: Lora, path: Path, base: Skeleton | None) -> float:
    """Return the largest error of ΔW read back from a file, relative to the largest entry of that ΔW.

    Raises:
        ConversionMismatch: the file has other modules.
    """
    found = read(path, base)
    if found.pairs.keys() != lora.pairs.keys():
        raise ConversionMismatch(f"{len(lora.pairs)} matrices were read and {len(found.pairs)} are in {path.name}")
    worst = 0.0
    for module in lora.pairs:
        worst = max(worst, relative_error(found.delta(module), lora.delta(module)))
    return worst


def summary(lora: Lora) -> dict[str, Any]:
    """Return what an adapter is, for people and programs."""
    return {"modules": len(lora.pairs), "rank": max(lora.ranks), "alpha": lora.alpha}
