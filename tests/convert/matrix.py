"""The matrix: a base in three runtimes, and adapters of three forms on it, held against each other by logits.

For the tests and for ``make matrix`` alike. PEFT's column needs PyTorch, transformers and PEFT.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plum_edge.backends import own_loaders
from plum_edge.convert import forms
from plum_edge.convert.forms import Skeleton, Target
from plum_edge.convert.lora import Lora
from plum_edge.export.translate import Runtimes
from tests import zoo

NAMES = {"gguf": "llama.cpp", "mlx": "mlx-lm", "peft": "PEFT"}
Difference = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Figures:
    """Largest differences of a logit, by pairs of forms. ``effect``: how far the adapter moves them in llama.cpp."""

    base: Difference
    adapter: Difference
    effect: float
    half: float
    """llama.cpp with the adapter in f16, against it in f32."""
    bound: float
    """What llama.cpp is held to; mlx-lm and PEFT are held to 1e-4 between them."""


def installed() -> list[Target]:
    """Return the forms whose runtimes are installed."""
    return ["gguf", "mlx", "peft"] if own_loaders.has_peft() else ["gguf", "mlx"]


def measure(base: Path, scratch: Path, lora: Lora | None = None) -> Figures:
    """Write an adapter in every form, run base and adapter in every runtime, and compare."""
    bones = forms.skeleton(base)
    given = lora or Lora(zoo.lora(base), 8.0)
    runtimes = Runtimes(bones, scratch)
    for form in installed():
        forms.write(given, form, scratch / f"adapter.{form}", bones)
    forms.write(given, "gguf", scratch / "half.gguf", bones, "f16")
    bare = {form: np.concatenate(runtimes.logits(form, None)) for form in installed()}
    adapted = {form: np.concatenate(runtimes.logits(form, scratch / f"adapter.{form}")) for form in installed()}
    half = np.concatenate(runtimes.logits("gguf", scratch / "half.gguf"))
    return Figures(
        base=_differences(bare),
        adapter=_differences(adapted),
        effect=float(np.abs(adapted["gguf"] - bare["gguf"]).max()),
        half=float(np.abs(half - adapted["gguf"]).max()),
        bound=bones.family.logit_bound,
    )


def _differences(logits: dict[Target, np.ndarray]) -> Difference:
    return {(a, b): float(np.abs(logits[a] - logits[b]).max()) for a, b in itertools.combinations(logits, 2)}


def every_way(lora: Lora, bones: Skeleton, scratch: Path) -> dict[tuple[Target, Target], Lora]:
    """Return the adapter after each conversion from one form to another."""
    kinds: list[Target] = ["gguf", "mlx", "peft"]
    for form in kinds:
        forms.write(lora, form, scratch / f"from.{form}", bones)
    ways = {}
    for source, to in itertools.permutations(kinds, 2):
        out = scratch / f"{source}-to.{to}"
        forms.write(forms.read(scratch / f"from.{source}", bones), to, out, bones)
        ways[source, to] = forms.read(out, bones)
    return ways
