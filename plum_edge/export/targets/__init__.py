"""Whose layout an adapter leaves in. One file a target, with a `TARGET` in it, and a line here.

    base.py     what a target is asked for
    gguf.py     llama.cpp; peft.py, mlx.py: those trainers' folders; all three hold the adapter alone
    fused.py    the base with the adapter in its weights; ollama.py and lmstudio.py: as those want it

Knows nothing of the store, of manifests or of hashes (folder.py).
"""

from __future__ import annotations

import importlib

from plum_edge.export.targets.base import Order, Target

TARGETS = {
    "gguf": "the adapter for llama.cpp",
    "peft": "the adapter in PEFT's layout",
    "mlx": "the adapter in mlx-lm's",
    "ollama": "base and adapter in one, with a Modelfile",
    "lmstudio": "the same as one file",
}
"""Names, and what each gives, in the words of ``--help``."""

__all__ = ["TARGETS", "Order", "Target", "target"]


def target(name: str) -> Target:
    """Return one of `TARGETS`; its module is imported now."""
    found: Target = importlib.import_module(f"{__name__}.{name}").TARGET
    return found
