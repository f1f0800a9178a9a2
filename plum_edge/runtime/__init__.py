"""What the memory is asked with, on the device: llama.cpp with a base and at most one adapter.

    with Runtime(base_gguf) as runtime:
        runtime.use(adapter_gguf)
        runtime.p_yes([Message("user", "Did we talk about the tap?")])

    session.py      chats, p(yes), answers; room.py: how much of a chat can be read
    ahead.py        many answers side by side, before they are asked for
    answer.py       an answer token by token; sampling.py, grammar.py, loops.py and thinking.py have a say in it
    engine.py       llama.cpp: a model, its cache, logits; tree.py: many prompts as one; library.py: the binding
    vocabulary.py   its tokens
    held.py         the adapters that stay in memory; adapter_check.py: whether a file is one for this base
    likelihood.py   losses token by token; divergence.py: how far an adapter moves the base

Knows nothing of the log, of training, or of what is asked and why.
"""

from __future__ import annotations

from plum_edge.runtime.answer import Tally
from plum_edge.runtime.room import Room
from plum_edge.runtime.sampling import GREEDY, Sampling
from plum_edge.runtime.session import Runtime
from plum_edge.runtime.thinking import without_thoughts

__all__ = ["GREEDY", "Room", "Runtime", "Sampling", "Tally", "without_thoughts"]
