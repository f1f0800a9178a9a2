"""What the memory is asked with, on the device: llama.cpp with a base and at most one adapter.

    with Runtime(base_gguf) as runtime:
        runtime.use(adapter_gguf)
        runtime.p_yes([Message("user", "Did we talk about the tap?")])

    session.py      chats, p(yes), answers
    answer.py       an answer token by token; sampling.py, grammar.py, loops.py and thinking.py have a say in it
    engine.py       llama.cpp: a model, its cache, logits; tree.py: many prompts as one; library.py: the binding
    likelihood.py   losses token by token; divergence.py: how far an adapter moves the base

Knows nothing of the log, of training, or of what is asked and why.
"""

from __future__ import annotations

from plum_edge.runtime.sampling import GREEDY, Sampling
from plum_edge.runtime.session import Runtime
from plum_edge.runtime.thinking import without_thoughts

__all__ = ["GREEDY", "Runtime", "Sampling", "without_thoughts"]
