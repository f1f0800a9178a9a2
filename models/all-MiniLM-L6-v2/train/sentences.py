"""all-MiniLM-L6-v2 in PyTorch, with an adapter to learn on each of its matrices. Knows nothing of what is learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.nn import functional as nn

from plum_edge.retrieve.encoder import EPSILON, HEADS, WIDTH, Encoder
from plum_edge.retrieve.tuning import LAYERS, MATRICES

LONGEST = 96
"""Word pieces that are read of a text: what is longer is cut there, its end mark with it."""
_AT_ONCE = 4000
"""Word pieces that are computed together."""


class Sentences:
    """The published weights, which stay, and two matrices of ``rank`` beside each of `MATRICES`, which are learned."""

    def __init__(self, published: Encoder, rank: int, scale: float, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self._tokens, self._scale = published.tokens, scale
        self._w = {name: torch.tensor(value) for name, value in published.weights.items()}
        self.learned: dict[str, Parameter] = {}
        for name in MATRICES:
            outputs, inputs = self._w[f"{name}.weight"].shape
            drawn = torch.randn(rank, inputs, generator=generator) / inputs**0.5
            self.learned[f"{name}.lora_a"] = Parameter(drawn)
            self.learned[f"{name}.lora_b"] = Parameter(torch.zeros(outputs, rank))

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Return a unit vector for each text, (n, 384) f32."""
        ids = [self._tokens(text)[:LONGEST] for text in texts]
        order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
        parts: list[list[int]] = [[]]
        for n in order:
            if parts[-1] and (len(parts[-1]) + 1) * len(ids[n]) > _AT_ONCE:
                parts.append([])
            parts[-1].append(n)
        vectors = torch.cat([self._forward([ids[n] for n in part]) for part in parts])
        return vectors[torch.tensor(np.argsort(order))]

    def adapter(self) -> dict[str, np.ndarray]:
        """Return what was learned, f32."""
        return {name: value.detach().numpy().copy() for name, value in self.learned.items()}

    def _forward(self, rows: Sequence[Sequence[int]]) -> Tensor:
        longest = max(map(len, rows))
        ids, own = torch.zeros(len(rows), longest, dtype=torch.long), torch.zeros(len(rows), longest)
        for n, row in enumerate(rows):
            ids[n, : len(row)], own[n, : len(row)] = torch.tensor(row), 1.0
        w, mask = self._w, (1.0 - own)[:, None, None, :] * -1e9
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:longest]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            x = self._norm(x + self._attention(x, mask, f"{at}.attention"), f"{at}.attention.output.LayerNorm")
            inner = nn.gelu(self._linear(x, f"{at}.intermediate.dense"))
            x = self._norm(x + self._linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        return nn.normalize((x * own[..., None]).sum(1) / own.sum(1, keepdim=True), dim=-1)

    def _attention(self, x: Tensor, mask: Tensor, at: str) -> Tensor:
        count, length, _ = x.shape
        q, k, v = (
            self._linear(x, f"{at}.self.{part}").view(count, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = nn.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self._linear(mixed.transpose(1, 2).reshape(count, length, WIDTH), f"{at}.output.dense")

    def _linear(self, x: Tensor, at: str) -> Tensor:
        learned = nn.linear(nn.linear(x, self.learned[f"{at}.lora_a"]), self.learned[f"{at}.lora_b"])
        return nn.linear(x, self._w[f"{at}.weight"], self._w[f"{at}.bias"]) + self._scale * learned

    def _norm(self, x: Tensor, at: str) -> Tensor:
        return nn.layer_norm(x, (WIDTH,), self._w[f"{at}.weight"], self._w[f"{at}.bias"], EPSILON)
