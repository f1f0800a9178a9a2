"""A dense decoder with LoRA in PyTorch: the base's weights frozen in one dtype, the adapter in f32.

Knows nothing of losses, optimizers or files. What it computes is described by `dense.Dense`; the numbers come from
`Weights`, one tensor at a time, so that no copy of the base in f32 remains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from plum_edge.backends import torch_ops
from plum_edge.backends.base import LoraSpec
from plum_edge.backends.dense import Dense
from plum_edge.backends.torch_attention import Masks, Sight, attend, continued
from plum_edge.backends.torch_layout import Layout
from plum_edge.convert.weights import Weights

Cache = list[tuple[Tensor, Tensor]]
"""Keys and values of each layer: (S, kv heads, width)."""
_PREFIX = "base_model.model."


class Linear:
    """Linear layers of one input, computed as one product, with the adapters of those that are targets.

    ``places`` are A and B of each adapter by name, as views: A's are rows of ``a``.
    """

    def __init__(self, weights: Weights, names: Sequence[str], spec: LoraSpec, dtype: torch.dtype) -> None:
        frozen = [weights.read(f"{name}.weight") for name in names]
        ends = [0]
        for matrix in frozen:
            ends.append(ends[-1] + matrix.shape[0])
        self._adapted = [n for n, name in enumerate(names) if name.rpartition(".")[-1] in spec.targets]
        self._names, self._scale, rank = names, spec.scale, spec.rank
        self._out, self._in = ends[-1], frozen[0].shape[1]
        self._parts = [(ends[n], ends[n + 1], i * rank, (i + 1) * rank) for i, n in enumerate(self._adapted)]
        more = rank * len(self._adapted)
        self._joined = torch.zeros(self._out + more, self._in + more, dtype=dtype)
        for start, matrix in zip(ends, frozen, strict=False):
            self._joined[start : start + matrix.shape[0], : self._in] = torch.from_numpy(matrix)
        self._bias = _bias(weights, names, ends, dtype)
        self._rank = rank
        self.a = torch.empty(0)
        self.b: list[Tensor] = []

    @property
    def sizes(self) -> list[tuple[int, ...]]:
        """Return the shapes of what is trained: all A in one, then each B."""
        rows = len(self._joined) - self._out
        return [(rows, self._in), *((end - start, self._rank) for start, end, _, _ in self._parts)] if rows else []

    def take(self, trained: Sequence[Tensor]) -> dict[str, tuple[int, slice]]:
        """Take tensors of `sizes` as what is trained; return for each LoRA name which of them, and which rows."""
        self.a, *self.b = trained
        found = {}
        for i, n in enumerate(self._adapted):
            name = f"{_PREFIX}{self._names[n]}.lora_"
            found[f"{name}A.weight"] = (0, slice(self._parts[i][2], self._parts[i][3]))
            found[f"{name}B.weight"] = (i + 1, slice(None))
        return found

    def refresh(self) -> None:
        """Copy A below the frozen weights and each B beside them, after they have changed."""
        if self.b:
            self._joined[self._out :, : self._in] = self.a.detach()
        for (start, end, low, high), b in zip(self._parts, self.b, strict=True):
            self._joined[start:end, self._in + low : self._in + high] = b.detach() * self._scale

    def __call__(self, x: Tensor, adapted: bool) -> Tensor:
        """Return (N, out) of (N, in)."""
        if adapted and self.b:
            found: Tensor = torch_ops.Linear.apply(
                x, self._joined, self._bias, self._scale, self._parts, self.a, *self.b
            )
            return found
        return torch_ops.Frozen.apply(x, self._joined[: self._out, : self._in], self._bias)


def _bias(weights: Weights, names: Sequence[str], ends: Sequence[int], dtype: torch.dtype) -> Tensor | None:
    """Return the layers' biases as one (out,), zero for a layer that has none; None where none has."""
    if not any(f"{name}.bias" in weights.shapes for name in names):
        return None
    found = torch.zeros(ends[-1], dtype=dtype)
    for start, name in zip(ends, names, strict=False):
        if f"{name}.bias" in weights.shapes:
            value = torch.from_numpy(weights.read(f"{name}.bias"))
            found[start : start + len(value)] = value
    return found


@dataclass(frozen=True, slots=True)
class Turns:
    """Cosines and sines of each token of a layout: (N, 1, half), in f32."""

    cos: Tensor
    sin: Tensor


class Decoder:
    """The base with its adapter. ``names``: LoRA name → (which of the trained tensors, which rows of it)."""

    def __init__(self, dense: Dense, weights: Weights, spec: LoraSpec, dtype: torch.dtype) -> None:
        self.dense, self.dtype, self.checkpointing = dense, dtype, False
        self._embedding = torch.from_numpy(weights.read("model.embed_tokens.weight")).to(dtype)
        self._head = self._embedding
        if not dense.tied:
            self._head = torch.from_numpy(weights.read("lm_head.weight")).to(dtype)
        self._norm = self._read_norm(weights, "model.norm")
        self._layers = [_Layer(dense, n, weights, spec, dtype) for n in range(dense.layers)]
        self._masks = Masks()
        linears = [linear for layer in self._layers for linear in layer.linears if linear.sizes]
        self._linears = linears
        self.sizes = [size for linear in linears for size in linear.sizes]
        self._frozen = spec.frozen(dense.layers)
        self.kept = sum(len(linear.sizes) for layer in self._layers[: self._frozen] for linear in layer.linears)
        """Of ``sizes`` the first so many belong to layers that are not trained."""

    def _read_norm(self, weights: Weights, name: str) -> Tensor:
        return read_norm(self.dense, weights, name)

    @property
    def head(self) -> Tensor:
        """(vocabulary, hidden)."""
        return self._head

    def take(self, trained: Sequence[Tensor]) -> dict[str, tuple[int, slice]]:
        """Take tensors of `sizes` as what is trained; return LoRA name → (which of them, which rows of it)."""
        found: dict[str, tuple[int, slice]] = {}
        first = 0
        for linear in self._linears:
            count = len(linear.sizes)
            mine = linear.take(trained[first : first + count])
            found |= {name: (first + which, rows) for name, (which, rows) in mine.items()}
            first += count
        return dict(sorted(found.items()))

    def refresh(self) -> None:
        """Take notice that what is trained has changed."""
        for linear in self._linears:
            linear.refresh()

    def hidden(self, layout: Layout, *, adapted: bool = True, cache: Cache | None = None) -> Tensor:
        """Return what goes into the head (n, hidden) at the layout's learned tokens.

        With ``cache`` the layout is what follows the tokens in it, and is added to it.
        """
        dense = self.dense
        before = cache[0][0].shape[0] if cache else 0
        turns = list(self._turns(layout, before + layout.longest))
        x = self._embedding[layout.ids].float()
        if dense.embedding_scale != 1.0:
            x *= torch.tensor(dense.embedding_scale, dtype=self.dtype).float()
        learns = torch.is_grad_enabled()
        with torch.no_grad():
            for n in range(self._frozen):
                x = self._through(n, x, layout, turns[n], adapted, cache)
        x.requires_grad_(learns)
        for n in range(self._frozen, dense.layers):
            x = self._through(n, x, layout, turns[n], adapted, cache)
        return torch_ops.Norm.apply(x[layout.learned], self._norm, dense.eps, self.dtype)

    def _through(self, n: int, x: Tensor, layout: Layout, turns: Turns, adapted: bool, cache: Cache | None) -> Tensor:
        """Return the stream after layer ``n``; its keys and values join the cache, if there is one."""
        layer = self._layers[n]
        if cache is not None:
            past = cache[n] if len(cache) > n else None
            x, kept = layer(x, layout, turns, self._masks, adapted, past, True)
            cache[n : n + 1] = [kept]
            return x
        if self.checkpointing and torch.is_grad_enabled():
            again: Tensor = checkpoint(_once, layer, x, layout, turns, self._masks, adapted, use_reentrant=False)
            return again
        return _once(layer, x, layout, turns, self._masks, adapted)

    def logits(self, hidden: Tensor) -> Tensor:
        """Return (n, vocabulary) in f32."""
        return torch_ops.capped((hidden @ self._head.t()).float(), self.dense.final_cap)

    def _turns(self, layout: Layout, length: int) -> Iterator[Turns]:
        """Yield each layer's angles; layers that turn alike share them."""
        made: dict[int, Turns] = {}
        for rotary in self.dense.rotary:
            if id(rotary) not in made:
                frequencies = torch.from_numpy(rotary.frequencies(length)).float()
                angles = (layout.positions[:, None].float() * frequencies)[:, None, :]
                made[id(rotary)] = Turns(angles.cos() * rotary.scale, angles.sin() * rotary.scale)
            yield made[id(rotary)]


def read_norm(dense: Dense, weights: Weights, name: str) -> Tensor:
    """Return what a norm multiplies by, in f32: Gemma stores it less one."""
    found = torch.from_numpy(weights.read(f"{name}.weight")).float()
    return found + 1 if dense.gemma else found


def _once(layer: _Layer, x: Tensor, layout: Layout, turns: Turns, masks: Masks, adapted: bool) -> Tensor:
    return layer(x, layout, turns, masks, adapted, None, False)[0]


class _Layer:
    """Attention and MLP, each between its norms and added to the stream."""

    def __init__(self, dense: Dense, n: int, weights: Weights, spec: LoraSpec, dtype: torch.dtype) -> None:
        self._dense, self._dtype = dense, dtype
        name = f"model.layers.{n}"

        def linear(*names: str) -> Linear:
            return Linear(weights, [f"{name}.{one}" for one in names], spec, dtype)

        self._qkv, self._o = linear(*dense.qkv), linear("self_attn.o_proj")
        self._gate_up, self._down = linear(*dense.gate_up), linear("mlp.down_proj")
        self._norms = [read_norm(dense, weights, f"{name}.{norm}") for norm in dense.norms]
        sides = [f"{name}.self_attn.{side}_norm" for side in "qk"] if dense.normed_heads else []
        self._head_norms = [read_norm(dense, weights, side) for side in sides]
        self._sight = Sight(dense.query_scale, dense.windows[n], dense.attention_cap)

    @property
    def linears(self) -> tuple[Linear, ...]:
        return self._qkv, self._o, self._gate_up, self._down

    def __call__(
        self, x: Tensor, layout: Layout, turns: Turns, masks: Masks, adapted: bool, past: Any, keep: bool
    ) -> tuple[Tensor, Any]:
        """Return the stream (N, hidden) after this layer, and keys and values where they are to be kept."""
        dense = self._dense
        inner = self._qkv(self._normed(x, 0), adapted).view(len(x), -1, dense.head_dim)
        turned, v = inner.split([dense.heads + dense.kv_heads, dense.kv_heads], dim=1)
        if self._head_norms:
            apart = turned.split([dense.heads, dense.kv_heads], dim=1)
            turned = torch.cat([self._norm(one, norm) for one, norm in zip(apart, self._head_norms, strict=True)], 1)
        turned = torch_ops.Rotate.apply(turned, turns.cos, turns.sin)
        q, k = turned.split([dense.heads, dense.kv_heads], dim=1)
        if keep:
            k, v = (k, v) if past is None else (torch.cat([old, new]) for old, new in zip(past, (k, v), strict=True))
            seen = continued(q, k, v, masks, self._sight)
        else:
            seen = attend(q, k, v, layout, masks, self._sight)
        after = self._o(seen.reshape(len(x), -1), adapted)
        x = x + (self._normed(after, 1) if dense.gemma else after)
        both = self._gate_up(self._normed(x, 2 if dense.gemma else 1), adapted)
        after = self._down(torch_ops.Gate.apply(both, dense.activation), adapted)
        x = x + (self._normed(after, 3) if dense.gemma else after)
        return x, (k, v) if keep else None

    def _normed(self, x: Tensor, which: int) -> Tensor:
        return self._norm(x, self._norms[which])

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        found: Tensor = torch_ops.Norm.apply(x, weight, self._dense.eps, self._dtype)
        return found
