"""What a step frees is kept for the next: no page is fetched twice."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

_CHURN = """
import resource, sys
import numpy as np
from plum_edge.cli import heap

kept = heap.keep() if sys.argv[1] == "keep" else None
np.ones(1_000_000).sum()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    np.ones(1_000_000).sum()
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
"""Two hundred blocks of 8 MB, one after the other: 2,000 pages each."""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc is not glibc's")


def faults(how: str, **more: str) -> tuple[str, int]:
    """Return what keep() said in a process of its own, and the pages that were fetched."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    ran = subprocess.run(
        [sys.executable, "-c", _CHURN, how], env=plain | more, capture_output=True, text=True, check=True
    )
    said, count = ran.stdout.split()
    return said, int(count)


@glibc
def test_freed_memory_is_kept() -> None:
    said, fetched = faults("keep")
    assert said == "True"
    assert 10 * fetched < faults("leave", GLIBC_TUNABLES="glibc.malloc.mmap_threshold=131072")[1]


@glibc
@pytest.mark.parametrize(
    "setting", [{"MALLOC_TRIM_THRESHOLD_": "131072"}, {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=131072"}]
)
def test_who_has_set_malloc_himself_is_left_alone(setting: dict[str, str]) -> None:
    assert faults("keep", **setting)[0] == "False"
