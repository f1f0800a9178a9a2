"""The folder that PEFT saves."""

from __future__ import annotations

from typing import Any

from plum_edge.export.targets.base import Order, converted


class _Target:
    use = "PeftModel.from_pretrained(model, {out!r})"
    alone = True

    def write(self, order: Order) -> dict[str, Any]:
        return converted(order, "peft")


TARGET = _Target()
