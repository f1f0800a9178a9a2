"""What a training backend is, what it is given, and which one is used here.

A backend owns the model, the LoRA layers, the optimizer and nothing else: no files, no schedule, no text. Weights
cross this border as a *state*: ``dict[str, np.ndarray]`` in f32 under PEFT's names and orientation (design.md §4).
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from plum_edge.backends import memory
from plum_edge.errors import NoBackend, NoModel
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

    def score(self, batch: Batch) -> np.ndarray:
        """Return for each row the mean cross entropy of its weighed targets: (B,) f32, no gradient."""
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


@dataclass(frozen=True, slots=True)
class Choice:
    """Which backend is used, why, and what was said against the others."""

    name: str
    why: str
    against: dict[str, str]


_PACKAGES = {"mlx": ("mlx", "mlx_lm"), "torch": ("torch", "transformers", "peft")}
_REMEDY = {"mlx": "pip install mlx-lm", "torch": "pip install 'plum-edge[cuda]'"}


def available() -> dict[str, str]:
    """Return each backend with an empty string where it can be used, else the reason why not."""
    missing = {name: [p for p in packages if not importlib.util.find_spec(p)] for name, packages in _PACKAGES.items()}
    return {
        name: f"{' and '.join(packages)} {'is' if len(packages) == 1 else 'are'} not installed ({_REMEDY[name]})"
        if packages
        else ""
        for name, packages in missing.items()
    }


def choose(wanted: str = "auto") -> Choice:
    """Return the backend to use: MLX on Apple silicon; torch where CUDA is; else MLX, or torch, on the CPU.

    Raises:
        NoBackend: the wanted one, or every one, cannot be used; with the reason of each.
    """
    reasons = available()
    if wanted != "auto":
        if reasons.get(wanted, "unknown backend"):
            raise NoBackend({wanted: reasons.get(wanted, "unknown backend")})
        return Choice(wanted, "asked for", {name: reason for name, reason in reasons.items() if reason})
    usable = [name for name, reason in reasons.items() if not reason]
    if not usable:
        raise NoBackend(reasons)
    name, why = _best(usable)
    passed_over = {other: f"{name} goes first here" for other in usable if other != name}
    return Choice(name, why, {other: reason for other, reason in reasons.items() if reason} | passed_over)


def _best(usable: Sequence[str]) -> tuple[str, str]:
    """Return the backend that is fastest here, and why. Asks torch for CUDA only where that decides."""
    if "mlx" in usable and sys.platform == "darwin" and platform.machine() == "arm64":
        return "mlx", "Apple silicon"
    gpu = _torch().cuda_device() if "torch" in usable else ""
    if gpu:
        return "torch", f"CUDA on {gpu}"
    if "mlx" in usable:
        return "mlx", "no CUDA; MLX on the CPU with a fast BLAS"
    return "torch", "no CUDA and no MLX; torch on the CPU"


def machine(choice: Choice) -> memory.Machine:
    """Return the device that a backend would train on, and its memory."""
    found: memory.Machine = _MODULES[choice.name]().machine()
    return found


def reckon(
    choice: Choice, folder: Path, spec: LoraSpec, *, quantise: memory.Quantise = "auto", rows: int = 16
) -> tuple[memory.Plan, int]:
    """Return how the base in ``folder`` would be held for batches of ``rows`` pairs, and the bytes that would take.

    Raises:
        NoModel: its config.json cannot be read.
        NoMemory: that is more than is free.
    """
    return memory.plan(machine(choice), _config(folder), spec, name=folder.name, rows=rows, quantise=quantise)


def make(
    choice: Choice, folder: Path, spec: LoraSpec, threads: int, *, quantise: memory.Quantise = "auto", rows: int = 16
) -> Trainer:
    """Load the base in ``folder`` (HF or mlx-lm layout) on the chosen backend, with fresh LoRA layers.

    ``quantise`` says how the base may be held so that batches of ``rows`` pairs fit.

    Raises:
        NoModel: the folder holds no base that this backend can read.
        NoMemory: it does not fit.
    """
    plan, _ = reckon(choice, folder, spec, quantise=quantise, rows=rows)
    trainer: Trainer = _MODULES[choice.name]().trainer(folder, spec, threads, plan)
    return trainer


def _config(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise NoModel(folder.name, f"{folder / 'config.json'} cannot be read ({error})") from error


def _mlx() -> Any:
    from plum_edge.backends import mlx_lora

    return mlx_lora


def _torch() -> Any:
    from plum_edge.backends import torch_lora

    return torch_lora


_MODULES = {"mlx": _mlx, "torch": _torch}
"""Where a backend's code is; loaded only when it is used."""
