"""Which token comes next: llama.cpp's own sampler chain over the logits of one position.

The order is llama.cpp's: repetition penalty, top-k, top-p, min-p, temperature, then a draw; at temperature 0 the
likeliest. Knows nothing of prompts, and of what the tokens mean.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

CANDIDATE = np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
"""llama_token_data."""
_RECENT = 64
"""Tokens that the repetition penalty looks back on; llama.cpp's own default."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn. The defaults change nothing: the likeliest token, always."""

    temperature: float = 0.0
    """0: the likeliest token, whatever the fields up to ``min_p`` say."""
    top_p: float = 1.0
    """Only the likeliest tokens that together have this share; 1: all."""
    top_k: int = 0
    """Only so many of the likeliest tokens; 0: all."""
    min_p: float = 0.0
    """Only tokens at least this share as likely as the likeliest; 0: all."""
    repetition_penalty: float = 1.0
    """Divides the positive logits of what the answer said in its last 64 tokens, and multiplies negative ones; 1: no
    penalty. What the prompt says costs nothing: an answer may use the words of its question."""
    seed: int = 0
    """Of the draws. The same prompt, settings and seed give the same answer."""


GREEDY = Sampling()
"""The likeliest token each time."""


class Sampler:
    """Chooses the tokens of one answer. Close it, or use it in ``with``.

    ``library`` is the binding, ``size`` the number of tokens in the vocabulary.
    """

    def __init__(self, library: Any, size: int, sampling: Sampling) -> None:
        self._llama = library
        self._rows = np.zeros(size, dtype=CANDIDATE)
        self._chain: Any = None
        penalised = sampling.repetition_penalty != 1.0
        if sampling.temperature <= 0.0 and not penalised:
            return  # the largest logit: no chain is needed for that
        self._chain = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params())
        if penalised:
            self._add(library.llama_sampler_init_penalties(size, _RECENT, sampling.repetition_penalty, 0.0, 0.0))
        if sampling.temperature <= 0.0:
            self._add(library.llama_sampler_init_greedy())
            return
        if sampling.top_k > 0:
            self._add(library.llama_sampler_init_top_k(sampling.top_k))
        if sampling.top_p < 1.0:
            self._add(library.llama_sampler_init_top_p(sampling.top_p, 1))
        if sampling.min_p > 0.0:
            self._add(library.llama_sampler_init_min_p(sampling.min_p, 1))
        self._add(library.llama_sampler_init_temp(sampling.temperature))
        self._add(library.llama_sampler_init_dist(sampling.seed & 0xFFFFFFFF))

    def _add(self, part: Any) -> None:
        self._llama.llama_sampler_chain_add(self._chain, part)  # the chain frees it

    def choose(self, row: np.ndarray) -> int:
        """Return the next token; ``row`` are the logits, (vocabulary,) f32, minus infinity where none may be.

        Does not note it: `accept` does.
        """
        if self._chain is None:
            return int(row.argmax())
        rows = self._rows
        rows["id"], rows["logit"], rows["p"] = np.arange(len(rows)), row, 0.0
        data = rows.ctypes.data_as(ctypes.POINTER(self._llama.llama_token_data))
        array = self._llama.llama_token_data_array(data, len(rows), -1, False)
        self._llama.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def accept(self, token: int) -> None:
        """Note what was said: the repetition penalty counts it."""
        if self._chain is not None:
            self._llama.llama_sampler_accept(self._chain, token)

    def close(self) -> None:
        """Free it; a second call does nothing."""
        if self._chain is not None:
            self._llama.llama_sampler_free(self._chain)
        self._chain = None

    def __enter__(self) -> Sampler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
