"""The loss on MLX, and its exponentials: the slowest part of a small model's step on the CPU.

MLX computes `exp` on x86 one number at a time (9–16 ns each), and the gradients of its softmax and of SwiGLU compute
it once more. Here it is a polynomial of plain products (relative error 2.4e-7), and each is taken once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plum_edge.backends.soft import LEAST

_LOG2_E = 1.4426950408889634
_TAYLOR = (1.5403530e-4, 1.33335581e-3, 9.61812910e-3, 5.55041086e-2, 2.40226507e-1, 6.93147181e-1, 1.0)
"""Of 2^f on [-1/2, 1/2], the highest power first."""
_ROUNDS = 1.5 * 2**23
"""Added to a small float it leaves the nearest whole number in the low bits."""
_ONE = 0x3F800000
"""The bits of 1.0."""


def exponential(mx: Any) -> Callable[[Any], Any]:
    """Return exp for the device in use: MLX's own on a GPU and on Apple's CPU, which have a fast one; else ours."""
    if mx.default_device().type != mx.DeviceType.cpu or mx.metal.is_available():
        own: Callable[[Any], Any] = mx.exp
        return own

    def exp(x: Any) -> Any:
        """2^(x·log2 e) = 2^whole · 2^part: the whole power goes into the exponent bits of a float."""
        power = mx.clip(x * _LOG2_E, -126.0, 126.0)
        rounded = power + _ROUNDS
        part = power - (rounded - _ROUNDS)
        value = part * _TAYLOR[0] + _TAYLOR[1]
        for coefficient in _TAYLOR[2:]:
            value = value * part + coefficient
        return value * ((rounded.view(mx.int32) << 23) + _ONE).view(mx.float32)

    return exp


def cross_entropy(mx: Any) -> Callable[..., tuple[Any, Any]]:
    """Return KL(wanted ‖ softmax(logits)) of n targets → (loss (n,), softmax), whose gradient reuses the softmax.

    Where a token is certain that is its cross entropy. What is wanted of all other tokens together is one class more.
    """
    exp = exponential(mx)

    def left(softmax: Any, ids: Any) -> Any:
        return mx.maximum(1 - mx.take_along_axis(softmax, ids, axis=-1).sum(axis=-1), LEAST)

    def forward(logits: Any, ids: Any, probs: Any, rest: Any) -> tuple[Any, Any]:
        shifted = logits - logits.max(axis=-1, keepdims=True)
        exponentials = exp(shifted)
        total = exponentials.sum(axis=-1, keepdims=True)
        softmax = exponentials / total
        chosen = mx.take_along_axis(shifted, ids, axis=-1) - mx.log(total)
        known = (probs * (mx.log(mx.maximum(probs, LEAST)) - chosen)).sum(axis=-1)
        return known + rest * (mx.log(mx.maximum(rest, LEAST)) - mx.log(left(softmax, ids))), softmax

    def backward(primals: Any, cotangents: Any, outputs: Any) -> tuple[Any, ...]:
        _, ids, probs, rest = primals
        softmax, slope = outputs[1], cotangents[0][:, None]
        elsewhere = (rest / left(softmax, ids))[:, None]
        here = mx.take_along_axis(softmax, ids, axis=-1) * elsewhere - probs
        rows = mx.arange(ids.shape[0])[:, None]
        gradient = (softmax * ((1 - elsewhere) * slope)).at[rows, ids].add(here * slope)
        return gradient, *(mx.zeros_like(value) for value in primals[1:])

    loss = mx.custom_function(forward)
    loss.vjp(backward)
    found: Callable[..., tuple[Any, Any]] = loss
    return found


def swiglu(mx: Any) -> Callable[[Any, Any], Any]:
    """Return silu(gate) · up, whose gradient reuses the sigmoid."""
    exp = exponential(mx)

    def forward(gate: Any, up: Any) -> tuple[Any, Any]:
        sigmoid = 1 / (1 + exp(-gate))
        return gate * sigmoid * up, sigmoid

    def backward(primals: Any, cotangents: Any, outputs: Any) -> tuple[Any, Any]:
        gate, up = primals
        sigmoid = outputs[1]
        swish, slope = gate * sigmoid, cotangents[0]
        return slope * up * (sigmoid + swish * (1 - sigmoid)), slope * swish

    gated = mx.custom_function(forward)
    gated.vjp(backward)
    return lambda gate, up: gated(gate, up)[0]
