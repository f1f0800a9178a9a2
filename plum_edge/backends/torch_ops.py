"""The parts of a decoder layer with their gradients written by hand: nothing is kept or computed that is not needed.

Frozen weights have no gradient, so what a linear layer keeps for it is its input and the few columns of x·Aᵀ. Tokens
come as one list (N, width); numbers of the base are in one dtype (f32 or bf16), the stream, norms, softmax and the
adapter in f32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from plum_edge.backends.soft import LEAST


class Op(Function):  # type: ignore[misc]
    """A step of the computation whose gradient is written here."""


class Norm(Op):
    """RMS norm: x / √(mean x² + ε) · w, computed in f32 and returned in the dtype of the base."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
        """Norm the last axis of ``x``."""
        wide = x.float()
        inverse = wide.square().mean(-1, keepdim=True).add_(eps).rsqrt_()
        ctx.save_for_backward(x, weight, inverse)
        return (wide * inverse).mul_(weight).to(dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Return the gradient of ``x``."""
        x, weight, inverse = ctx.saved_tensors
        scaled = gradients[0].float() * weight
        normed = x.float() * inverse
        along = (scaled * normed).mean(-1, keepdim=True)
        return scaled.sub_(normed.mul_(along)).mul_(inverse).to(x.dtype), None, None, None


class Gate(Op):
    """act(gate) · up of (N, 2 · ffn), gate first."""

    @staticmethod
    def forward(ctx: Any, both: Tensor, activation: str) -> Tensor:
        """Return (N, ffn)."""
        gate, up = both.chunk(2, dim=-1)
        ctx.save_for_backward(both)
        ctx.activation = activation
        return _activated(gate, activation).mul_(up)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Return the gradient of both; the activation is computed again instead of kept."""
        (both,) = ctx.saved_tensors
        gate, up = both.chunk(2, dim=-1)
        found = torch.empty_like(both)
        of_gate, of_up = found.chunk(2, dim=-1)
        torch.mul(gradients[0], _activated(gate, ctx.activation), out=of_up)
        before = gradients[0] * up
        if ctx.activation == "silu":
            of_gate.copy_(torch.ops.aten.silu_backward(before, gate))
        else:
            of_gate.copy_(torch.ops.aten.gelu_backward(before, gate, approximate="tanh"))
        return found, None


def _activated(gate: Tensor, activation: str) -> Tensor:
    if activation == "silu":
        return torch.nn.functional.silu(gate)
    return torch.nn.functional.gelu(gate, approximate="tanh")


class Rotate(Op):
    """Rotary embeddings of (N, heads, width): the first dimensions of a head turn, halves of them as pairs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Turn by the angles of each token; ``cos`` and ``sin`` are (N, 1, half)."""
        ctx.save_for_backward(cos, sin)
        return _turned(x, cos, sin)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Turn back."""
        cos, sin = ctx.saved_tensors
        return _turned(gradients[0], cos, -sin), None, None


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = cos.shape[-1]
    first, second = x[..., :half], x[..., half : 2 * half]
    found = torch.empty_like(x, memory_format=torch.contiguous_format)
    found[..., :half] = first * cos - second * sin
    found[..., half : 2 * half] = second * cos + first * sin
    if x.shape[-1] > 2 * half:
        found[..., 2 * half :] = x[..., 2 * half :]
    return found


class Linear(Op):
    """Linear layers of one input as one product, with their adapters: y = x·Wᵀ + bias + scale · (x·Aᵀ)·Bᵀ.

    ``joined`` is (out + R, in + R): [[W, scale · B], [A, 0]], the frozen weights of all layers with all of their A, R
    rows, below and each B beside. So what the adapter adds is summed with the rest before it is rounded: in bf16 a
    small addend would vanish afterwards. ``a`` and the B that follow are the same in f32; only they have gradients.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, joined: Tensor, bias: Tensor | None, scale: float, parts: Any, a: Tensor, *_b: Tensor
    ) -> Tensor:
        """Return (N, out). ``parts``: for each B the first and last of its outputs and of its rows in ``a``."""
        rank, width = a.shape
        out = len(joined) - rank
        both = x.new_empty(len(x), width + rank)
        both[:, :width] = x
        torch.mm(x, joined[out:, :width].t(), out=both[:, width:])
        ctx.save_for_backward(both, joined)
        ctx.scale, ctx.parts, ctx.rank = scale, parts, rank
        y = both @ joined[:out].t()
        return y if bias is None else y.add_(bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Return the gradients of x, A and each B."""
        both, joined = ctx.saved_tensors
        dy, out, width = gradients[0], len(joined) - ctx.rank, both.shape[1] - ctx.rank
        back = dy.new_empty(len(dy), len(joined))
        back[:, :out] = dy
        torch.mm(dy, joined[:out, width:], out=back[:, out:])
        inner, of_inner = both[:, width:], back[:, out:]
        of_b = [
            (dy[:, start:end].t() @ inner[:, low:high]).float().mul_(ctx.scale) for start, end, low, high in ctx.parts
        ]
        of_a = (of_inner.t() @ both[:, :width]).float()
        dx = back @ joined[:, :width] if ctx.needs_input_grad[0] else None
        return dx, None, None, None, None, of_a, *of_b


class Frozen(Op):
    """A linear layer without an adapter: nothing is kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return x·Wᵀ + bias."""
        ctx.save_for_backward(weight)
        return x @ weight.t() if bias is None else torch.addmm(bias, x, weight.t())

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Return the gradient of x."""
        (weight,) = ctx.saved_tensors
        return gradients[0] @ weight, None, None


class CrossEntropy(Op):
    """Σ weight · KL(wanted ‖ softmax(logits)), the logits made and dropped in chunks, their gradient with them.

    What is wanted of a target: tokens with their probabilities, and ``rest`` for all others together.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, head: Tensor, cap: float | None, wanted: Sequence[Tensor], rows: int) -> Any:
        """Return the sum. ``hidden``: (n, width); ``head``: (vocabulary, width)."""
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        total = hidden.new_zeros((), dtype=torch.float32)
        for start in range(0, len(hidden), rows):
            part = slice(start, start + rows)
            logits = capped((hidden[part] @ head.t()).float(), cap)
            ids, probs, rest, weights = (value[part] for value in wanted)
            loss, of_logits = divergence(logits, ids, probs, rest, weights, gradient is not None)
            total += loss
            if gradient is not None:
                if cap is not None:
                    of_logits *= 1 - (logits / cap).square()
                gradient[part] = of_logits.to(head.dtype) @ head
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Return the gradient of ``hidden``."""
        (gradient,) = ctx.saved_tensors
        return gradient * gradients[0], None, None, None, None


def capped(logits: Tensor, cap: float | None) -> Tensor:
    """Return cap · tanh(logits / cap): Gemma 2 lets no logit grow beyond the cap."""
    return logits if cap is None else (logits / cap).tanh_().mul_(cap)


def divergence(logits: Tensor, ids: Tensor, probs: Tensor, rest: Tensor, weights: Tensor, grad: bool) -> Any:
    """Return Σ weights · KL(wanted ‖ softmax(logits)) and its gradient by the logits (n, vocabulary).

    ``ids``, ``probs``: (n, k); ``rest``, ``weights``: (n,). As `soft.wanted` has them.
    """
    most = logits.amax(-1, keepdim=True)
    at = logits.gather(-1, ids)
    powers = torch.exp(logits - most)
    sums = powers.sum(-1, keepdim=True)
    log_q = at - most - sums.log()
    q = log_q.exp()
    known = (probs * (probs.clamp(min=LEAST).log() - log_q)).sum(-1)
    room = 1 - q.sum(-1)
    left = room.clamp(min=LEAST)
    loss = ((known + rest * (rest.clamp(min=LEAST).log() - left.log())) * weights).sum()
    if not grad:
        return loss, None
    # d(-p·log q_i)/dz = p·(softmax - e_i); d(-rest·log left)/dz = rest/left · Σ_i q_i (e_i - softmax)
    others = torch.where(room > LEAST, rest / left, torch.zeros_like(rest))
    even = (probs.sum(-1) - others * q.sum(-1)) * weights
    of_logits = powers.mul_(even[:, None] / sums)
    of_logits.scatter_add_(-1, ids, (others[:, None] * q - probs) * weights[:, None])
    return loss, of_logits
