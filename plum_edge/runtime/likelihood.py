"""How likely a model finds a text: losses token by token, in nats.

Knows nothing of chats, of what the texts are for, or of llama.cpp (engine.py does).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

_AT_ONCE = 256
"""Rows of logits in memory at once: with a vocabulary of 150,000 words these take 150 MB."""


class Reads(Protocol):
    """What is needed of `runtime.Runtime`."""

    @property
    def context(self) -> int:
        """Tokens that fit."""

    def tail(self, ids: Sequence[int], count: int) -> np.ndarray:
        """Return the logits after each of the last ``count`` of ``ids``, (count, vocabulary)."""


def losses(model: Reads, ids: Sequence[int], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss in nats of each of the last ``count`` of ``ids``, and whether it is the likeliest: (count,) both.

    Each token is given all that stand before it, so that at least one must; all ``ids`` but the last must fit.

    Raises:
        ValueError: more ids than the context holds, or a count that leaves none before them.
    """
    if not 0 < count < len(ids):
        raise ValueError(f"{count} of {len(ids)} tokens")
    lost, greedy = [], []
    for start in range(len(ids) - count, len(ids), _AT_ONCE):
        targets = np.asarray(ids[start : start + _AT_ONCE])
        rows = model.tail(ids[: start + len(targets) - 1], len(targets)).astype(np.float64)
        peak = rows.max(axis=1)
        log_z = np.log(np.exp(rows - peak[:, None]).sum(axis=1)) + peak
        lost.append(log_z - rows[np.arange(len(targets)), targets])
        greedy.append(rows.argmax(axis=1) == targets)
    return np.concatenate(lost), np.concatenate(greedy)


def rolling(model: Reads, ids: Sequence[int], before: int) -> np.ndarray:
    """Return the loss in nats of each of ``ids``, however many: (n,). ``before`` is the token in front of the first.

    Every token is predicted once. What does not fit the context is read in windows, each as full as it can be: the last
    begins as early as the context allows, and only what is new in it is counted.
    """
    whole, room = [before, *ids], model.context
    parts = []
    for end in range(1, len(whole), room):
        stop = min(end + room, len(whole))
        begin = max(0, stop - room - 1)
        parts.append(losses(model, whole[begin:stop], stop - end)[0])
    return np.concatenate(parts) if parts else np.zeros(0)
