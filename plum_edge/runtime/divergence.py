"""How far an adapter has moved a model: the KL divergence of its next-token probabilities from the bare base's.

Of the base only the likeliest tokens are kept, and what is left of its probability counts as one more: so nothing of
the size of the vocabulary waits in memory. Knows nothing of chats or of llama.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LIKELIEST = 64
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Expected:
    """What the base expects at n places: ``ids`` (n, k) of its likeliest tokens, and their ``probs`` (n, k)."""

    ids: np.ndarray
    probs: np.ndarray


def expected(logits: np.ndarray, k: int = _LIKELIEST) -> Expected:
    """Return what logits (n, vocabulary) expect."""
    probs = _softmax(logits)
    k = min(k, probs.shape[1])
    ids = np.argpartition(-probs, k - 1, axis=1)[:, :k]
    return Expected(ids, np.take_along_axis(probs, ids, axis=1))


def divergence(base: Expected, logits: np.ndarray) -> np.ndarray:
    """Return KL(base ‖ logits) in nats at each place, (n,): from below, as all unlikely tokens count as one."""
    q = np.take_along_axis(_softmax(logits), base.ids, axis=1)
    p, q = (np.concatenate([x, np.maximum(1 - x.sum(axis=1, keepdims=True), 0)], axis=1) for x in (base.probs, q))
    found: np.ndarray = (p * (np.log(np.maximum(p, _LEAST)) - np.log(np.maximum(q, _LEAST)))).sum(axis=1)
    return found


def _softmax(logits: np.ndarray) -> np.ndarray:
    rows = logits.astype(np.float64)
    rows = np.exp(rows - rows.max(axis=1, keepdims=True))
    found: np.ndarray = rows / rows.sum(axis=1, keepdims=True)
    return found
