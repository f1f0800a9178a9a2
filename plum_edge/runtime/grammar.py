"""Output that keeps to a JSON schema: which token may come next, by llama.cpp's own grammar.

Control tokens are never text, also where a string of the schema could hold their names. Knows nothing of prompts, and
of how one of the tokens that may come is drawn (sampling.py).
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from plum_edge.runtime.sampling import CANDIDATE, Sampler


class Grammar:
    """The state of one output. Close it, or use it in ``with``.

    ``library`` is the binding, ``vocabulary`` llama.cpp's handle; tokens in ``banned`` are never chosen.
    The schema is the program's own, never a user's.
    """

    def __init__(
        self, library: Any, vocabulary: Any, schema: Mapping[str, object], banned: Collection[int] = ()
    ) -> None:
        from llama_cpp.llama_grammar import json_schema_to_gbnf

        self._llama, self._banned = library, sorted(banned)
        rules = json_schema_to_gbnf(json.dumps(schema))
        self._sampler = library.llama_sampler_init_grammar(vocabulary, rules.encode(), b"root")
        assert self._sampler, "llama.cpp makes no grammar of this schema"

    def choose(self, row: np.ndarray, sampler: Sampler) -> int:
        """Return a token that may come next, as the sampler draws it; ``row`` are the logits, (vocabulary,) f32."""
        token = sampler.choose(row)
        if token not in self._banned and np.isfinite(self._allowed(np.array([token]), row[[token]])[0]):
            return token  # most of the time; to try every token costs far more
        masked = row.copy()
        masked[self._banned] = -np.inf
        return sampler.choose(self._allowed(np.arange(len(row)), masked))

    def accept(self, token: int) -> None:
        """Go on to what may follow this token, which `choose` gave and which does not end the text."""
        self._llama.llama_sampler_accept(self._sampler, token)

    def _allowed(self, ids: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """Return the logits with minus infinity where the grammar forbids the token."""
        rows = np.zeros(len(ids), dtype=CANDIDATE)
        rows["id"], rows["logit"] = ids, logits
        data = rows.ctypes.data_as(ctypes.POINTER(self._llama.llama_token_data))
        array = self._llama.llama_token_data_array(data, len(ids), -1, False)
        self._llama.llama_sampler_apply(self._sampler, ctypes.byref(array))
        found: np.ndarray = rows["logit"]
        return found

    def close(self) -> None:
        """Free it; a second call does nothing."""
        if self._sampler:
            self._llama.llama_sampler_free(self._sampler)
        self._sampler = None

    def __enter__(self) -> Grammar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
