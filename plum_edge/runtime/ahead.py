"""Answers that are written before they are asked for: the likeliest ones to many prompts, side by side.

One token of one answer takes a processor as long as it takes to read the weights; of sixteen answers at once it takes
little more. Knows nothing of chats: a prompt is ids.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plum_edge.runtime.engine import Engine

Likeliest = tuple[int, float]
"""A token and its loss in nats."""


class Ahead:
    """What was written ahead with the adapter that is on. Whoever changes the adapter calls `forget`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._written: dict[tuple[int, ...], list[Likeliest]] = {}

    def write(self, prompts: Sequence[Sequence[int]], most: int) -> None:
        """Write the likeliest answers to prompts that fit together with them, at most ``most`` tokens each."""
        new = [ids for ids in dict.fromkeys(map(tuple, prompts)) if not self._reaches(ids, most)]
        written: list[list[Likeliest]] = [[] for _ in new]

        def choose(n: int, row: np.ndarray) -> int:
            written[n].append(_likeliest(row))
            return written[n][-1][0]

        self._engine.write([list(ids) for ids in new], most, choose)
        self._written |= zip(new, written, strict=True)

    def _reaches(self, prompt: tuple[int, ...], most: int) -> bool:
        """Return whether so much of an answer is written, or all of it."""
        written = self._written.get(prompt, [])
        return len(written) >= most or bool(written and self._engine.vocabulary.ends(written[-1][0]))

    def tokens(self, prompt: Sequence[int]) -> list[int]:
        """Return what was written of the likeliest answer to a prompt; the token that ends it is its last."""
        return [token for token, _ in self._written.get(tuple(prompt), ())]

    def likeliest(self, prompt: Sequence[int], said: Sequence[int]) -> Likeliest:
        """Return what is likeliest after a prompt and ``said``, the beginning of its likeliest answer."""
        written = self._written.get(tuple(prompt), ())
        return written[len(said)] if len(said) < len(written) else _likeliest(self._engine.last([*prompt, *said]))

    def forget(self) -> None:
        """Drop what was written."""
        self._written.clear()


def _likeliest(row: np.ndarray) -> Likeliest:
    token = int(row.argmax())
    return token, float(np.log(np.exp(row.astype(np.float64) - row[token]).sum()))
