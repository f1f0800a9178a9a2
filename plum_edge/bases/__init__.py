"""The base models that can be adapted: what is known of them, what is on this machine, and the GGUF that runs.

    base = registry.base("plum-tiny")
    registry.gguf(base, home)

bases.py chooses, downloads and adds; hub.py is the one place that opens a connection. Knows nothing of adapters.
"""

from __future__ import annotations

from plum_edge.bases.local import Base, base, dtype, gguf, made, names

__all__ = ["Base", "base", "dtype", "gguf", "made", "names"]
