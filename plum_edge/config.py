"""One configuration: a TOML file into frozen dataclasses, every key checked by name, type and range.

Defaults are what the embedded base was measured with (docs/LOG.md). Knows nothing of who reads it.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from plum_edge.errors import BadConfig


@dataclass(frozen=True, slots=True)
class Model:
    """Which base model is adapted: a name from models/*.toml, or a folder."""

    base: str = "plum-tiny"


@dataclass(frozen=True, slots=True)
class Augment:
    """How a conversation becomes question–answer pairs."""

    augmenter: Literal["auto", "llm", "phrases"] = "auto"
    topics: int = 6
    """Key phrases a conversation that pairs are made of."""
    kinds: tuple[Literal["closed", "open"], ...] = ("closed", "open")
    """Kinds of pairs that are learned; fewer are for experiments."""
    negatives: bool = True
    """Whether pairs about what was not discussed are learned. Without, an adapter says yes to everything."""


@dataclass(frozen=True, slots=True)
class Train:
    """How an adapter learns; every value is recorded with each step of the fold."""

    recipe: Literal["plum", "replay", "distill", "raw", "together"] = "replay"
    """``plum`` as in the paper; ``replay`` and ``distill`` (schedule/replay.py, teaching.py). For comparison: ``raw``
    learns the conversations as they stand, ``together`` all pairs at once, with the last conversation that waits."""
    backend: Literal["auto", "mlx", "torch"] = "auto"
    quantise: Literal["auto", "none", "8bit", "4bit"] = "auto"
    """How the base is held while an adapter is trained; ``auto`` takes fewer bits only where memory is too small."""
    rank: int = 32
    alpha: float = 64.0
    learning_rate: float = 1e-3
    decay: float = 0.0
    """Linear decay of the rate within a segment, down to ``1 - decay`` of it."""
    epochs: int = 7
    batch: int = 16
    """Pairs in an optimizer step, replayed ones included."""
    replay: float = 5.0
    """Stored pairs of earlier segments for each new one (recipe ``replay``)."""
    general: float = 0.4
    """General samples (reading, honest no, chat) for each new pair, so that the base is not damaged."""
    honest: float = 0.5
    """New questions about things never discussed for each new pair, other ones in every epoch."""
    rehearsal: int = 600
    """Optimizer steps, at most, in which everything is read once more before an adapter is used, while the weights are
    averaged (schedule/rehearsal.py); 0: none. Of ``replay`` and ``distill``."""
    reword: bool = True
    """Put a pair in other words each time it is read, and let most negatives name something else (not ``plum``)."""
    tether: float = 1.0
    """Weight of the KL to the base on general samples, at every token; 0 learns their answers as they stand."""
    question_weight: float = 0.0
    """The embedded base unlearns plain talk where its questions are learned (docs/LOG.md); a real base may want 0.1."""
    answer_weight: float = 1.0
    template_weight: float = 0.0
    clip: float = 1.0
    """Largest norm of the gradient."""
    seed: int = 0
    threads: int = 0
    """BLAS threads; 0: one for a small base, else the physical cores, at most 4. Recorded: it changes the bytes."""


@dataclass(frozen=True, slots=True)
class Recall:
    """How llama.cpp answers."""

    dtype: Literal["auto", "f32", "f16", "q8_0", "q4_0"] = "auto"
    """Numbers of the deployed base; auto: f32 for one of up to 200 MB, else q8_0.

    The embedded base is too small for q4_0: its next words change too often, and a new adapter would be refused."""
    context: int = 0
    """Tokens of context; 0 takes the model's own."""
    threads: int = 0
    temperature: float = 0.0
    max_tokens: int = 256


@dataclass(frozen=True, slots=True)
class Gate:
    """What a new adapter must keep (issue-level contract: the old one stays otherwise)."""

    earlier: int = 300
    """At most so many earlier questions are asked again, so that the cost stays flat."""
    min_new: float = 0.6
    """Balanced accuracy on the new conversations."""
    max_false_yes: float = 0.35
    max_lost: float = 0.15
    """Share of earlier questions that may be newly wrong, beyond those newly right. Wide, since it is measured against
    the adapter in use: one that knows eight conversations knows each of them better than any that knows forty."""
    max_text_loss: float = 0.1
    """Rise of the loss on fixed general text over the bare base's, as a share of it."""
    attempts: int = 3
    """So many times is a conversation tried, a night each, before it is set aside."""
    smaller: float = 0.5
    """What each further attempt makes of the learning rate; it takes another seed as well."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set. ``Config()`` is the default; `load` reads a file over it."""

    model: Model = field(default_factory=Model)
    augment: Augment = field(default_factory=Augment)
    train: Train = field(default_factory=Train)
    recall: Recall = field(default_factory=Recall)
    gate: Gate = field(default_factory=Gate)


_POSITIVE = {
    "rank", "alpha", "learning_rate", "epochs", "batch", "clip", "topics", "max_tokens", "earlier", "attempts",
    "smaller",
}  # fmt: skip


def load(path: Path) -> Config:
    """Return the configuration in ``path``, or the default where there is no such file.

    Raises:
        BadConfig: not TOML, an unknown table or key (named, with the nearest known one), a wrong type or value.
    """
    if not path.exists():
        return Config()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(path, f"it cannot be read ({error.strerror})", "Make it a file that you can read.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(path, f"not valid TOML ({error})") from error
    sections = {}
    for spec in dataclasses.fields(Config):
        table = raw.pop(spec.name, {})
        if not isinstance(table, dict):
            raise BadConfig(path, f"[{spec.name}] must be a table")
        sections[spec.name] = _section(path, spec.name, typing.get_type_hints(Config)[spec.name], table)
    if raw:
        raise BadConfig(
            path, f"unknown table {_suggest(next(iter(raw)), [s.name for s in dataclasses.fields(Config)])}"
        )
    return Config(**sections)


def _section(path: Path, name: str, cls: Any, table: dict[str, Any]) -> Any:
    hints = typing.get_type_hints(cls)
    values = {}
    for key, value in table.items():
        if key not in hints:
            raise BadConfig(path, f"unknown key {_suggest(key, list(hints))} in [{name}]")
        values[key] = _checked(path, f"{name}.{key}", key, hints[key], value)
    return cls(**values)


def _checked(path: Path, where: str, key: str, hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise BadConfig(path, f"{where} is {value!r}; it can be {', '.join(map(str, choices))}")
        return value
    if typing.get_origin(hint) is tuple:
        (choice, _) = typing.get_args(hint)
        if not isinstance(value, list) or not value:
            raise BadConfig(path, f"{where} is {value!r}; it must be a list of {', '.join(typing.get_args(choice))}")
        return tuple(_checked(path, where, key, choice, one) for one in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise BadConfig(path, f"{where} is {value!r}; it must be of type {hint.__name__}")
    if hint in (int, float):
        bound = "above 0" if key in _POSITIVE else "at least 0"
        if not math.isfinite(value) or value < 0 or (key in _POSITIVE and value == 0):
            raise BadConfig(path, f"{where} is {value}; it must be {bound}")
    return value


def _suggest(name: str, known: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, n=1)
    return f"{name!r} (did you mean {close[0]!r}?)" if close else f"{name!r} (known: {', '.join(sorted(known))})"
