"""The tokens of a base as llama.cpp knows them: text to ids and back, and which of them end an answer.

Knows nothing of contexts, adapters or chats.
"""

from __future__ import annotations

import ctypes
from typing import Any

from plum_edge.runtime.library import Closed

_SPM = 1
"""llama_vocab_type of SentencePiece."""


class Vocabulary:
    """The vocabulary of a model that is open. ``handle`` is llama.cpp's own; ``size`` counts the tokens."""

    def __init__(self, llama: Any, model: Any) -> None:
        self._llama = llama
        self.handle = llama.llama_model_get_vocab(model)
        self.size = int(llama.llama_vocab_n_tokens(self.handle))
        self._strip = int(llama.llama_vocab_type(self.handle) == _SPM)

    @property
    def bos(self) -> int:
        """The id of the token that begins every text; -1 where the vocabulary has none."""
        return int(self._llama.llama_vocab_bos(self.handle))

    @property
    def eos(self) -> int:
        """The id of the token that ends a text; -1 where the vocabulary has none."""
        return int(self._llama.llama_vocab_eos(self.handle))

    @property
    def adds_bos(self) -> bool:
        """Whether a text that is no chat begins with ``bos``, by what the file says."""
        return self.bos >= 0 and bool(self._llama.llama_vocab_get_add_bos(self.handle))

    def encode(self, text: str) -> list[int]:
        """Return the ids of plain text, bos not added; the name of a control token in it is text."""
        raw = text.encode("utf-8", "replace")
        room = 3 * len(raw) + 8  # a vocabulary without a token for the space spells it in three bytes
        ids = (self._llama.llama_token * room)()
        count = self._llama.llama_tokenize(self.handle, raw, len(raw), ids, room, False, False)
        return list(ids[:count])

    def piece(self, token: int, *, first: bool) -> bytes:
        """Return a token's bytes, none for control tokens.

        ``first``: SentencePiece writes a space before the first word that no one typed; it is left out.
        """
        strip = self._strip if first else 0
        buffer = ctypes.create_string_buffer(64)
        size = self._llama.llama_token_to_piece(self.handle, token, buffer, len(buffer), strip, False)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = self._llama.llama_token_to_piece(self.handle, token, buffer, len(buffer), strip, False)
        return buffer.raw[:size]

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer; a control token that begins another turn does, too."""
        return self.stops(token) or bool(self._llama.llama_vocab_is_control(self.handle, token))

    def stops(self, token: int) -> bool:
        """Whether a token is one of those that the model itself ends an answer with."""
        return bool(self._llama.llama_vocab_is_eog(self.handle, token))

    def close(self) -> None:
        """Take notice that the model is gone; any other call then raises ValueError."""
        self._llama = Closed()
