"""What a training backend is, what it is given, and which one is used here.

A backend owns the model, the LoRA layers, the optimizer and nothing else: no files, no schedule, no text. Weights
cross this border as a *state*: ``dict[str, np.ndarray]`` in f32 under PEFT's names and orientation (design.md §4).
"""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from plum_edge.errors import NoBackend
from plum_edge.records import Example

if TYPE_CHECKING:
    from pathlib import Path

State = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class LoraSpec:
    """What is trained: the rank, alpha (the scale is alpha / rank) and the linear layers by their last name."""

    rank: int
    alpha: float
    targets: tuple[str, ...]

    @property
    def scale(self) -> float:
        """The factor of B·A: alpha / rank."""
        return self.alpha / self.rank


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight w of a target by its role: template, question, answer (design.md §3, Loss)."""

    template: float
    question: float
    answer: float


@dataclass(frozen=True, slots=True)
class Soft:
    """What a teacher expects at P targets: its k likeliest tokens; what is left of its probability counts as one more.

    ``places``: (P,) int32, positions among the targets (flat in a batch); ``ids``: (P, k) int32; ``probs``: (P, k) f32;
    ``weights``: (P,) f32.
    """

    places: np.ndarray
    ids: np.ndarray
    probs: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples as rectangles. ``inputs``, ``targets``: (B, T) int32; ``weights``: (B, T) f32, 0 where none is learned.

    ``counted`` is N of the loss: the number of question and answer targets, whatever they weigh, and of soft targets.
    ``soft`` stands for the targets at its places: there the loss is KL(teacher ‖ student) instead of a cross entropy.
    """

    inputs: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    counted: int
    soft: Soft | None = None


def collate(examples: Sequence[Example], weights: Weights, soft: Sequence[Soft | None] = ()) -> Batch:
    """Return examples as one batch, padded on the right; padding weighs nothing and is not counted.

    An example that ``soft`` has something for is learned from that alone, with the weights that stand there.
    """
    table = np.array([weights.template, weights.question, weights.answer], dtype=np.float32)
    width = max(len(e.ids) for e in examples) - 1
    taught = list(soft) or [None] * len(examples)
    inputs = np.zeros((len(examples), width), dtype=np.int32)
    targets = np.zeros_like(inputs)
    weighed = np.zeros(inputs.shape, dtype=np.float32)
    counted = 0
    for row, example in enumerate(examples):
        n = len(example.ids) - 1
        inputs[row, :n] = example.ids[:-1]
        targets[row, :n] = example.ids[1:]
        of_teacher = taught[row]
        if of_teacher is None:
            roles = np.frombuffer(example.roles, dtype=np.uint8)[1:]
            weighed[row, :n] = table[roles]
            counted += int(np.count_nonzero(roles))
        else:
            weighed[row, of_teacher.places] = of_teacher.weights
            counted += len(of_teacher.places)
    return Batch(inputs, targets, weighed, counted, _joined(taught, width))


def _joined(soft: Sequence[Soft | None], width: int) -> Soft | None:
    """Return the rows' soft targets as those of a batch whose rows have ``width`` targets."""
    rows = [(row, one) for row, one in enumerate(soft) if one is not None and len(one.places)]
    if not rows:
        return None
    places = np.concatenate([one.places + np.int32(row * width) for row, one in rows])
    ids, probs, weights = (
        np.concatenate([getattr(one, name) for _, one in rows]) for name in ("ids", "probs", "weights")
    )
    return Soft(places, ids, probs, weights)


class Trainer(Protocol):
    """A base model with LoRA layers that can be trained. Deterministic on the CPU for a fixed number of threads."""

    name: str
    threads: int

    def versions(self) -> dict[str, str]:
        """Return the versions of everything that can change the bytes of a result."""
        ...

    def load(self, state: Mapping[str, np.ndarray]) -> None:
        """Set the LoRA weights and start the optimizer afresh."""
        ...

    def state(self) -> State:
        """Return the LoRA weights, copied."""
        ...

    def optimizer_state(self) -> State:
        """Return the optimizer's moments and count, copied."""
        ...

    def resume(self, state: Mapping[str, np.ndarray], optimizer: Mapping[str, np.ndarray]) -> None:
        """Set weights and optimizer to what they were."""
        ...

    def step(self, batch: Batch, learning_rate: float, clip: float) -> float:
        """Take one optimizer step and return the loss (1/N) Σ w·CE before it."""
        ...

    def loss(self, batch: Batch) -> float:
        """Return the same loss without a step."""
        ...

    def gradient(self, batch: Batch) -> State:
        """Return the gradient of the loss, by the names of `state`; nothing changes."""
        ...

    def score(self, batch: Batch) -> np.ndarray:
        """Return for each row the mean cross entropy of its weighed targets: (B,) f32, no gradient."""
        ...

    def teach(self, ids: Sequence[int], places: Sequence[int], k: int) -> Soft:
        """Return what the base, the adapter off, expects of one sequence at these targets (positions in ``ids[1:]``).

        All weights are 1.
        """
        ...

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """Return the logits of one sequence with the adapter on: (T, vocabulary) f32."""
        ...

    def shapes(self) -> dict[str, tuple[int, int]]:
        """Return name → shape of every LoRA matrix of `state`."""
        ...


def initial_state(shapes: Mapping[str, tuple[int, int]], seed: int) -> State:
    """Return the state before anything is learned: A uniform in ±1/√in, B zero; the same on every backend."""
    state = {}
    for name in sorted(shapes):
        rows, columns = shapes[name]
        if ".lora_A." in name:
            bound = 1 / np.sqrt(columns)
            state[name] = _uniform(f"{seed}:{name}", rows * columns).reshape(rows, columns) * np.float32(2 * bound)
            state[name] = (state[name] - np.float32(bound)).astype(np.float32)
        else:
            state[name] = np.zeros((rows, columns), dtype=np.float32)
    return state


def _uniform(key: str, count: int) -> np.ndarray:
    """Return floats in [0, 1) from a counter-based generator, which numpy keeps stable across versions."""
    from plum_edge.records import draw

    raw = np.random.Philox(key=draw(key)).random_raw(count)
    return (raw >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which backend is used, why, and what was said against the others."""

    name: str
    why: str
    against: dict[str, str]


def available() -> dict[str, str]:
    """Return each backend with an empty string where it can be used, else the reason why not."""
    has_mlx = importlib.util.find_spec("mlx") is not None and importlib.util.find_spec("mlx_lm") is not None
    return {
        "mlx": "" if has_mlx else "mlx and mlx-lm are not installed",
        "torch": "training on PyTorch is not part of this version",
    }


def choose(wanted: str = "auto") -> Choice:
    """Return the backend to use: MLX on Apple silicon, else MLX on the CPU (design.md §7).

    Raises:
        NoBackend: the wanted one, or every one, cannot be used; with the reason of each.
    """
    reasons = available()
    usable = [name for name, reason in reasons.items() if not reason]
    against = {name: reason for name, reason in reasons.items() if reason}
    if wanted != "auto":
        if wanted not in usable:
            raise NoBackend({wanted: reasons.get(wanted, "unknown backend")})
        return Choice(wanted, "asked for", against)
    if "mlx" in usable:
        apple = sys.platform == "darwin" and platform.machine() == "arm64"
        return Choice("mlx", "Apple silicon" if apple else "no CUDA; MLX on the CPU with a fast BLAS", against)
    raise NoBackend(reasons)


def make(choice: Choice, folder: Path, spec: LoraSpec, threads: int) -> Trainer:
    """Load the base in ``folder`` (HF layout) on the chosen backend, with fresh LoRA layers."""
    makers: dict[str, Any] = {"mlx": _mlx}
    trainer: Trainer = makers[choice.name](folder, spec, threads)
    return trainer


def _mlx(folder: Path, spec: LoraSpec, threads: int) -> Trainer:
    from plum_edge.backends.mlx_lora import MlxTrainer

    return MlxTrainer(folder, spec, threads)
