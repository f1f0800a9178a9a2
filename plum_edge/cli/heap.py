"""The heap of a program that learns: what a step frees is kept for the next one.

glibc hands blocks above 128 kB back to the kernel as soon as they are free. A step on a small base frees thousands, and
a sixth of its time went into fetching their pages again (docs/LOG.md). What is learned does not depend on it, to the
byte. That is a program's own affair and not a library's: whoever imports plum_edge keeps the heap that he has.
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
    if not sys.platform.startswith("linux") or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(option, value) == 1 for option, value in _OPTIONS.items())
