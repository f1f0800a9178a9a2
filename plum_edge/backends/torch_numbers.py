"""Which numbers the frozen base is multiplied in, f32 or bf16: by what the chip has, and a short measurement.

bf16 halves the memory and, where the chip multiplies it, is at least twice as fast; where it does not, oneDNN does it
in software, slower than f32. Bytes depend on the choice, so it must be the same each night on one machine: both the
chip's flag and a clear gain are asked for, far from what is measured in either case.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import torch

from plum_edge.backends.threads import SMALL
from plum_edge.errors import UsageError

Precision = Literal["auto", "f32", "bf16"]

CLEARLY = 1.3
"""How many times faster bf16 must be."""
SHAPE = (512, 1024, 2048)
"""Tokens, in and out of the product that is measured: of a size at which only the multiplier counts."""
_TRIES = 9
_DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The dtype of the frozen base, by its name, and the instruction set that multiplies."""

    name: str
    instructions: str

    @property
    def dtype(self) -> torch.dtype:
        """The dtype in torch."""
        return _DTYPES[self.name]


def choose(precision: Precision, size: int) -> Numbers:
    """Return the numbers for a base of so many bytes in f32. A small one stays in f32: it has nothing to gain.

    Raises:
        UsageError: there is no such precision.
    """
    if precision not in ("auto", *_DTYPES):
        raise UsageError(
            f"There is no precision {precision!r}.", "Set train.precision to auto, f32 or bf16 in config.toml."
        )
    name = precision
    if precision == "auto":
        name = "bf16" if size >= SMALL and pays() else "f32"
    return Numbers(name, instructions())


def instructions() -> str:
    """Return the instruction set: what torch was built for here, what multiplies bf16, and a limit set from outside."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    found = [torch.backends.cpu.get_cpu_capability(), multiplier(), f"at most {limit}" if limit else ""]
    return ", ".join(filter(None, found))


@cache
def multiplier() -> str:
    """Return what of the chip multiplies bf16; empty where nothing does."""
    if torch.cpu._is_amx_tile_supported():
        return "AMX"
    if torch.cpu._is_avx512_bf16_supported():
        return "AVX512-bf16"
    return "NEON-bf16" if _arm_bf16() else ""


def _arm_bf16() -> bool:
    if sys.platform == "darwin":
        import ctypes

        value, size = ctypes.c_int(0), ctypes.c_size_t(4)
        system = ctypes.CDLL(None)
        failed = system.sysctlbyname(
            b"hw.optional.arm.FEAT_BF16", ctypes.byref(value), ctypes.byref(size), None, ctypes.c_size_t(0)
        )
        return not failed and bool(value.value)
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.is_file() else []
    return any(line.startswith("Features") and "bf16" in line.split() for line in lines)


@cache
def pays() -> bool:
    """Return whether a base that is not small is held in bf16 here: the chip multiplies it, and clearly faster."""
    return bool(multiplier()) and gain() >= CLEARLY


def gain() -> float:
    """Return how many times faster a product in bf16 is than in f32: the median of pairs taken in turns."""
    products = {name: _product(SHAPE, dtype) for name, dtype in _DTYPES.items()}
    return statistics.median(_seconds(products["f32"]) / _seconds(products["bf16"]) for _ in range(_TRIES))


def rate(shape: tuple[int, int, int], dtype: torch.dtype) -> float:
    """Return the measured rate of products of (tokens, in) with (out, in)ᵀ, in GFLOP/s; ``shape``: tokens, in, out."""
    product = _product(shape, dtype)
    seconds = statistics.median(_seconds(product) for _ in range(_TRIES))
    return 2 * shape[0] * shape[1] * shape[2] / seconds / 1e9


def _product(shape: tuple[int, int, int], dtype: torch.dtype) -> Callable[[], object]:
    """Return a matrix product of a shape, taken once already."""
    tokens, inner, out = shape
    x, weight = torch.ones(tokens, inner, dtype=dtype), torch.ones(out, inner, dtype=dtype)
    x @ weight.t()
    return lambda: x @ weight.t()


def _seconds(product: Callable[[], object]) -> float:
    began = time.perf_counter()
    product()
    return time.perf_counter() - began
