"""A fast BLAS under MLX on Linux, and how fast it is.

Knows nothing of training. Must run before `mlx.core` is imported for the first time; on macOS (Accelerate, Metal)
there is nothing to do.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Blas:
    """Which BLAS MLX's CPU stream uses. ``note`` says why where it is the slow one."""

    name: str
    version: str
    threads: int
    note: str = ""


_loaded: Blas | None = None
_keep: list[ctypes.CDLL] = []


SMALL = 200_000_000
"""Bytes of weights below which one thread is best: the products are too small to share, and one thread gives the same
bytes on every number of cores."""


def default_threads(weights: int) -> int:
    """Return the threads for a base of so many bytes: one, or the physical cores of this process, at most 4."""
    if weights < SMALL:
        return 1
    physical = psutil.cpu_count(logical=False) or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed, 4))


def prepare(threads: int) -> Blas:
    """Put OpenBLAS under MLX, once for the process, with a fixed number of threads: their number changes the bytes.

    Without the compiled door or the OpenBLAS wheel MLX works with its own reference BLAS; the result says so.
    """
    global _loaded
    if _loaded is None:
        _loaded = _load(threads)
    elif _keep and _loaded.threads != threads:
        _set_threads(threads)
        _loaded = Blas(_loaded.name, _loaded.version, threads)
    return _loaded


def matmul_rate(size: int = 768, seconds: float = 0.4) -> float:
    """Return the measured rate of f32 matrix products in MLX, in GFLOP/s."""
    import mlx.core as mx

    a = mx.random.normal((size, size))
    mx.eval(a @ a)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        mx.eval(a @ a)
        count += 1
    return 2 * size**3 * count / (time.perf_counter() - start) / 1e9


def _load(threads: int) -> Blas:
    if not sys.platform.startswith("linux"):
        return Blas("accelerate", "", threads)
    if "mlx.core" in sys.modules:
        return Blas("reference", "", 1, "MLX was imported before plum-edge could put OpenBLAS under it")
    door = importlib.util.find_spec("plum_edge.backends._blas")
    if door is None or door.origin is None:
        return Blas(
            "reference", "", 1, "the compiled part is missing; install plum-edge again with a C compiler at hand"
        )
    wheel = importlib.util.find_spec("scipy_openblas32")
    if wheel is None or wheel.origin is None:
        return Blas("reference", "", 1, "the package scipy-openblas32 is missing")
    library = next((Path(wheel.origin).parent / "lib").glob("libscipy_openblas*"), None)
    if library is None:
        return Blas("reference", "", 1, "scipy-openblas32 holds no library")
    openblas = ctypes.CDLL(str(library))
    shim = ctypes.CDLL(door.origin, mode=ctypes.RTLD_GLOBAL)
    shim.plum_edge_bind_sgemm(openblas.scipy_cblas_sgemm)
    _keep.extend((openblas, shim))
    _set_threads(threads)
    openblas.scipy_openblas_get_config.restype = ctypes.c_char_p
    config = openblas.scipy_openblas_get_config().decode()
    return Blas("openblas", config, threads)


def _set_threads(threads: int) -> None:
    _keep[0].scipy_openblas_set_num_threads(ctypes.c_int(threads))
