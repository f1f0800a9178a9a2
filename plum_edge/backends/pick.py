"""Which backend is used here, and how the base is held there. Loads no framework until one is chosen."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from plum_edge.backends import memory
from plum_edge.backends.base import LoraSpec, Trainer
from plum_edge.convert.weights import Weights
from plum_edge.errors import NoBackend, NoModel

Precision = Literal["auto", "f32", "bf16"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which backend is used, why, and what was said against the others."""

    name: str
    why: str
    against: dict[str, str]


_PACKAGES = {"mlx": ("mlx", "mlx_lm"), "torch": ("torch",)}
_REMEDY = {"mlx": "pip install mlx-lm", "torch": "pip install 'plum-edge[torch]'"}


def available() -> dict[str, str]:
    """Return each backend with an empty string where it can be used, else the reason why not."""
    missing = {name: [p for p in packages if not importlib.util.find_spec(p)] for name, packages in _PACKAGES.items()}
    return {
        name: f"{' and '.join(packages)} {'is' if len(packages) == 1 else 'are'} not installed ({_REMEDY[name]})"
        if packages
        else ""
        for name, packages in missing.items()
    }


def choose(wanted: str = "auto") -> Choice:
    """Return the backend to use: MLX on Apple silicon; else torch, on CUDA or the processor; else MLX on the processor.

    Raises:
        NoBackend: the wanted one, or every one, cannot be used; with the reason of each.
    """
    reasons = available()
    if wanted != "auto":
        if reasons.get(wanted, "unknown backend"):
            raise NoBackend({wanted: reasons.get(wanted, "unknown backend")})
        return Choice(wanted, "asked for", {name: reason for name, reason in reasons.items() if reason})
    usable = [name for name, reason in reasons.items() if not reason]
    if not usable:
        raise NoBackend(reasons)
    name, why = _best(usable)
    passed_over = {other: f"{name} goes first here" for other in usable if other != name}
    return Choice(name, why, {other: reason for other, reason in reasons.items() if reason} | passed_over)


def _best(usable: Sequence[str]) -> tuple[str, str]:
    """Return the backend that is fastest here, and why."""
    if "mlx" in usable and sys.platform == "darwin" and platform.machine() == "arm64":
        return "mlx", "Apple silicon"
    if "torch" not in usable:
        return "mlx", "no torch, with which it would be many times faster here: pip install 'plum-edge[torch]'"
    gpu = _torch().cuda_device()
    return "torch", f"CUDA on {gpu}" if gpu else "the fastest on a processor"


def rate(choice: Choice, threads: int) -> float:
    """Return the rate at which a backend multiplies in f32 here, measured, in GFLOP/s."""
    found: float = _MODULES[choice.name]().rate(threads)
    return found


def machine(choice: Choice) -> memory.Machine:
    """Return the device that a backend would train on, and its memory."""
    found: memory.Machine = _MODULES[choice.name]().machine()
    return found


def reckon(
    choice: Choice,
    weights: Weights,
    spec: LoraSpec,
    *,
    quantise: memory.Quantise = "auto",
    rows: int = 16,
    precision: Precision = "auto",
) -> tuple[memory.Plan, int]:
    """Return how a base would be held for batches of ``rows`` pairs, and the bytes that would take.

    Raises:
        NoModel: what its config.json says cannot be read.
        NoMemory: that is more than is free.
    """
    config = weights.config
    if not config:
        raise NoModel(weights.place.name, f"there is no config.json in {weights.place}")
    here = machine(choice)
    if precision != "auto":
        here = replace(here, half=precision == "bf16")
    return memory.plan(here, config, spec, name=weights.place.name, rows=rows, quantise=quantise)


def make(
    choice: Choice,
    weights: Weights,
    spec: LoraSpec,
    threads: int,
    *,
    quantise: memory.Quantise = "auto",
    rows: int = 16,
    precision: Precision = "auto",
) -> Trainer:
    """Load a base on the chosen backend, with fresh LoRA layers.

    ``quantise`` says how the base may be held so that batches of ``rows`` pairs fit; ``precision``, in which numbers
    torch multiplies it on a processor.

    Raises:
        NoModel: there is no base that this backend can read.
        NoMemory: it does not fit.
    """
    plan, _ = reckon(choice, weights, spec, quantise=quantise, rows=rows, precision=precision)
    own = {"precision": precision} if choice.name == "torch" else {}
    trainer: Trainer = _MODULES[choice.name]().trainer(weights, spec, threads, plan, **own)
    return trainer


def _mlx() -> Any:
    from plum_edge.backends import mlx_lora

    return mlx_lora


def _torch() -> Any:
    from plum_edge.backends import torch_trainer

    return torch_trainer


_MODULES = {"mlx": _mlx, "torch": _torch}
"""Where a backend's code is; loaded only when it is used."""
