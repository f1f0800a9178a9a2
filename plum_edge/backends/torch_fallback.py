"""The way to transformers and PEFT for what our own decoder does not know: other families, a card, a base of few bits.

Knows nothing of models; says what is missing where they are not installed.
"""

from __future__ import annotations

import importlib.util

import torch

from plum_edge.backends import memory
from plum_edge.backends.base import LoraSpec, Trainer
from plum_edge.convert.weights import Weights
from plum_edge.errors import NoBackend, NoModel

_UNQUANTISED = "Take the folder of the whole base, or train with --backend mlx."


def cuda_device() -> str:
    """Return the name of the CUDA device that torch can use; empty where there is none."""
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else ""


def machine() -> memory.Machine:
    """Return where torch trains, and what memory is there."""
    if not cuda_device():
        return memory.main_memory("torch")
    free, total = torch.cuda.mem_get_info()
    return memory.Machine("torch", "cuda", total, free)


def trainer(weights: Weights, spec: LoraSpec, threads: int, plan: memory.Plan, why: str) -> Trainer:
    """Load a base on transformers and PEFT. ``why`` says what our own decoder lacks.

    Raises:
        NoBackend: they are not installed.
        NoModel: the base is in mlx-lm's quantised layout, or transformers does not read it.
    """
    if weights.config.get("quantization"):
        raise NoModel(weights.place.name, "it is in mlx-lm's quantised layout, which torch cannot read", _UNQUANTISED)
    missing = [name for name in ("transformers", "peft") if not importlib.util.find_spec(name)]
    if missing:
        names = " and ".join(missing)
        raise NoBackend({"torch": f"{why}: that needs {names} (pip install 'plum-edge[cuda]')"})
    from plum_edge.backends import torch_lora

    return torch_lora.trainer(weights, spec, threads, plan)
