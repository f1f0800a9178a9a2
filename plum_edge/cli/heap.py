"""The heap of a program that learns: what a step frees is kept for the next one.

glibc hands blocks above 128 kB back to the kernel as soon as they are free. A step on a small base frees thousands, and
takes a tenth to a fifth longer where their pages are fetched again (docs/experiments/2026-11-21-night-time.md). What is
learned does not depend on it, to the byte. That is a program's own affair and not a library's: whoever imports
plum_edge keeps the heap he has.
"""

from __future__ import annotations

import ctypes
import os
import sys

_MIB = 2**20
_OPTIONS = {-8: 1, -3: 32 * _MIB, -1: 512 * _MIB, -2: 64 * _MIB}
"""glibc's mallopt(3): M_ARENA_MAX; M_MMAP_THRESHOLD, at the most that it takes; M_TRIM_THRESHOLD, the free memory that
is kept at most; M_TOP_PAD, how much is fetched at once."""


def keep() -> bool:
    """Keep freed memory for what is allocated next; say whether that could be done.

    Nothing is done where malloc is not glibc's, or where somebody has set it already in the environment.
    """
    tuned = "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "") or any(n.startswith("MALLOC_") for n in os.environ)
    if tuned or not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(option, value) == 1 for option, value in _OPTIONS.items())
