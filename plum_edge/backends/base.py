"""What a training backend is, and what it is given.

A backend owns the model, the LoRA layers, the optimizer and nothing else: no files, no schedule, no text. Weights
cross this border as a *state*: ``dict[str, np.ndarray]`` in f32 under PEFT's names and orientation
(conversions/README.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from plum_edge.records import Example

State = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class LoraSpec:
    """What is trained: the rank, alpha (the scale is alpha / rank) and the linear layers by their last name.

    Of the decoder's layers the last ``layers`` are trained, 0: all. Those below keep what is loaded into them.
    """

    rank: int
    alpha: float
    targets: tuple[str, ...]
    layers: int = 0

    @property
    def scale(self) -> float:
        """The factor of B·A: alpha / rank."""
        return self.alpha / self.rank

    def frozen(self, layers: int) -> int:
        """Return how many of so many layers, the lowest, are not trained."""
        return max(layers - self.layers, 0) if self.layers else 0


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight w of a target by its role: template, question, answer; an answer's first has ``decision`` times it."""

    template: float
    question: float
    answer: float
    decision: float = 1.0


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


def layer_of(name: str) -> int:
    """Return the number of the decoder's layer that a weight of PEFT's names belongs to."""
    return int(name.partition(".layers.")[2].partition(".")[0])


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
            weighed[row, example.prompt - 1 : example.prompt] *= np.float32(weights.decision)
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


def pieces(batch: Batch, rows: int) -> list[Batch]:
    """Return a batch as batches of at most so many rows (0: as it is), whose losses and gradients add up to its own."""
    count, width = batch.inputs.shape
    if not rows or rows >= count:
        return [batch]
    found = []
    for start in range(0, count, rows):
        part, soft = slice(start, start + rows), None
        if batch.soft is not None:
            row = batch.soft.places // width
            mine = (row >= start) & (row < start + rows)
            ids, probs, weights = (value[mine] for value in (batch.soft.ids, batch.soft.probs, batch.soft.weights))
            soft = Soft(batch.soft.places[mine] - np.int32(start * width), ids, probs, weights) if mine.any() else None
        found.append(Batch(batch.inputs[part], batch.targets[part], batch.weights[part], batch.counted, soft))
    return found


class Trainer(Protocol):
    """A base model with LoRA layers that can be trained. Deterministic on the CPU for a fixed number of threads."""

    name: str
    threads: int
    exact: bool
    """Whether it computes in f32 with the base's very weights, so that an f32 runtime must give the same logits."""

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

    def teach(self, ids: Sequence[int], places: Sequence[int], k: int) -> Soft:
        """Return what the base, the adapter off, expects of one sequence at these targets (positions in ``ids[1:]``).

        All weights are 1.
        """
        ...

    def speak(self, ids: Sequence[int], most: int, end: int) -> list[int]:
        """Return what the base, the adapter off, says after ``ids``: the likeliest token each time, up to ``end``.

        ``end`` is among them, unless it did not come within ``most`` tokens.
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
