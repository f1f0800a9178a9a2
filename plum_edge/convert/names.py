"""Names of tensors: Hugging Face's and GGUF's, both ways, by gguf's own tensor-name map.

What the map does not say of a family (which norms and biases a layer has) is in conversions/*.toml. Knows nothing of
values or files.
"""

from __future__ import annotations

import re
from typing import Any

from plum_edge.convert.families import Family
from plum_edge.convert.lora import OUTER
from plum_edge.errors import IntegrityError


def name_map(kind: Family, layers: int) -> Any:
    import gguf

    numbers = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}
    if kind.architecture not in numbers:
        raise IntegrityError(f"conversions/{kind.name}.toml: gguf has no architecture {kind.architecture!r}.")
    return gguf.get_tensor_name_map(numbers[kind.architecture], layers)


def weight_name(module: str, kind: Family) -> str:
    """Return GGUF's name of a module's weight, e.g. ``blk.0.attn_q.weight``; empty where the family has none."""
    layers = 1 + max((int(n) for n in re.findall(r"\.layers\.(\d+)\.", module)), default=0)
    name = name_map(kind, layers).get_name(module)
    return f"{name}.weight" if name else ""


def module_names(kind: Family, layers: int) -> dict[str, str]:
    """Return Hugging Face's name of each module that an adapter may change, by GGUF's name of its weight."""
    names = name_map(kind, layers)
    modules = [f"model.layers.{n}.{target}" for n in range(layers) for target in kind.targets]
    return {f"{name}.weight": m for m in (*modules, *OUTER) if (name := names.get_name(m))}


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts block 2 before block 10."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name))
