"""The folder that mlx-lm saves."""

from __future__ import annotations

from typing import Any

from plum_edge.export.targets.base import Order, converted


class _Target:
    use = "mlx_lm.generate --model BASE --adapter-path {out}"
    alone = True

    def write(self, order: Order) -> dict[str, Any]:
        return converted(order, "mlx")


TARGET = _Target()
