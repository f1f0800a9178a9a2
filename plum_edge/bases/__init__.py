"""The base models that can be adapted: what is known of them, what is on this machine, and the GGUF that runs.

    base = registry.base("plum-tiny")
    registry.gguf(base, home)

bases.py chooses, downloads and adds; hub.py is the one place that opens a connection. Knows nothing of adapters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plum_edge.bases.local import Base, base, dtype, gguf, made, names

__all__ = ["Base", "base", "dtype", "gguf", "made", "names"]


def __getattr__(name: str) -> Any:
    """Open local.py when something of it is first asked for: who only reads settings need not wait for numpy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from plum_edge.bases import local

    return getattr(local, name)
