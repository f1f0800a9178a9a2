"""Attention over a batch's layout: each row sees itself and what all rows share, and nothing ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from plum_edge.backends.torch_layout import Layout
from plum_edge.backends.torch_ops import Op


@dataclass(frozen=True, slots=True)
class Sight:
    """How a layer attends: the factor of q·k, how many tokens back it sees (None: all), and a soft cap (None: none)."""

    scale: float
    window: int | None
    cap: float | None


class Masks:
    """The masks of a layout, made once for all layers: True where a query sees a key."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int | None], Tensor] = {}

    def of(self, queries: int, keys: int, window: int | None) -> Tensor | None:
        """Return (queries, keys) for the last ``queries`` of ``keys`` tokens; None where plain causality is it."""
        wide = window is None or window >= keys
        if wide and queries == keys:
            return None
        key = (queries, keys, None if wide else window)
        if key not in self._made:
            behind = torch.arange(keys - queries, keys)[:, None] - torch.arange(keys)
            seen = behind >= 0
            self._made[key] = seen if wide else seen & (behind < window)
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
    return x.view(layout.rows, layout.width, *x.shape[1:])


def _own(x: Tensor, layout: Layout) -> Tensor:
    flat = x.reshape(-1, *x.shape[2:])
    return flat if layout.back is None else _Drop.apply(flat, layout.back)


def _softmax(q: Tensor, k: Tensor, v: Tensor, masks: Masks, sight: Sight) -> Tensor:
    """Return softmax(cap(q·kᵀ · scale) + mask)·v; all of (rows, tokens, heads, width)."""
    mask = masks.of(q.shape[1], k.shape[1], sight.window)
    q, k, v = (value.transpose(1, 2) for value in (q, k, v))
    if sight.cap is None:
        found = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=mask is None, scale=sight.scale, enable_gqa=q.shape[1] != k.shape[1]
        )
        return found.transpose(1, 2)
    if mask is None:
        mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).tril()
    k, v = (value.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for value in (k, v))
    scores = (q @ k.mT).float() * sight.scale
    scores = ((scores / sight.cap).tanh() * sight.cap).masked_fill(~mask, float("-inf"))
    return (scores.softmax(-1).to(v.dtype) @ v).transpose(1, 2)
