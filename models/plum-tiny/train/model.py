"""The Llama architecture in plain torch (as transformers and llama.cpp compute it), and its optimizers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the model."""

    vocabulary: int = 6144
    width: int = 160
    layers: int = 5
    heads: int = 5
    hidden: int = 448
    positions: int = 1024
    theta: float = 10000.0
    epsilon: float = 1e-5

    def as_dict(self) -> dict[str, float]:
        """For the checkpoint."""
        return asdict(self)


class Norm(nn.Module):
    """Root mean square norm."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


class Layer(nn.Module):
    """Attention and a gated feed-forward part, each behind a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        d, h = shape.width, shape.hidden
        self.heads = shape.heads
        self.input_layernorm = Norm(d, shape.epsilon)
        self.post_attention_layernorm = Norm(d, shape.epsilon)
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(d, d, bias=False) for _ in range(4))
        self.gate_proj, self.up_proj = (nn.Linear(d, h, bias=False) for _ in range(2))
        self.down_proj = nn.Linear(h, d, bias=False)

    def forward(self, x: Tensor, mask: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        rows, length, width = x.shape
        h = self.input_layernorm(x)
        q, k, v = (
            f(h).view(rows, length, self.heads, -1).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = _rotate(q, cos, sin), _rotate(k, cos, sin)
        # Written out: with a dense mask this is faster here than the fused kernel for the CPU.
        scores = torch.matmul(q.to(v.dtype), k.to(v.dtype).transpose(-1, -2)) * (q.shape[-1] ** -0.5) + mask.to(v.dtype)
        mixed = torch.matmul(scores.softmax(-1).to(v.dtype), v)
        x = x + self.o_proj(mixed.transpose(1, 2).reshape(rows, length, width))
        h = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    turned = torch.cat((-x[..., half:], x[..., :half]), -1)
    return x * cos + turned * sin


class Llama(nn.Module):
    """Token ids, positions and segments in, hidden states out; the logits come from the tied embedding."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon)
        half = shape.width // shape.heads // 2
        angles = torch.outer(torch.arange(shape.positions).float(), shape.theta ** (-torch.arange(half).float() / half))
        self.register_buffer("cos", torch.cat((angles, angles), -1).cos(), persistent=False)
        self.register_buffer("sin", torch.cat((angles, angles), -1).sin(), persistent=False)
        for name, value in self.named_parameters():
            if value.dim() == 2:
                scale = 0.02 if "embed" in name else 1 / math.sqrt(value.shape[1])
                if "o_proj" in name or "down_proj" in name:
                    scale /= math.sqrt(2 * shape.layers)
                nn.init.normal_(value, std=scale)

    def forward(self, ids: Tensor, positions: Tensor, units: Tensor, branches: Tensor) -> Tensor:
        length = ids.shape[1]
        order = torch.arange(length)
        seen = (units[:, :, None] == units[:, None, :]) & (order[:, None] >= order[None, :])
        seen &= (branches[:, None, :] == 0) | (branches[:, :, None] == branches[:, None, :])
        mask = torch.where(seen, 0.0, -1e4)[:, None]
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, mask, cos, sin)
        return self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores over the vocabulary."""
        return F.linear(hidden, self.embed_tokens.weight)

    def loss(
        self,
        ids: Tensor,
        positions: Tensor,
        units: Tensor,
        branches: Tensor,
        where: Tensor,
        targets: Tensor,
        weights: Tensor,
    ) -> Tensor:
        """Weighted cross entropy at the supervised places, given as indices into the flattened batch."""
        hidden = self(ids, positions, units, branches).flatten(0, 1)[where]
        losses = F.cross_entropy(self.logits(hidden).float(), targets, reduction="none")
        return (losses * weights).sum() / weights.sum()


class Muon:
    """Momentum, orthogonalised by Newton-Schulz steps, for the matrices; those of one shape go together."""

    def __init__(self, parameters: list[nn.Parameter], momentum: float = 0.95, decay: float = 0.02) -> None:
        groups: dict[tuple[int, ...], list[nn.Parameter]] = {}
        for parameter in parameters:
            groups.setdefault(tuple(sorted(parameter.shape)), []).append(parameter)
        self.groups = list(groups.values())
        self.buffers = [[torch.zeros_like(p) for p in group] for group in self.groups]
        self.momentum, self.decay = momentum, decay

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for group, buffers in zip(self.groups, self.buffers, strict=True):
            updates = []
            for parameter, buffer in zip(group, buffers, strict=True):
                buffer.mul_(self.momentum).add_(parameter.grad, alpha=1 - self.momentum)
                update = parameter.grad.lerp(buffer, self.momentum)
                updates.append(update.T if update.shape[0] > update.shape[1] else update)
            turned = _orthogonal(torch.stack(updates))
            for parameter, update in zip(group, turned, strict=True):
                update = update.T if parameter.shape[0] > parameter.shape[1] else update
                parameter.mul_(1 - rate * self.decay)
                parameter.add_(update, alpha=-rate * 0.2 * math.sqrt(max(parameter.shape)))

    def state_dict(self) -> list[list[Tensor]]:
        """For the checkpoint."""
        return self.buffers

    def load_state_dict(self, state: list[list[Tensor]]) -> None:
        """From the checkpoint."""
        for group, saved in zip(self.buffers, state, strict=True):
            for buffer, value in zip(group, saved, strict=True):
                buffer.copy_(value)


def _orthogonal(x: Tensor) -> Tensor:
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.float()


def optimizers(model: Llama) -> tuple[Muon, torch.optim.AdamW]:
    """Muon for the matrices of the layers, AdamW for the embedding and the norms."""
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.dim() < 2 or "embed" in n]
    return Muon(matrices), torch.optim.AdamW(others, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.0, fused=True)


def rate(step: int, total: int, peak: float = 4e-3, warm_up: int = 60) -> float:
    """Warm-up, flat to 60 % of the run, then linear to 2 %."""
    flat = 0.6 * total
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak if step < flat else peak * (1 - 0.98 * (step - flat) / max(1.0, total - flat))
