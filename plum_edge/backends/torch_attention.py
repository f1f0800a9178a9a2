"""Attention over a batch's layout: each row sees itself and what all rows share, and nothing ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from plum_edge.backends.torch_layout import Layout
from plum_edge.backends.torch_ops import Op

_MASKS = 16
"""Kept at once: a night has a few lengths, what is said token by token has many."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How a layer attends: the factor of q·k, how many tokens back it sees (None: all), and a soft cap (None: none)."""

    scale: float
    window: int | None
    cap: float | None


class Masks:
    """Masks, made once for all layers: 0 where a query sees a key, else −∞."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int | None], Tensor] = {}

    def of(self, queries: int, keys: int, window: int | None) -> Tensor:
        """Return (queries, keys) in f32 for the last ``queries`` of ``keys`` tokens."""
        key = (queries, keys, window)
        if key not in self._made:
            behind = torch.arange(keys - queries, keys)[:, None] - torch.arange(keys)
            seen = behind >= 0
            if window is not None:
                seen &= behind < window
            if len(self._made) >= _MASKS:
                self._made.clear()
            self._made[key] = torch.zeros(queries, keys).masked_fill_(~seen, float("-inf"))
        return self._made[key]


class _Pick(Op):
    """Take tokens by index, where each token's gradient comes from one known place: no sum, so no order of one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor, back: Tensor) -> Tensor:
        ctx.save_for_backward(back)
        return x.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (back,) = ctx.saved_tensors
        return gradients[0].index_select(0, back), None, None


class _Drop(Op):
    """Take the tokens of rectangles; the gradient of padding is zero."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, back: Tensor) -> Tensor:
        ctx.save_for_backward(back)
        ctx.places = x.shape[0]
        return x.index_select(0, back)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (back,) = ctx.saved_tensors
        found = gradients[0].new_zeros(ctx.places, *gradients[0].shape[1:])
        return found.index_copy_(0, back, gradients[0]), None


def attend(q: Tensor, k: Tensor, v: Tensor, layout: Layout, masks: Masks, sight: Sight) -> Tensor:
    """Return (N, heads, width) of q (N, heads, width) and k, v (N, kv heads, width), laid out as ``layout`` says."""
    shared = layout.prefix
    own_k, own_v = (_rectangles(value[shared:], layout) for value in (k, v))
    if shared:
        own_k, own_v = (
            torch.cat([value[None, :shared].expand(layout.rows, -1, -1, -1), own], dim=1)
            for value, own in ((k, own_k), (v, own_v))
        )
    own = _own(_softmax(_rectangles(q[shared:], layout), own_k, own_v, masks, sight), layout)
    if not shared:
        return own
    first = _softmax(q[None, :shared], k[None, :shared], v[None, :shared], masks, sight)
    return torch.cat([first[0], own])


def continued(q: Tensor, k: Tensor, v: Tensor, masks: Masks, sight: Sight) -> Tensor:
    """Return (T, heads, width): the last T tokens of one sequence, whose keys and values (S, …) are all there."""
    return _softmax(q[None], k[None], v[None], masks, sight)[0]


def _rectangles(x: Tensor, layout: Layout) -> Tensor:
    if layout.place is not None and layout.back is not None:
        x = _Pick.apply(x, layout.place, layout.back)
    return x.unflatten(0, (layout.rows, layout.width))


def _own(x: Tensor, layout: Layout) -> Tensor:
    flat = x.reshape(-1, *x.shape[2:])
    return flat if layout.back is None else _Drop.apply(flat, layout.back)


def _softmax(q: Tensor, k: Tensor, v: Tensor, masks: Masks, sight: Sight) -> Tensor:
    """Return softmax(cap(q·kᵀ · scale) + mask)·v; all of (rows, tokens, heads, width)."""
    found: Tensor = _Attention.apply(q, k, v, masks.of(q.shape[1], k.shape[1], sight.window), sight)
    return found


class _Attention(Op):
    """Softmax attention in f32. Only q, k and v are kept; the probabilities are computed again for the gradient.

    Query heads that share keys are folded into the tokens, so that nothing is repeated.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, sight: Sight) -> Tensor:
        ctx.save_for_backward(q, k, v, mask)
        ctx.sight = sight
        groups = q.shape[2] // k.shape[2]
        probs, _ = _probabilities(_folded(q, groups), _folded(k, 1), mask, sight)
        return _unfolded(probs @ _folded(v, 1), q)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        q, k, v, mask = ctx.saved_tensors
        sight, groups = ctx.sight, q.shape[2] // k.shape[2]
        queries, keys, values = _folded(q, groups), _folded(k, 1), _folded(v, 1)
        probs, scores = _probabilities(queries, keys, mask, sight)
        of_out = _folded(gradients[0], groups)
        of_values = probs.mT @ of_out
        slope = of_out @ values.mT
        slope.sub_((slope * probs).sum(-1, keepdim=True)).mul_(probs).mul_(sight.scale)
        if sight.cap is not None:
            slope.mul_(1 - (scores / sight.cap).square_())
        return _unfolded(slope @ keys, q), _unfolded(slope.mT @ queries, k), _unfolded(of_values, v), None, None


def _probabilities(queries: Tensor, keys: Tensor, mask: Tensor, sight: Sight) -> tuple[Tensor, Tensor]:
    """Return (rows · kv heads, groups · T, S) in f32, and where there is a cap the scores under it."""
    scores = torch.bmm(queries, keys.mT).mul_(sight.scale)
    if sight.cap is not None:
        scores.div_(sight.cap).tanh_().mul_(sight.cap)
    kept = scores if sight.cap is None else scores.clone()
    scores.view(len(scores), -1, *mask.shape).add_(mask)
    return scores.softmax(-1), kept


def _folded(x: Tensor, groups: int) -> Tensor:
    """(rows, T, kv heads · groups, width) → (rows · kv heads, groups · T, width) in f32."""
    tokens, heads, width = x.shape[1:]
    apart = x.unflatten(2, (heads // groups, groups)).permute(0, 2, 3, 1, 4)
    return torch.empty(apart.shape).copy_(apart).view(-1, groups * tokens, width)


def _unfolded(x: Tensor, like: Tensor) -> Tensor:
    """Back to the shape and dtype of ``like``."""
    rows, tokens, heads, width = like.shape
    groups = x.shape[1] // tokens
    turned = x.view(rows, heads // groups, groups, tokens, width).permute(0, 3, 1, 2, 4)
    return torch.empty(turned.shape, dtype=like.dtype).copy_(turned).view(rows, tokens, heads, width)
