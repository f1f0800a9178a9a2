"""The same questions in every runtime: as it was trained, and in llama.cpp in f32, f16, q8_0 and q4_0.

Joins the backend, conversion and runtime with scoring: what does it cost in right answers that a base is deployed
smaller, or that an adapter is? Knows nothing of how any of them computes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, Protocol

from plum_edge import bases
from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.convert import families, gguf, peft
from plum_edge.convert.weights import open_weights, size_of
from plum_edge.errors import UsageError
from plum_edge.evaluate.gate import sample_earlier
from plum_edge.evaluate.questions import questions_from
from plum_edge.evaluate.scoring import Scored, mcnemar, summarise
from plum_edge.paths import Home
from plum_edge.records import Adapter, Message, Progress, Question
from plum_edge.runtime import Runtime
from plum_edge.store import Store
from plum_edge.templates.tokens import ChatTokenizer

REFERENCE = "f32"
"""What the others are held against."""
TRAINING = "training"
RUNTIMES: dict[str, tuple[gguf.BaseType, gguf.AdapterType]] = {
    REFERENCE: ("f32", "f32"),
    "f32_adapter_f16": ("f32", "f16"),
    "f16": ("f16", "f16"),
    "q8_0": ("q8_0", "f32"),
    "q4_0": ("q4_0", "f32"),
}
"""llama.cpp's runtimes: the types of base and adapter."""


class Remembers(Protocol):
    """What is needed of `plum_edge.Memory`."""

    home: Home
    store: Store
    config: Config

    @property
    def base(self) -> Base:
        """The base of its adapters."""


@dataclass(frozen=True, slots=True)
class _Answers:
    """What one runtime answered, how long it took, and the bytes of its base and adapter."""

    scored: list[Scored]
    seconds: list[float]
    """Of each question."""
    cpu_seconds: float
    """Of all together: on a busy machine the one that means something."""
    base_bytes: int
    adapter_bytes: int


def runtimes(
    memory: Remembers,
    *,
    adapter: str | None = None,
    questions: Sequence[Question] | None = None,
    limit: int | None = None,
    names: Sequence[str] = (TRAINING, *RUNTIMES),
    progress: Progress | None = None,
) -> dict[str, dict[str, Any]]:
    """Ask closed questions of the same adapter in each of the runtimes and return the figures of each by its name.

    ``questions``: by default all held-out ones of the log; ``limit`` draws so many of them, spread evenly. ``adapter``:
    by default the active one. ``names``: `TRAINING` (the training framework) or one of `RUNTIMES`; `REFERENCE` must be
    among them. A base that is not there yet in a type is made, and kept.

    Returns: for each runtime the figures of `evaluate.summarise` for closed questions (accuracy, positives, negatives,
    their intervals); ``mcnemar`` against f32 (lost: right in f32 only); ``agreement``: the share of questions on the
    same side of one half as in f32; ``p_difference``: mean distance of p(yes) from f32's; ``milliseconds``: median a
    question; ``cpu_milliseconds``: mean a question, of all threads; ``base_bytes`` and ``adapter_bytes`` on the disk.

    Raises:
        UsageError: no adapter, nothing to ask, or an unknown runtime.
        NoModel, NoBackend, ForeignAdapter: as of any of them.
    """
    unknown = [name for name in names if name != TRAINING and name not in RUNTIMES]
    if unknown or REFERENCE not in names:
        known = ", ".join((TRAINING, *RUNTIMES))
        raise UsageError(f"Runtimes are {known}, and {REFERENCE} must be among them.", "Name others.")
    examined = memory.store.runs.adapter(adapter) if adapter else memory.store.runs.active()
    if examined is None:
        raise UsageError("There is no adapter yet.", "Learn first: plum-edge consolidate")
    seed = memory.config.train.seed
    asked = [question for question in _held_out(memory) if question.closed] if questions is None else list(questions)
    asked = sample_earlier(asked, limit, seed) if limit is not None else asked
    if not asked or not all(question.closed for question in asked):
        raise UsageError("There is no question to be answered with yes or no.", "Learn first: plum-edge consolidate")
    answers = {
        name: _trained(memory, examined, asked, progress)
        if name == TRAINING
        else _deployed(memory, examined, RUNTIMES[name], asked, progress)
        for name in names
    }
    return {name: _figures(found, answers[REFERENCE], seed) for name, found in answers.items()}


def _held_out(memory: Remembers) -> list[Question]:
    pairs = memory.store.pairs.live("held_out")
    return questions_from(pairs, phrasing="held_out", seed=memory.config.train.seed)


def _figures(found: _Answers, reference: _Answers, seed: int) -> dict[str, Any]:
    both = [(a.p_yes or 0.0, b.p_yes or 0.0) for a, b in zip(found.scored, reference.scored, strict=True)]
    summary = summarise(found.scored, seed=seed)
    wanted = ("questions", "accuracy", "accuracy_ci95", "positives", "positives_ci95", "negatives", "negatives_ci95")
    return {
        **{key: summary[key] for key in wanted},
        "mcnemar": asdict(mcnemar(reference.scored, found.scored)),
        "agreement": fmean((a >= 0.5) == (b >= 0.5) for a, b in both),
        "p_difference": fmean(abs(a - b) for a, b in both),
        "milliseconds": 1000 * median(found.seconds),
        "cpu_milliseconds": 1000 * found.cpu_seconds / len(found.seconds),
        "base_bytes": found.base_bytes,
        "adapter_bytes": found.adapter_bytes,
    }


# Asking -------------------------------------------------------------------------------------------------------------


def _deployed(
    memory: Remembers,
    adapter: Adapter,
    kinds: tuple[gguf.BaseType, gguf.AdapterType],
    questions: Sequence[Question],
    progress: Progress | None,
) -> _Answers:
    """Ask in llama.cpp."""
    path, settings = bases.gguf(memory.base, memory.home.create(), kinds[0]), memory.config.generate
    with (
        Runtime(path, context=settings.context, threads=settings.threads, template=memory.config.template) as runtime,
        _adapter(memory, adapter, kinds[1]) as file,
    ):
        runtime.use(file, adapter.id)
        answered = _ask(questions, lambda text: runtime.p_yes([Message("user", text)]), kinds[0], progress)
        return _Answers(*answered, path.stat().st_size, file.stat().st_size)


def _trained(memory: Remembers, adapter: Adapter, questions: Sequence[Question], progress: Progress | None) -> _Answers:
    """Ask in the framework that trained it; llama.cpp says only which tokens mean yes and no."""
    base, train = memory.base, memory.config.train
    file = _neutral(adapter)
    state, said = peft.load(file)
    spec = LoraSpec(int(said["rank"]), float(said["alpha"]), base.lora_targets)
    trainer = pick.make(pick.choose(train.backend), open_weights(base.weights), spec, train.threads)
    trainer.load(state)
    tokenizer = ChatTokenizer(base.folder, base.chat_template, memory.config.template)
    size = size_of(open_weights(base.weights))
    with Runtime(bases.gguf(base, memory.home.create(), REFERENCE)) as runtime:

        def p_yes(text: str) -> float:
            return runtime.p_yes_of(trainer.logits(tokenizer.prompt([Message("user", text)]))[-1])

        answered = _ask(questions, p_yes, TRAINING, progress)
    return _Answers(*answered, size, file.stat().st_size)


def _ask(
    questions: Sequence[Question], p_yes: Callable[[str], float], stage: str, progress: Progress | None
) -> tuple[list[Scored], list[float], float]:
    p_yes(questions[0].question)  # the first answer of a runtime also pays for its start
    scored, seconds, cpu = [], [], time.process_time()
    for done, question in enumerate(questions, 1):
        began = time.perf_counter()
        p = p_yes(question.question)
        seconds.append(time.perf_counter() - began)
        scored.append(Scored(question, p, None, (p >= 0.5) == (question.answer == "yes")))
        if progress is not None:
            progress(stage, done, len(questions), "")
    return scored, seconds, time.process_time() - cpu


def _neutral(adapter: Adapter) -> Path:
    """Return the trainer's own file, which lies beside the GGUF."""
    return Path(adapter.gguf).with_name("adapter.safetensors")


@contextmanager
def _adapter(memory: Remembers, adapter: Adapter, kind: gguf.AdapterType) -> Iterator[Path]:
    """Give the adapter's GGUF: the one in use, or another that lives as long as the block."""
    if kind == "f32":
        yield Path(adapter.gguf)
        return
    base = memory.base
    state, said = peft.load(_neutral(adapter))
    with tempfile.TemporaryDirectory(prefix="plum-edge-") as scratch:
        path = Path(scratch) / "adapter.gguf"
        kin = families.family(base.architecture)
        alpha = float(said["alpha"])
        gguf.write_adapter(path, state, alpha=alpha, family=kin, heads=base.heads, kv_heads=base.kv_heads, dtype=kind)
        yield path
