"""OpenBLAS under MLX on Linux, so that mlx-lm is compared at its best: MLX's wheel brings reference BLAS alone.

MLX calls the plain name cblas_sgemm; the package scipy-openblas32 has it under a prefix. A library of one function,
compiled here into a folder that is removed again, passes the call on. plum-edge itself does without, and
trains on torch.
"""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_DOOR = """
#define WHAT int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, \\
             int ldb, float beta, float *c, int ldc
static void (*target)(WHAT);
void bind_sgemm(void (*function)(WHAT)) { target = function; }
void cblas_sgemm(WHAT) { target(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc); }
"""
_kept: list[ctypes.CDLL] = []


def put_under_mlx(threads: int) -> str:
    """Load OpenBLAS, with so many threads, before MLX; return why that cannot be. Elsewhere it is not needed."""
    if not sys.platform.startswith("linux"):
        return ""
    if "mlx.core" in sys.modules:
        return "MLX was imported before"
    wheel, compiler = importlib.util.find_spec("scipy_openblas32"), shutil.which("cc")
    if wheel is None or wheel.origin is None or compiler is None:
        return "it takes a C compiler and: pip install scipy-openblas32"
    openblas = ctypes.CDLL(str(next((Path(wheel.origin).parent / "lib").glob("libscipy_openblas*"))))
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "door.c", Path(folder) / "door.so"
        source.write_text(_DOOR, encoding="utf-8")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        door = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    door.bind_sgemm(openblas.scipy_cblas_sgemm)
    openblas.scipy_openblas_set_num_threads(ctypes.c_int(threads))
    _kept.extend((openblas, door))
    return ""
