"""Training on processors with PyTorch alone: our own decoder, its gradients, and one AdamW over all LoRA weights.

A fixed number of threads gives the same bytes each time. What this decoder does not know, and bases on a card, train on
transformers and PEFT (`torch_lora`). Knows nothing of files, schedules or text.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from plum_edge.backends import dense, memory, soft, torch_fallback, torch_numbers, torch_ops
from plum_edge.backends.base import Batch, LoraSpec, Soft, State, Trainer, pieces
from plum_edge.backends.threads import default_threads
from plum_edge.backends.torch_adamw import AdamW
from plum_edge.backends.torch_decoder import Cache, Decoder
from plum_edge.backends.torch_layout import pack, sequence
from plum_edge.backends.torch_numbers import Precision
from plum_edge.convert.weights import Weights

cuda_device = torch_fallback.cuda_device
_WHOLE = memory.Plan()


def machine() -> memory.Machine:
    """Return where torch trains, what memory is there, and whether bases are held in bf16 on the processor."""
    here = torch_fallback.machine()
    return replace(here, half=torch_numbers.pays()) if here.device == "cpu" else here


def rate(threads: int) -> float:
    """Return the measured rate of f32 products on the processor, in GFLOP/s."""
    torch.set_num_threads(threads)
    return torch_numbers.rate(torch_numbers.SHAPE, torch.float32)


def trainer(
    weights: Weights, spec: LoraSpec, threads: int, plan: memory.Plan, precision: Precision = "auto"
) -> Trainer:
    """Load a base: on our own decoder on a processor, where that knows it, else on transformers and PEFT.

    Raises:
        NoModel: there is no base that can be read.
        NoBackend: it needs transformers and PEFT, which are not installed.
    """
    if torch_fallback.cuda_device() or plan.bits < 16:
        return torch_fallback.trainer(weights, spec, threads, plan, "a card, or a base of few bits")
    try:
        described = dense.describe(weights)
    except dense.Unknown as why:
        in_f32 = replace(plan, bits=32)  # as everything is on a processor there
        return torch_fallback.trainer(weights, spec, threads, in_f32, str(why))
    return TorchTrainer(described, weights, spec, threads, plan, precision)


class TorchTrainer:
    """`Trainer` on our own decoder."""

    name = "torch"

    def __init__(
        self,
        described: dense.Dense,
        weights: Weights,
        spec: LoraSpec,
        threads: int = 0,
        plan: memory.Plan = _WHOLE,
        precision: Precision = "auto",
    ) -> None:
        size = 4 * sum(int(np.prod(shape)) for shape in weights.shapes.values())
        self.threads = threads or default_threads(size)
        torch.set_num_threads(self.threads)
        self.numbers = torch_numbers.choose(precision, size)
        self.exact = self.numbers.name == "f32"
        self.spec, self.plan = spec, plan
        self.decoder = Decoder(described, weights, spec, self.numbers.dtype)
        self.decoder.checkpointing = plan.checkpointing
        self._allot()
        self._fresh_optimizer()

    def _allot(self) -> None:
        """Lay all LoRA weights out in one vector, and their gradients in another; both are seen through views."""
        sizes = self.decoder.sizes
        ends = np.cumsum([0, *(int(np.prod(size)) for size in sizes)]).tolist()
        self._flat, self._slope = torch.zeros(ends[-1]), torch.zeros(ends[-1])
        kept = self.decoder.kept  # of layers that are not trained: they come first
        self._kept = ends[kept]
        self._learned = self._flat[self._kept :]
        self._learned.grad = self._slope[self._kept :]

        def views(flat: torch.Tensor) -> list[torch.Tensor]:
            return [flat[a:b].view(size) for a, b, size in zip(ends, ends[1:], sizes, strict=False)]

        values = [view.detach() for view in views(self._flat)]
        for value, slope in zip(values[kept:], views(self._slope)[kept:], strict=True):
            value.requires_grad_().grad = slope
        self._views = views
        self._names = self.decoder.take(values)
        self._trained = [name for name, (which, _) in self._names.items() if which >= kept]

    def _named(self, flat: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return a vector as LoRA matrices by PEFT's names; views."""
        seen = self._views(flat)
        return {name: seen[which][rows] for name, (which, rows) in self._names.items()}

    def versions(self) -> dict[str, str]:
        held = replace(self.plan, bits=32 if self.exact else 16)
        return {
            "torch": torch.__version__,
            "decoder": "plum-edge 2",
            "device": f"cpu {self.numbers.instructions}",
            "held": str(held),
            "machine": platform.machine(),
        }

    def shapes(self) -> dict[str, tuple[int, int]]:
        return {name: (value.shape[0], value.shape[1]) for name, value in self._named(self._flat).items()}

    def load(self, state: Mapping[str, np.ndarray]) -> None:
        named = self._named(self._flat)
        for name, value in state.items():
            named[name].copy_(torch.from_numpy(np.ascontiguousarray(value)))
        self.decoder.refresh()
        self._fresh_optimizer()

    def state(self) -> State:
        return {name: _to_numpy(value) for name, value in self._named(self._flat).items()}

    def optimizer_state(self) -> State:
        if not self._optimizer.taken:
            return {}
        found = {f"{name}/step": _to_numpy(self._optimizer.taken) for name in self._trained}
        for moment, held in self._optimizer.moments.items():
            named = self._named(torch.cat([torch.zeros(self._kept), held]))
            found |= {f"{name}/{moment}": _to_numpy(named[name]) for name in self._trained}
        return found

    def resume(self, state: Mapping[str, np.ndarray], optimizer: Mapping[str, np.ndarray]) -> None:
        self.load(state)
        if not optimizer:
            return
        for moment, held in self._optimizer.moments.items():
            named = self._named(flat := torch.zeros_like(self._flat))
            for name in self._trained:
                named[name].copy_(torch.from_numpy(np.ascontiguousarray(optimizer[f"{name}/{moment}"])))
            held.copy_(flat[self._kept :])
        self._optimizer.taken.fill_(float(optimizer[f"{self._trained[0]}/step"]))

    def step(self, batch: Batch, learning_rate: float, clip: float) -> float:
        loss = self._backward(batch)
        torch.nn.utils.clip_grad_norm_([self._learned], clip, foreach=False)
        self._optimizer.step(learning_rate)
        self.decoder.refresh()
        return loss

    def loss(self, batch: Batch) -> float:
        with torch.no_grad():
            return sum(float(self._loss(piece)) for piece in pieces(batch, self.plan.rows))

    def gradient(self, batch: Batch) -> State:
        self._backward(batch)
        slope = self._named(self._slope)
        return {name: _to_numpy(slope[name]) for name in self._trained}

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        return self._logits(ids, adapted=True)

    def teach(self, ids: Sequence[int], places: Sequence[int], k: int) -> Soft:
        return soft.likeliest(self._logits(ids, adapted=False), places, k)

    def speak(self, ids: Sequence[int], most: int, end: int) -> list[int]:
        said: list[int] = []
        cache: Cache = []
        given, before = np.array(ids), 0
        with torch.no_grad():
            while len(said) < most and said[-1:] != [end]:
                hidden = self.decoder.hidden(sequence(given, before), adapted=False, cache=cache)
                said.append(int(self.decoder.logits(hidden[-1:]).argmax().item()))
                given, before = np.array(said[-1:]), before + len(given)
        return said

    def _logits(self, ids: Sequence[int], *, adapted: bool) -> np.ndarray:
        with torch.no_grad():
            return _to_numpy(self.decoder.logits(self.decoder.hidden(sequence(np.array(ids)), adapted=adapted)))

    def _backward(self, batch: Batch) -> float:
        """Put the gradient of the loss beside the LoRA weights, piece by piece where memory is short."""
        self._slope.zero_()
        total = 0.0
        for piece in pieces(batch, self.plan.rows):
            loss = self._loss(piece)
            if loss.requires_grad:
                loss.backward()
            total += float(loss.item())
        return total

    def _loss(self, batch: Batch) -> torch.Tensor:
        """L = (1/N) Σ w·CE. The paper's own equation is not at hand; this is ours.

        N counts question and answer targets and not their weights, so a uniform weight does not cancel.
        """
        index = np.flatnonzero(batch.weights)
        if not index.size:
            return torch.zeros(())
        ids, probs, rest = (torch.from_numpy(value) for value in soft.wanted(batch, index))
        weights = torch.from_numpy(batch.weights.reshape(-1)[index] / np.float32(max(batch.counted, 1)))
        hidden = self.decoder.hidden(pack(batch))
        rows = max(1, memory.LOGITS // (4 * self.decoder.dense.vocabulary))
        found: torch.Tensor = torch_ops.CrossEntropy.apply(
            hidden, self.decoder.head, self.decoder.dense.final_cap, (ids.long(), probs, rest, weights), rows
        )
        return found

    def _fresh_optimizer(self) -> None:
        self._optimizer = AdamW(self._learned, self._slope[self._kept :])


def _to_numpy(value: torch.Tensor) -> np.ndarray:
    found: np.ndarray = value.detach().float().numpy().copy()
    return found
