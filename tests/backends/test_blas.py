"""The door between MLX and OpenBLAS: it is used, and it computes what numpy computes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from plum_edge.backends import blas


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere MLX has a fast BLAS of its own")
def test_on_linux_openblas_is_under_mlx() -> None:
    assert blas.prepare(1).name == "openblas"


@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 1), (3, 17, 5), (64, 160, 33)])
def test_products_are_numpys(m: int, k: int, n: int) -> None:
    blas.prepare(1)
    import mlx.core as mx

    random = np.random.default_rng(0)
    a, b = random.standard_normal((m, k), dtype=np.float32), random.standard_normal((n, k), dtype=np.float32)
    np.testing.assert_allclose(np.array(mx.array(a) @ mx.array(b).T), a @ b.T, rtol=1e-4, atol=1e-5)


def test_the_rate_is_measured() -> None:
    blas.prepare(1)
    assert blas.matmul_rate(size=128, seconds=0.05) > 0.1


def test_a_small_base_takes_one_thread_and_a_large_one_no_more_than_four() -> None:
    assert blas.default_threads(5_000_000) == 1
    assert 1 <= blas.default_threads(2_000_000_000) <= 4


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is nothing to put under MLX")
def test_too_late_is_said() -> None:
    """In a process that has imported MLX already the slow BLAS is named, with the reason."""
    code = "import mlx.core; from plum_edge.backends import blas; print(blas.prepare(1).name, blas.prepare(1).note)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("reference MLX was imported before")
