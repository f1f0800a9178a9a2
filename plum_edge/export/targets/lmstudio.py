"""LM Studio: it imports one GGUF, and is said to take no adapter beside it; not run by us."""

from __future__ import annotations

from typing import Any

from plum_edge.export.targets import fused
from plum_edge.export.targets.base import Order

_MODEL = "plum.gguf"


class _Target:
    use = f"lms import {{out}}/{_MODEL}"
    alone = False

    def write(self, order: Order) -> dict[str, Any]:
        return fused.write(order, _MODEL)


TARGET = _Target()
