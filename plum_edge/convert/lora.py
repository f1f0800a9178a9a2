"""An adapter as all forms of it have it: a pair of matrices for each module, and one alpha.

What a form says in its own way (a scale for each module, rank-stabilised scaling, patterns) is brought to that here.
Knows nothing of files' formats, families or runtimes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plum_edge.convert import tensors
from plum_edge.errors import ForeignAdapter

EMBEDDING, OUTPUT = "model.embed_tokens", "lm_head"
OUTER = (EMBEDDING, OUTPUT)
"""Modules outside the layers that an adapter may change, where the output is not the embedding."""

Pairs = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Lora:
    """``pairs``: {module: (A (r, in), B (out, r))}, f32, under Hugging Face's names; ΔW = alpha / r · B A.

    r is each pair's own. The embedding (vocabulary, hidden) changes by the transpose of that: A is (r, vocabulary).
    """

    pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]
    alpha: float
    base: str = ""
    """The base as the source names it: an id of a hub, or a folder. Empty where it says nothing."""

    @property
    def rank(self) -> int:
        """The rank that most pairs have."""
        return int(Counter(a.shape[0] for a, _ in self.pairs.values()).most_common(1)[0][0])

    @property
    def ranks(self) -> set[int]:
        """Every rank that occurs."""
        return {a.shape[0] for a, _ in self.pairs.values()}

    def delta(self, module: str) -> np.ndarray:
        """Return ΔW of a module, (out, in) f64."""
        a, b = self.pairs[module]
        return np.asarray(self.alpha / a.shape[0] * (b.astype(np.float64) @ a.astype(np.float64)))

    def state(self) -> dict[str, np.ndarray]:
        """Return the tensors under PEFT's names."""
        named: dict[str, np.ndarray] = {}
        for module, (a, b) in self.pairs.items():
            named |= {f"base_model.model.{module}.lora_A.weight": a, f"base_model.model.{module}.lora_B.weight": b}
        return named

    def grid(self) -> tuple[list[int], list[str]] | None:
        """Return (layers, modules within a layer) where the adapter is every one of these in every one of those."""
        parts = [_within(module) for module in self.pairs]
        layers, names = sorted({n for n, _ in parts}), sorted({name for _, name in parts})
        whole = -1 not in layers and len(parts) == len(layers) * len(names)
        return (layers, names) if whole else None


def _within(module: str) -> tuple[int, str]:
    """Return (3, ``self_attn.q_proj``) for ``model.layers.3.self_attn.q_proj``; (-1, the module) outside the layers."""
    parts = module.split(".")
    return (int(parts[2]), ".".join(parts[3:])) if parts[:2] == ["model", "layers"] else (-1, module)


def relative_error(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest error of a ΔW, relative to the largest entry of the wanted one (absolute for zeros)."""
    error, largest = float(np.abs(found - wanted).max()), float(np.abs(wanted).max())
    return error / largest if largest > 0 else error


def unified(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]], scales: Mapping[str, float], base: str) -> Lora:
    """Return pairs with a scale each (ΔW = scale · B A) as pairs with one alpha.

    Alpha is what most of them have; what the others lack or have more of goes into their B.
    """
    alphas = {module: scales[module] * a.shape[0] for module, (a, _) in pairs.items()}
    alpha = Counter(alphas.values()).most_common(1)[0][0]
    folded = {
        module: (a, b if alphas[module] == alpha else (b * np.float64(alphas[module] / alpha)).astype(np.float32))
        for module, (a, b) in pairs.items()
    }
    return Lora(dict(sorted(folded.items())), alpha, base)


def matched(sides: Mapping[str, Mapping[str, np.ndarray]], problems: list[str], path: Path) -> Pairs:
    """Return {module: (A, B)} from {module: {"A": (r, in), "B": (out, r)}}; problems found before are told with ours.

    Raises:
        ForeignAdapter: one message with everything that is wrong, each tensor or module by its name.
    """
    pairs: Pairs = {}
    for module, found in sorted(sides.items()):
        if len(found) < 2:
            problems.append(f"{module} has no {'B' if 'A' in found else 'A'}")
        elif found["A"].ndim != 2 or found["B"].ndim != 2 or found["A"].shape[0] != found["B"].shape[1]:
            problems.append(f"{module} has A of {found['A'].shape} and B of {found['B'].shape}, which do not multiply")
        elif not (np.isfinite(found["A"]).all() and np.isfinite(found["B"]).all()):
            problems.append(f"{module} has values that are not finite")
        else:
            pairs[module] = (found["A"], found["B"])
    if not sides and not problems:
        problems.append("it holds no tensors")
    if problems:
        raise ForeignAdapter(path, tensors.by_name(problems))
    return pairs


def tensors_of(path: Path) -> dict[str, np.ndarray]:
    """Return all tensors of a safetensors file, f32 whatever they are stored in, in order of their names.

    Raises:
        ForeignAdapter: no such file, damaged, or of types that are not read here, each tensor by its name.
    """
    try:
        stored = tensors.entries(path)
    except FileNotFoundError as error:
        raise ForeignAdapter(path, "there is no such file") from error
    except ValueError as error:
        raise ForeignAdapter(path, str(error)) from error
    strange = [f"{n} ({t.dtype})" for n, t in sorted(stored.items()) if not t.readable or 0 in t.shape]
    if strange:
        raise ForeignAdapter(path, f"it has tensors that are not read here: {', '.join(strange)}")
    return {name: stored[name].read() for name in sorted(stored)}
