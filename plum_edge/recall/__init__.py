"""What the memory is asked with, on the device: llama.cpp with a base and at most one adapter.

    with Recall(base_gguf) as recall:
        recall.use(adapter_gguf)
        recall.p_yes([Message("user", "Did we talk about the tap?")])

recall.py speaks chat; engine.py calls the binding, and no other file does.
"""

from __future__ import annotations

from plum_edge.recall.recall import Recall

__all__ = ["Recall"]
