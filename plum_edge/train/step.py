"""One step of the fold: learn a segment's pairs into the adapter, a checkpoint after each epoch.

The step is a pure function of what stands in `Dataset`, the state before it and the settings: killed anywhere and run
again it ends with the same bytes (design.md §3). Calls a backend; knows nothing of the store, text or conversion.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from plum_edge.backends.base import Soft, State, Trainer, Weights, collate
from plum_edge.config import Train, recorded
from plum_edge.errors import Interrupted
from plum_edge.paths import atomic_write
from plum_edge.records import Example
from plum_edge.train.recipes import Recipe, batches


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one segment brings, and what may be read beside it. Keys name examples on every device (`recipes.base`).

    ``stored`` are the live training pairs of earlier segments, in order. ``example`` gives a key's tokens as it is
    worded in an epoch, asked for only when the key is drawn, so that the cost does not grow with the log. ``teach``
    gives what the base is to say to it instead of the answer that stands there, or None.
    """

    segment: str
    new: Sequence[str]
    stored: Sequence[str]
    general: Sequence[str]
    example: Callable[[str, int], Example]
    teach: Callable[[Trainer, str, int], Soft | None] = lambda _trainer, _key, _epoch: None


@dataclass(frozen=True, slots=True)
class Learned:
    """The state after a step. ``aside`` says why a segment was not learned (its state is then that before it)."""

    state: State
    loss: float
    seconds: float
    replayed: int
    aside: str = ""
    losses: tuple[float, ...] = field(default=())


def learn(
    trainer: Trainer,
    before: State,
    dataset: Dataset,
    recipe: Recipe,
    settings: Train,
    *,
    checkpoint: Path,
    averaged: bool = False,
    progress: Callable[[int, int, float], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Learned:
    """Run the epochs of one segment and return the state after them, or if ``averaged`` the mean over their ends.

    ``checkpoint`` is the file of the epoch in work: written after each epoch, used where it belongs to this very step,
    left to the caller to remove. ``progress(step, steps, loss)`` is called after each optimizer step.

    Raises:
        Interrupted: ``stopped()`` became true; the last whole epoch is kept.
    """
    began = time.perf_counter()
    if not dataset.new:
        return Learned(before, 0.0, 0.0, 0, aside="nothing in it to ask about")
    identity = _identity(trainer, before, dataset, recipe, settings)
    place = (settings.seed, dataset.segment)
    decision = settings.decision_weight if recipe.name != "plum" else 1.0  # the paper weighs roles alone
    weights = Weights(settings.template_weight, settings.question_weight, settings.answer_weight, decision)
    resumed = _resume(checkpoint, identity)
    if resumed is None:
        trainer.load(before)
        pool, first, losses, mean = recipe.pool(dataset.stored, dataset.new, place), 0, [], None
    else:
        pool, first, losses, mean = resumed.pool, resumed.epochs, list(resumed.losses), resumed.mean
        trainer.resume(resumed.state, resumed.optimizer)
    drawn = [recipe.epoch(dataset.new, pool, dataset.general, place, epoch) for epoch in range(settings.epochs)]
    steps = [math.ceil(len(keys) / settings.batch) for keys in drawn]
    total, done = sum(steps), sum(steps[:first])
    for epoch in range(first, settings.epochs):
        worded = {key: dataset.example(key, epoch) for key in drawn[epoch]}
        length = {key: len(example.ids) for key, example in worded.items()}.__getitem__
        for keys in batches(drawn[epoch], settings.batch, length, *place, epoch):
            if stopped is not None and stopped():
                raise Interrupted("Stopped while learning.", "Run the command again: it carries on at the last epoch.")
            rate = settings.learning_rate * (1 - settings.decay * done / max(total - 1, 1))
            soft = [dataset.teach(trainer, key, epoch) for key in keys]
            loss = trainer.step(collate([worded[key] for key in keys], weights, soft), rate, settings.clip)
            done += 1
            losses.append(loss)
            if progress is not None:
                progress(done, total, loss)
            if not math.isfinite(loss):
                return Learned(before, loss, time.perf_counter() - began, len(pool), aside="its loss is not a number")
        mean = _mean(mean, trainer.state(), epoch + 1) if averaged else None
        _keep(checkpoint, identity, trainer, epoch + 1, pool, losses, mean)
    state = mean or trainer.state()
    if not all(np.isfinite(value).all() for value in state.values()):
        return Learned(before, losses[-1], time.perf_counter() - began, len(pool), aside="its weights are not finite")
    last = losses[-steps[-1] :]
    return Learned(state, sum(last) / len(last), time.perf_counter() - began, len(pool), losses=tuple(losses))


def _mean(before: State | None, state: State, count: int) -> State:
    """Return the mean of ``count`` states, of which the last is given; f32, as it is kept in a checkpoint."""
    if before is None:
        return state
    return {name: before[name] + (value - before[name]) / np.float32(count) for name, value in state.items()}


def state_sha256(state: Mapping[str, np.ndarray]) -> str:
    """Return the hash of weights: names, shapes and f32 bytes in order of name."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(f"{name}{state[name].shape}".encode())
        digest.update(np.ascontiguousarray(state[name], dtype="<f4").tobytes())
    return digest.hexdigest()


def examples_sha256(examples: Mapping[str, Example]) -> str:
    """Return the hash of examples, in their order."""
    digest = hashlib.sha256()
    for key, example in examples.items():
        digest.update(f"{key}:{example.ids}:{example.roles.hex()};".encode())
    return digest.hexdigest()


def _identity(trainer: Trainer, before: State, dataset: Dataset, recipe: Recipe, settings: Train) -> str:
    """Return a hash of everything that the step is a function of: a checkpoint of another step is not used."""
    parts = [
        dataset.segment,
        recipe.name,
        f"Train({', '.join(f'{key}={value!r}' for key, value in recorded(settings).items())})",
        trainer.name,
        str(trainer.threads),
        json.dumps(trainer.versions(), sort_keys=True),
        state_sha256(before),
        examples_sha256({key: dataset.example(key, 0) for key in dataset.new}),
        examples_sha256({key: dataset.example(key, 0) for key in dataset.general}),
        *dataset.stored,
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Resumed:
    state: State
    optimizer: State
    mean: State | None
    epochs: int
    pool: list[str]
    losses: list[float]


def _keep(
    path: Path,
    identity: str,
    trainer: Trainer,
    epochs: int,
    pool: Sequence[str],
    losses: Sequence[float],
    mean: State | None,
) -> None:
    from safetensors.numpy import save

    tensors = {f"lora/{name}": value for name, value in trainer.state().items()}
    tensors |= {f"optimizer/{name}": value for name, value in trainer.optimizer_state().items()}
    tensors |= {f"mean/{name}": value for name, value in (mean or {}).items()}
    note = json.dumps({"identity": identity, "epochs": epochs, "pool": list(pool), "losses": list(losses)})
    with atomic_write(path) as file:
        file.write(save(tensors, metadata={"plum_edge_epoch": note}))


def _resume(path: Path, identity: str) -> _Resumed | None:
    """Return the checkpoint if it belongs to this very step; another step's is of no use and is written over."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(str(path), framework="numpy") as file:
            note = json.loads((file.metadata() or {}).get("plum_edge_epoch", "{}"))
            if note.get("identity") != identity:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except (SafetensorError, json.JSONDecodeError):
        return None

    def part(prefix: str) -> State:
        return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}

    return _Resumed(
        part("lora/"), part("optimizer/"), part("mean/") or None, note["epochs"], note["pool"], note["losses"]
    )
