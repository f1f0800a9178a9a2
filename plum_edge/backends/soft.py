"""What is wanted of each target, and what a teacher's logits say, as numbers that every backend sees alike.

Plain numpy on either side of a backend: its own part, the gradient, stays with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plum_edge.backends.base import Batch, Soft

LEAST = 1e-6
"""Below it a probability is f32 noise."""

Wanted = tuple[np.ndarray, np.ndarray, np.ndarray]
"""What is wanted of n targets: ids (n, k), their probabilities (n, k), and the probability of all other tokens (n,)."""


def wanted(batch: Batch, index: np.ndarray) -> Wanted:
    """Return what is wanted at ``index``: a token for certain, or what a teacher spreads over k tokens and the rest."""
    soft = batch.soft
    hard = batch.targets.reshape(-1)[index]
    ids = np.repeat(hard[:, None], soft.ids.shape[1] if soft is not None else 1, axis=1)
    probs = np.zeros(ids.shape, dtype=np.float32)
    probs[:, 0] = 1
    rest = np.zeros(len(index), dtype=np.float32)
    if soft is not None:
        rows = np.searchsorted(index, soft.places)
        ids[rows], probs[rows] = soft.ids, soft.probs
        rest[rows] = np.maximum(1 - soft.probs.sum(axis=1), 0)
    return ids, probs, rest


def likeliest(logits: np.ndarray, places: Sequence[int], k: int) -> Soft:
    """Return the k likeliest tokens at these targets of a sequence, by its logits (T, vocabulary); all weights are 1.

    At most as many as there are tokens.
    """
    rows = logits[list(places)].astype(np.float64)
    probs = np.exp(rows - rows.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    k = min(k, probs.shape[1])
    top = np.sort(np.argpartition(-probs, k - 1, axis=1)[:, :k], axis=1)
    found = np.take_along_axis(probs, top, axis=1)
    even = np.ones(len(top), dtype=np.float32)
    return Soft(np.array(places, dtype=np.int32), top.astype(np.int32), found.astype(np.float32), even)
