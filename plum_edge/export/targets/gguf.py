"""llama.cpp's own form of an adapter."""

from __future__ import annotations

from typing import Any

from plum_edge.export.targets.base import Order, converted

GGUF = "adapter.gguf"


class _Target:
    use = "llama-cli --model BASE.gguf --lora {out}/adapter.gguf"
    alone = True

    def write(self, order: Order) -> dict[str, Any]:
        return converted(order, "gguf", GGUF)


TARGET = _Target()
