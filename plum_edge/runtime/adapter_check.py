"""Is this GGUF file an adapter for that base? Asked before a runtime sees it: a wrong one can crash it, or do nothing.

Knows nothing of runtimes.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from plum_edge.convert.gguf_header import BASE_GGUF_SHA256, BASE_SHA256, Header, NotGguf, read
from plum_edge.errors import ForeignAdapter
from plum_edge.paths import remembered_sha256

_EMBEDDING = "token_embd.weight"
_SHOWN = 5
"""So many problems are spelled out; the others are counted."""
_NOTHING = "Nothing was loaded."
_OTHER_BASE = "Set the base that it was made for in config.toml, or learn on this one: plum-edge consolidate --rebuild"


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
        raise ForeignAdapter(
            path, "; ".join(problems[:_SHOWN]) + more, _OTHER_BASE if _foreign(adapter, base) else _NOTHING
        )


def _foreign(adapter: Header, base: Header) -> bool:
    """Whether it is known for which weights the adapter is and of which the base is, and they are not the same."""
    made_for, made_of = _weights(adapter, base)
    return bool(made_for and made_of and made_for != made_of)


def _weights(adapter: Header, base: Header) -> tuple[str, str]:
    """Return which weights the adapter is for, and what the base is by the same measure; empty where it is not said.

    An adapter that was trained on one GGUF is for that very file, or for one that we made of its numbers.
    """
    made_of = str(base.metadata.get(BASE_SHA256, ""))
    if file := adapter.metadata.get(BASE_GGUF_SHA256):
        return str(file), made_of if made_of == file else remembered_sha256(base.path)
    return str(adapter.metadata.get(BASE_SHA256, "")), made_of


def _description(adapter: Header, base: Header) -> list[str]:
    said = adapter.metadata
    if said.get("general.type") != "adapter" or said.get("adapter.type") != "lora":
        return ["it is a GGUF file, but no LoRA adapter"]
    ours, theirs = base.metadata.get("general.architecture"), said.get("general.architecture")
    if ours != theirs:
        return [f"it is for the architecture {theirs}, and the base is {ours}"]
    if _foreign(adapter, base):
        made_for, made_of = _weights(adapter, base)
        return [f"it was made for another base of that architecture (weights {made_for[:12]}…, here {made_of[:12]}…)"]
    alpha = said.get("adapter.lora.alpha")
    if not isinstance(alpha, float) or not math.isfinite(alpha):
        return ["its alpha is missing or not a number"]
    return [] if adapter.tensors else ["it holds no tensors"]


def _matrices(adapter: Header, base: Header) -> list[str]:
    problems = []
    for name in sorted({tensor.removesuffix(".lora_a").removesuffix(".lora_b") for tensor in adapter.tensors}):
        a, b = (adapter.tensors.get(f"{name}.lora_{side}") for side in "ab")
        if a is None or b is None:
            problems.append(f"{name} has not both of lora_a and lora_b")
            continue
        misfit = (_embedding if name == _EMBEDDING else _matrix)(name, a.shape, b.shape, base)
        if misfit:
            problems.append(misfit)
        elif not all(np.isfinite(adapter.array(f"{name}.lora_{side}")).all() for side in "ab"):
            problems.append(f"{name} has values that are not finite")
    return problems


def _matrix(name: str, a: tuple[int, ...], b: tuple[int, ...], base: Header) -> str:
    target = base.tensors.get(name)
    if target is None or len(target.shape) != 2:
        return f"the base has no matrix {name}"
    if len(a) != 2 or len(b) != 2 or a[0] != b[1]:
        return f"{name} has A of {a} and B of {b}, which do not multiply"
    if (b[0], a[1]) != target.shape:
        return f"{name} is made for a matrix of {(b[0], a[1])}, and the base's is {target.shape}"
    return ""


def _embedding(name: str, a: tuple[int, ...], b: tuple[int, ...], base: Header) -> str:
    """A of the embedding is (vocabulary, r). Where the output is the embedding, llama.cpp would crash on it."""
    if "output.weight" not in base.tensors:
        return f"{name} is the base's output, too, and cannot be adapted"
    if len(a) != 2 or len(b) != 2 or a[1] != b[1] or (a[0], b[0]) != base.tensors[name].shape:
        return f"{name} has A of {a} and B of {b}, and the base's is {base.tensors[name].shape}"
    return ""
