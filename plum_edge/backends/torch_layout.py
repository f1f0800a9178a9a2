"""How a batch lies in memory while it is learned: all tokens that matter in one list, what rows share once.

A target that weighs nothing teaches nothing, and nothing looks ahead: so a row ends with its last target that weighs
something, and padding is not computed. Tokens that all rows begin with, and whose targets weigh nothing, are computed
once a batch: what they give depends on them alone. Both leave loss and gradient what they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from plum_edge.backends.base import Batch

_WORTH_SHARING = 4
"""Tokens; fewer are not worth an attention of their own."""


@dataclass(frozen=True, slots=True)
class Layout:
    """N tokens: first ``prefix`` that all rows share, then each row's own, row after row.

    ``ids``, ``positions``: (N,). ``learned``: (n,), the tokens whose targets weigh something. Attention sees the own
    tokens as rectangles (rows, width): ``place`` is the token at each place of it (rows · width,), at padding the row's
    last; ``back`` is the place of each own token (N − prefix,). Both are None where there is no padding.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    learned: torch.Tensor
    prefix: int
    rows: int
    width: int
    place: torch.Tensor | None
    back: torch.Tensor | None

    @property
    def longest(self) -> int:
        """Return the tokens of the longest row, shared ones among them."""
        return self.prefix + self.width


def pack(batch: Batch) -> Layout:
    """Return the layout of a batch in which something weighs; ``learned`` is in the order of the flat batch."""
    weighed = batch.weights != 0
    kept = weighed.any(axis=1)
    inputs, weighed = batch.inputs[kept], weighed[kept]
    lengths = inputs.shape[1] - np.argmax(weighed[:, ::-1], axis=1)
    prefix = _shared(inputs, weighed)
    own = lengths - prefix
    width = int(own.max())
    inside = np.arange(width) < own[:, None]
    starts = np.cumsum(own) - own
    column = np.minimum(np.arange(width), own[:, None] - 1)
    place = (starts[:, None] + column).reshape(-1)
    positions = np.broadcast_to(np.arange(prefix, prefix + width), inside.shape)[inside]
    padded = not inside.all()
    return Layout(
        ids=_tensor(np.concatenate([inputs[0, :prefix], inputs[:, prefix : prefix + width][inside]])),
        positions=_tensor(np.concatenate([np.arange(prefix), positions])),
        learned=_tensor(prefix + np.flatnonzero(weighed[:, prefix : prefix + width][inside])),
        prefix=prefix,
        rows=len(own),
        width=width,
        place=_tensor(place) if padded else None,
        back=_tensor(np.flatnonzero(inside.reshape(-1))) if padded else None,
    )


def sequence(ids: np.ndarray, before: int = 0) -> Layout:
    """Return the layout of one sequence (T,) after ``before`` tokens, all of whose targets are asked for."""
    there = np.arange(len(ids))
    return Layout(_tensor(ids), _tensor(there + before), _tensor(there), 0, 1, len(ids), None, None)


def _shared(inputs: np.ndarray, weighed: np.ndarray) -> int:
    """Return how many tokens at the start are the same in all rows, with targets that weigh nothing."""
    if len(inputs) < 2:
        return 0
    differs = (inputs != inputs[0]).any(axis=0) | weighed.any(axis=0)
    count = int(np.argmax(differs))
    return count if count >= _WORTH_SHARING else 0


def _tensor(value: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(value, dtype=np.int64))
