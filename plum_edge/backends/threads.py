"""How many threads training takes on a processor. Knows nothing of training."""

from __future__ import annotations

import os

import psutil

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
