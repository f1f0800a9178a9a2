"""Is this GGUF file an adapter for that base? Asked before a runtime sees it: a wrong one can crash it, or do nothing.

Knows nothing of runtimes.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from plum_edge.errors import ForeignAdapter
from plum_edge.gguf_header import Header, NotGguf, read

_SHOWN = 5
"""So many problems are spelled out; the others are counted."""


def check_adapter(path: Path, base: Header) -> None:
    """Hold an adapter against a base: kind, architecture, alpha, and each matrix by name, shape and values.

    Raises:
        ForeignAdapter: one sentence with what does not fit.
    """
    try:
        adapter = read(path)
        problems = _description(adapter, base) or _matrices(adapter, base)
    except NotGguf as error:
        raise ForeignAdapter(path, str(error)) from error
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise ForeignAdapter(path, "; ".join(problems[:_SHOWN]) + more)


def _description(adapter: Header, base: Header) -> list[str]:
    said = adapter.metadata
    if said.get("general.type") != "adapter" or said.get("adapter.type") != "lora":
        return ["it is a GGUF file, but no LoRA adapter"]
    ours, theirs = base.metadata.get("general.architecture"), said.get("general.architecture")
    if ours != theirs:
        return [f"it is for the architecture {theirs}, and the base is {ours}"]
    alpha = said.get("adapter.lora.alpha")
    if not isinstance(alpha, float) or not math.isfinite(alpha):
        return ["its alpha is missing or not a number"]
    return [] if adapter.tensors else ["it holds no tensors"]


def _matrices(adapter: Header, base: Header) -> list[str]:
    problems = []
    for name in sorted({tensor.removesuffix(".lora_a").removesuffix(".lora_b") for tensor in adapter.tensors}):
        a, b = (adapter.tensors.get(f"{name}.lora_{side}") for side in "ab")
        target = base.tensors.get(name)
        if a is None or b is None:
            problems.append(f"{name} has not both of lora_a and lora_b")
        elif target is None or len(target.shape) != 2:
            problems.append(f"the base has no matrix {name}")
        elif len(a.shape) != 2 or len(b.shape) != 2 or a.shape[0] != b.shape[1]:
            problems.append(f"{name} has A of {a.shape} and B of {b.shape}, which do not multiply")
        elif (b.shape[0], a.shape[1]) != target.shape:
            problems.append(
                f"{name} is made for a matrix of {(b.shape[0], a.shape[1])}, and the base's is {target.shape}"
            )
        elif not all(np.isfinite(adapter.array(f"{name}.lora_{side}")).all() for side in "ab"):
            problems.append(f"{name} has values that are not finite")
    return problems
